//! Carries out a plan: joins, conditions, groups, order.

use std::collections::HashMap;

use indexmap::IndexMap;
use smallvec::SmallVec;

use super::super::super::error::Refusal;
use super::super::super::schema::Property;
use super::super::super::store::Row;
use super::super::bind::{Condition, Constant, Field, Value};
use super::super::scan;
use super::super::view::View;
use super::aggregate::{Running, key, owned};
use super::{Join, Ordered, Plan, What};

/// Rows of all sources that belong together.
pub(super) type Tuple<'v> = SmallVec<[Option<&'v Row>; 2]>;

/// The values that a group has in common, and the aggregates of its columns.
type Group = (Vec<Constant>, Vec<Option<Running>>);

/// More rows are not held at once: the platform ends such queries as well.
const MOST: usize = 2_000_000;

/// More rows are not aggregated (`AggregateQueryRecordLimit`) (recalled, not confirmed).
const MOST_AGGREGATED: usize = 50_000;

/// The rows of the answer.
pub(super) enum Table<'v> {
    /// Of the sources, in the order of the answer.
    Rows(Vec<Tuple<'v>>),
    /// Groups, by the values of their columns.
    Groups(Vec<Vec<Constant>>),
}

impl Plan {
    /// All rows, without those before the offset and behind the limit.
    pub(super) fn table<'v>(&self, view: View<'v>) -> Result<Table<'v>, Refusal> {
        let tuples = self.tuples(view)?;
        if let Some(groups) = &self.groups {
            if tuples.len() > MOST_AGGREGATED {
                return Err(Refusal::aggregate_limit());
            }
            let mut rows = self.grouped(view, groups, &tuples);
            self.sort_groups(&mut rows);
            return Ok(Table::Groups(self.part(rows)));
        }
        let mut tuples = tuples;
        if self.distinct {
            let mut seen = std::collections::HashSet::new();
            tuples.retain(|tuple| {
                seen.insert(self.columns.iter().map(|c| key(shown_value(view, &c.what, tuple))).collect::<Vec<_>>())
            });
        }
        tuples.sort_by(|a, b| self.compare(view, a, b));
        Ok(Table::Rows(self.part(tuples)))
    }

    fn part<T>(&self, rows: Vec<T>) -> Vec<T> {
        rows.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }

    fn tuples<'v>(&self, view: View<'v>) -> Result<Vec<Tuple<'v>>, Refusal> {
        let first = &self.sources[0];
        let rows = view.rows(first.table);
        let alone = self.sources.len() == 1;
        // Conditions on the first table narrow it, whatever is joined.
        let required = self.condition.as_ref().map(Condition::required).unwrap_or_default();
        let mut tuples: Vec<Tuple<'v>> =
            scan::candidates(rows, required).map(|row| smallvec::smallvec![Some(row)]).collect();
        for (position, source) in self.sources.iter().enumerate().skip(1) {
            let Some(join) = &source.join else { continue };
            tuples = joined(view, tuples, (position, source.table), join)?;
        }
        if let Some(condition) = &self.condition {
            tuples.retain(|tuple| condition.holds(view, tuple) == Some(true));
        }
        debug_assert!(!alone || tuples.iter().all(|tuple| tuple.len() == 1));
        Ok(tuples)
    }

    fn grouped(&self, view: View<'_>, groups: &[Field], tuples: &[Tuple<'_>]) -> Vec<Vec<Constant>> {
        let running = || -> Vec<Option<Running>> {
            let function = |what: &What| match what {
                What::Aggregate(function, _) => Some(Running::new(*function)),
                _ => None,
            };
            self.columns.iter().map(|column| function(&column.what)).collect()
        };
        let mut found: IndexMap<Vec<String>, Group> = IndexMap::new();
        if groups.is_empty() {
            found.insert(Vec::new(), (Vec::new(), running()));
        }
        for tuple in tuples {
            let values: Vec<Value<'_>> = groups.iter().map(|field| view.value(field, tuple)).collect();
            let name: Vec<String> = values.iter().map(|value| key(*value)).collect();
            let group =
                found.entry(name).or_insert_with(|| (values.iter().map(|value| owned(*value)).collect(), running()));
            for (column, running) in self.columns.iter().zip(&mut group.1) {
                match (&column.what, running) {
                    (What::Aggregate(_, Some(field)), Some(running)) => running.value(view.value(field, tuple)),
                    (What::Aggregate(_, None), Some(running)) => running.row(),
                    _ => {}
                }
            }
        }
        let shown = |(values, running): Group| {
            let column = |(what, running): (&What, Option<Running>)| match (what, running) {
                (_, Some(running)) => running.done(),
                (What::Group(position), None) => values.get(*position).cloned().unwrap_or(Constant::Null),
                _ => Constant::Null,
            };
            self.columns.iter().map(|c| &c.what).zip(running).map(column).collect()
        };
        found.into_values().map(shown).collect()
    }

    fn sort_groups(&self, rows: &mut [Vec<Constant>]) {
        rows.sort_by(|a, b| {
            for (ordered, descending) in &self.order {
                let Ordered::Column(position) = ordered else { continue };
                let order = a[*position].value().sort(b[*position].value());
                let order = if *descending { order.reverse() } else { order };
                if order.is_ne() {
                    return order;
                }
            }
            std::cmp::Ordering::Equal
        });
    }

    fn compare(&self, view: View<'_>, a: &Tuple<'_>, b: &Tuple<'_>) -> std::cmp::Ordering {
        for (ordered, descending) in &self.order {
            let value = |tuple: &Tuple<'_>| -> Constant {
                let what;
                let field = match ordered {
                    Ordered::Field(field) => field,
                    Ordered::Column(position) => {
                        what = &self.columns[*position].what;
                        let What::Field(field) = what else { return Constant::Null };
                        field
                    }
                };
                owned(view.value(field, tuple))
            };
            let order = value(a).value().sort(value(b).value());
            let order = if *descending { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        std::cmp::Ordering::Equal
    }
}

/// A column's value in rows that are not grouped.
pub(super) fn shown_value<'v>(view: View<'v>, what: &What, tuple: &Tuple<'v>) -> Value<'v> {
    match what {
        What::Field(field) => view.value(field, tuple),
        _ => Value::Null,
    }
}

/// Each row with its partners.
fn joined<'v>(
    view: View<'v>,
    tuples: Vec<Tuple<'v>>,
    (position, table): (usize, usize),
    join: &Join,
) -> Result<Vec<Tuple<'v>>, Refusal> {
    let partners = Partners::new(view, table, join);
    let mut found = Vec::new();
    for tuple in tuples {
        let before = found.len();
        for row in partners.of(view, &tuple) {
            let mut with = tuple.clone();
            with.resize(position, None);
            with.push(Some(row));
            if join.condition.as_ref().is_none_or(|condition| condition.holds(view, &with) == Some(true)) {
                found.push(with);
                if join.first {
                    break;
                }
            }
        }
        if found.len() == before && join.outer {
            let mut without = tuple;
            without.resize(position + 1, None);
            found.push(without);
        }
        if found.len() > MOST {
            return Err(Refusal::bad_sql("The query needs more rows at once than can be held; narrow it."));
        }
    }
    Ok(found)
}

/// Finds the rows of a table that belong to a tuple.
enum Partners<'j, 'v> {
    Every(Vec<&'v Row>),
    Id(usize, &'j Field),
    Lookup(usize, usize, &'j Field),
    Hashed(HashMap<String, Vec<&'v Row>>, &'j Field),
}

impl<'j, 'v> Partners<'j, 'v> {
    fn new(view: View<'v>, table: usize, join: &'j Join) -> Self {
        let rows = view.rows(table);
        let Some((own, other)) = &join.on else { return Self::Every(rows.iter().collect()) };
        match own.property {
            Property::Id => Self::Id(table, other),
            Property::Column(column) if !rows.table.columns[column].kind.targets().is_empty() => {
                Self::Lookup(table, column, other)
            }
            property => {
                let mut hashed: HashMap<String, Vec<&'v Row>> = HashMap::new();
                for row in rows.iter() {
                    let value = view.property(property, own.kind, row);
                    if value != Value::Null {
                        hashed.entry(key(value)).or_default().push(row);
                    }
                }
                Self::Hashed(hashed, other)
            }
        }
    }

    fn of(&self, view: View<'v>, tuple: &Tuple<'v>) -> Vec<&'v Row> {
        match self {
            Self::Every(rows) => rows.clone(),
            Self::Id(table, other) => match view.value(other, tuple) {
                Value::Id(id) => view.rows(*table).get(&id).into_iter().collect(),
                _ => Vec::new(),
            },
            Self::Lookup(table, column, other) => match view.value(other, tuple) {
                Value::Id(id) => view.rows(*table).referring(*column, id).collect(),
                _ => Vec::new(),
            },
            Self::Hashed(hashed, other) => match view.value(other, tuple) {
                Value::Null => Vec::new(),
                value => hashed.get(&key(value)).cloned().unwrap_or_default(),
            },
        }
    }
}

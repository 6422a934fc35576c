//! Finds the rows of a page: by an index where there is one, else by looking
//! at all.

use std::ops::Bound;

use serde_json::Number;

use super::super::schema::{Cell, Property, Table};
use super::super::store::{Row, Rows, sortable};
use super::bind::{Condition, Constant, Field, How};
use super::order::{First, Order, Position};
use super::syntax::Comparison;
use super::view::View;

/// More are not counted (reference A6).
pub(super) const MOST_COUNTED: usize = 5000;

/// Which rows are wanted.
pub(super) struct Wanted<'q> {
    pub(super) table: usize,
    pub(super) condition: Option<&'q Condition>,
    pub(super) order: &'q Order,
    pub(super) after: Option<&'q Position>,
    /// At most so many.
    pub(super) limit: usize,
    /// Whether all that meet the condition are counted.
    pub(super) count: bool,
}

/// The rows that were found.
pub(super) struct Found<'v> {
    pub(super) rows: Vec<&'v Row>,
    /// Whether there are more behind them.
    pub(super) more: bool,
    /// How many meet the condition: exact up to [`MOST_COUNTED`] where they
    /// were to be counted.
    pub(super) total: usize,
    /// How many rows were looked at.
    pub(super) examined: usize,
}

impl Wanted<'_> {
    /// The rows of the whole table.
    pub(super) fn of_table<'v>(&self, view: View<'v>) -> Found<'v> {
        let rows = view.rows(self.table);
        let required = self.condition.map(Condition::required).unwrap_or_default();
        if let Some(few) = named(rows, required) {
            return self.among(view, few.into_iter(), false);
        }
        if let Some(referring) = referring(rows, required) {
            return self.among(view, referring, self.order.0.is_empty());
        }
        if let Some(found) = self.by_index(view, rows, required) {
            return found;
        }
        match self.after {
            Some(position) if self.order.0.is_empty() && !self.count => {
                self.among(view, rows.born_after(position.born), true)
            }
            _ => self.among(view, rows.iter(), self.order.0.is_empty()),
        }
    }

    /// The rows among these, which may be in the wanted order already.
    pub(super) fn among<'v>(&self, view: View<'v>, rows: impl Iterator<Item = &'v Row>, sorted: bool) -> Found<'v> {
        let mut found = Found { rows: Vec::new(), more: false, total: 0, examined: 0 };
        // One more than wanted: whether there are more.
        let mut first = First::new(view, self.order, self.limit + 1);
        for row in rows {
            found.examined += 1;
            if !self.condition.is_none_or(|condition| condition.admits(view, row)) {
                continue;
            }
            found.total += 1;
            let behind = self.after.is_none_or(|position| self.order.is_behind(view, row, position));
            match sorted {
                true if behind && found.rows.len() <= self.limit => found.rows.push(row),
                false if behind => first.push(row),
                _ => {}
            }
            let full = sorted && found.rows.len() > self.limit;
            if full && (!self.count || found.total > MOST_COUNTED) {
                break;
            }
        }
        if !sorted {
            found.rows = first.sorted();
        }
        found.more = found.rows.len() > self.limit;
        found.rows.truncate(self.limit);
        found
    }

    /// By the index of an alternate key: where it has the wanted order, or
    /// narrows the rows.
    fn by_index<'v>(&self, view: View<'v>, rows: &'v Rows, required: &[Condition]) -> Option<Found<'v>> {
        let keys = 0..rows.table.keys.len();
        let ordered = keys.clone().find(|key| self.is_order_of(rows.key(*key).columns()));
        if let Some(key) = ordered {
            let index = rows.key(key);
            let (mut from, mut to) =
                bounds(index.columns()[0], required).unwrap_or((Bound::Unbounded, Bound::Unbounded));
            if let Some(position) = self.after.filter(|_| !self.count) {
                let entry = Bound::Excluded(entry(position));
                if self.order.backward() { to = entry } else { from = entry }
            }
            let slots = index.range(bytes(&from), bytes(&to));
            return Some(if self.order.backward() {
                self.among(view, slots.rev().filter_map(|slot| rows.at(slot)), true)
            } else {
                self.among(view, slots.filter_map(|slot| rows.at(slot)), true)
            });
        }
        keys.into_iter().find_map(|key| {
            let index = rows.key(key);
            let (from, to) = bounds(index.columns()[0], required)?;
            let slots = index.range(bytes(&from), bytes(&to));
            Some(self.among(view, slots.filter_map(|slot| rows.at(slot)), false))
        })
    }

    /// Whether the wanted order is that of a key over these columns, forwards
    /// or backwards.
    fn is_order_of(&self, columns: &[usize]) -> bool {
        let keys = &self.order.0;
        let backward = self.order.backward();
        keys.len() == columns.len()
            && keys.iter().zip(columns).all(|(key, column)| {
                key.field.steps.is_empty()
                    && key.field.property == Property::Column(*column)
                    && key.descending == backward
            })
    }
}

type Edge = Bound<Vec<u8>>;

fn bytes(edge: &Edge) -> Bound<&[u8]> {
    match edge {
        Bound::Included(bytes) => Bound::Included(bytes),
        Bound::Excluded(bytes) => Bound::Excluded(bytes),
        Bound::Unbounded => Bound::Unbounded,
    }
}

/// Columns of the row itself.
fn own(field: &Field) -> Option<usize> {
    match field.property {
        Property::Column(column) if field.steps.is_empty() && field.source == 0 => Some(column),
        _ => None,
    }
}

/// The row whose primary id or whole alternate key the condition names; no row
/// where there is none; `None` where it names neither.
fn named<'v>(rows: &'v Rows, required: &[Condition]) -> Option<Vec<&'v Row>> {
    for condition in required {
        if let Condition::Compare(field, Comparison::Eq, Constant::Id(id)) = condition
            && field.property == Property::Id
            && field.steps.is_empty()
            && field.source == 0
        {
            return Some(rows.get(id).into_iter().collect());
        }
    }
    let equal = |column: usize| {
        required.iter().find_map(|condition| match condition {
            Condition::Compare(field, Comparison::Eq, constant) if own(field) == Some(column) => {
                cell(constant).filter(|cell| *cell != Cell::Null)
            }
            _ => None,
        })
    };
    rows.table.keys.iter().enumerate().find_map(|(position, key)| {
        let cells = key.columns.iter().map(|column| Some((*column, equal(*column)?))).collect::<Option<Vec<_>>>()?;
        Some(rows.find_key(position, &cells).into_iter().collect())
    })
}

/// The rows whose lookup the condition names.
fn referring<'v>(rows: &'v Rows, required: &[Condition]) -> Option<Box<dyn Iterator<Item = &'v Row> + 'v>> {
    required.iter().find_map(|condition| match condition {
        Condition::Compare(field, Comparison::Eq, Constant::Id(id)) => {
            let column = own(field).filter(|column| is_lookup(&rows.table, *column))?;
            let found: Box<dyn Iterator<Item = &'v Row> + 'v> = Box::new(rows.referring(column, *id));
            Some(found)
        }
        _ => None,
    })
}

fn is_lookup(table: &Table, column: usize) -> bool {
    !table.columns[column].kind.targets().is_empty()
}

/// Where in an index whose first column is this one the rows lie that can meet
/// the condition. Not exact: each row is looked at again.
fn bounds(column: usize, required: &[Condition]) -> Option<(Edge, Edge)> {
    let (mut from, mut to) = (None, None);
    for condition in required {
        match condition {
            Condition::Compare(field, comparison, constant) if own(field) == Some(column) => {
                let Some(value) = cell(constant).filter(|cell| *cell != Cell::Null) else { continue };
                let mut low = Vec::new();
                sortable(&value, &mut low);
                let mut high = low.clone();
                high.push(0xff);
                match comparison {
                    Comparison::Eq => (from, to) = (Some(low), Some(high)),
                    Comparison::Gt | Comparison::Ge => from = Some(low),
                    Comparison::Lt | Comparison::Le => to = Some(high),
                    Comparison::Ne => {}
                }
            }
            Condition::Text(field, How::Starts, text) if own(field) == Some(column) => {
                let mut low = vec![3];
                low.extend_from_slice(text.as_bytes());
                let mut high = low.clone();
                high.push(0xff);
                (from, to) = (Some(low), Some(high));
            }
            _ => {}
        }
    }
    if from.is_none() && to.is_none() {
        return None;
    }
    // What is less than something is not nothing.
    let from = from.unwrap_or_else(|| vec![1]);
    Some((Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Included)))
}

/// What an index holds for the row at a position.
fn entry(position: &Position) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in &position.values {
        sortable(&cell(value).unwrap_or_default(), &mut bytes);
    }
    if position.values.contains(&Constant::Null) {
        bytes.extend_from_slice(&position.born.to_be_bytes());
    }
    bytes
}

/// The value as a row would hold it.
fn cell(constant: &Constant) -> Option<Cell> {
    Some(match constant {
        Constant::Null => Cell::Null,
        Constant::Bool(value) => Cell::Bool(*value),
        Constant::Integer(number) => Cell::Number((*number).into()),
        Constant::Float(number) => Cell::Number(Number::from_f64(*number)?),
        Constant::Text(text) => Cell::Text(text.as_ref().into()),
        Constant::Id(id) => Cell::Id(*id),
        Constant::Instant(at) => Cell::Text(at.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string().into()),
    })
}

/// Rows among which are all that can meet the condition.
pub(super) fn candidates<'v>(rows: &'v Rows, required: &[Condition]) -> Box<dyn Iterator<Item = &'v Row> + 'v> {
    if let Some(few) = named(rows, required) {
        return Box::new(few.into_iter());
    }
    if let Some(referring) = referring(rows, required) {
        return referring;
    }
    for key in 0..rows.table.keys.len() {
        let index = rows.key(key);
        if let Some((from, to)) = bounds(index.columns()[0], required) {
            let slots: Vec<u32> = index.range(bytes(&from), bytes(&to)).collect();
            return Box::new(slots.into_iter().filter_map(|slot| rows.at(slot)));
        }
    }
    Box::new(rows.iter())
}

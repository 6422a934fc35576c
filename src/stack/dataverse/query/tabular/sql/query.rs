//! From a SELECT to a plan.

use smallvec::SmallVec;

use super::super::super::super::answer::Answer;
use super::super::super::super::error::Refusal;
use super::super::super::super::schema::{Property, System, Table};
use super::super::super::bind::{Condition, Constant, Field, How, Kind, Place, compared, fold, one_of};
use super::super::super::cookie::Cookie;
use super::super::super::read::Request;
use super::super::super::shape::shown;
use super::super::super::syntax::Comparison;
use super::super::answer::Paging;
use super::super::{Column, Function, Join, Ordered, Plan, Source, What};
use super::parse::parse;
use super::tree::{From, Item, Name, Select, Where};

/// `TOP` goes no further.
const MOST: usize = 5000;

impl Request<'_> {
    /// Answers `?sql=`.
    pub(in crate::stack::dataverse::query) fn sql(
        &self,
        text: &str,
        skip_token: Option<&str>,
    ) -> Result<Answer, Refusal> {
        let select = parse(text)?;
        let plan = Resolver::new(self, &select)?.plan(&select)?;
        let mut paging = Paging::first(self.call.prefer.page, true);
        if let Some(token) = skip_token {
            let cookie = Cookie::read(token)?;
            paging.page = cookie.page;
            paging.cookie = Some(cookie);
        }
        self.tabular(&plan, None, &paging)
    }
}

/// The tables of a query by their aliases.
struct Resolver<'r> {
    tables: Vec<(&'r str, usize, &'r Table)>,
}

impl<'r> Resolver<'r> {
    fn new(request: &'r Request<'_>, select: &'r Select) -> Result<Self, Refusal> {
        let known = &request.organization.tables;
        let mut tables = Vec::new();
        for From { table, alias, .. } in &select.from {
            let position = known.iter().position(|t| t.logical.eq_ignore_ascii_case(table));
            let position = position.ok_or_else(|| Refusal::bad_sql(format!("Invalid object name '{table}'.")))?;
            tables.push((alias.as_str(), position, &*known[position]));
        }
        Ok(Self { tables })
    }

    fn field(&self, name: &Name) -> Result<Field, Refusal> {
        let mut found = self.tables.iter().enumerate().filter_map(|(source, (alias, position, table))| {
            let wanted = name.table.as_ref().is_none_or(|t| t.eq_ignore_ascii_case(alias));
            let property = read(table, &name.column).filter(|_| wanted)?;
            let kind = Kind::of(table, property);
            Some(Field { source, steps: SmallVec::new(), table: *position, property, kind })
        });
        let first = found.next().ok_or_else(|| Refusal::bad_sql(format!("Invalid column name '{}'.", name.column)))?;
        match found.next() {
            Some(_) => Err(Refusal::bad_sql(format!("Ambiguous column name '{}'.", name.column))),
            None => Ok(first),
        }
    }

    fn plan(&self, select: &Select) -> Result<Plan, Refusal> {
        if select.top.is_some_and(|top| top > MOST) {
            return Err(Refusal::bad_sql(format!("TOP must lie between 0 and {MOST}.")));
        }
        let mut plan = Plan { distinct: select.distinct, offset: select.offset, ..Plan::default() };
        plan.limit = select.top.into_iter().chain(select.fetch).min();
        for (position, from) in select.from.iter().enumerate() {
            let join = (position > 0).then(|| self.join(position, from)).transpose()?;
            plan.sources.push(Source { table: self.tables[position].1, join });
        }
        plan.condition = select.condition.as_ref().map(|c| self.condition(c, false)).transpose()?;
        let aggregated = select.items.iter().any(|item| matches!(item, Item::Aggregate { .. }));
        if aggregated || !select.groups.is_empty() {
            plan.groups = Some(select.groups.iter().map(|name| self.field(name)).collect::<Result<_, _>>()?);
        }
        for item in &select.items {
            self.item(&mut plan, item)?;
        }
        for (item, descending) in &select.order {
            let ordered = self.ordered(&plan, item)?;
            plan.order.push((ordered, *descending));
        }
        Ok(plan)
    }

    fn join(&self, position: usize, from: &From) -> Result<Join, Refusal> {
        let mut join = Join { first: false, outer: from.outer, on: None, condition: None };
        let mut rest = Vec::new();
        for part in &from.on {
            if let Where::Columns(a, Comparison::Eq, b) = part
                && join.on.is_none()
            {
                let (a, b) = (self.field(a)?, self.field(b)?);
                if a.source == position && b.source < position {
                    join.on = Some((a, b));
                    continue;
                }
                if b.source == position && a.source < position {
                    join.on = Some((b, a));
                    continue;
                }
            }
            rest.push(self.condition(part, false)?);
        }
        join.condition = (!rest.is_empty()).then_some(Condition::And(rest));
        Ok(join)
    }

    fn item(&self, plan: &mut Plan, item: &Item) -> Result<(), Refusal> {
        match item {
            Item::Every(alias) => {
                for (source, (name, position, table)) in self.tables.iter().enumerate() {
                    if alias.as_ref().is_some_and(|alias| !alias.eq_ignore_ascii_case(name)) {
                        continue;
                    }
                    let columns = table.living().map(Property::Column);
                    for property in std::iter::once(Property::Id).chain(columns) {
                        let kind = Kind::of(table, property);
                        let field = Field { source, steps: SmallVec::new(), table: *position, property, kind };
                        Self::push(plan, logical(table, property), What::Field(field), name);
                    }
                }
            }
            Item::Column(name, alias) => {
                let field = self.field(name)?;
                let shown = alias.clone().unwrap_or_else(|| name.column.to_lowercase());
                let source = self.tables[field.source].0;
                let what = match plan.groups.as_ref().map(|groups| groups.iter().position(|g| *g == field)) {
                    None => What::Field(field),
                    Some(Some(position)) => What::Group(position),
                    Some(None) => {
                        return Err(Refusal::bad_sql(format!(
                            "Column '{}' is invalid in the select list because it is not contained in either an aggregate \
                             function or the GROUP BY clause.",
                            name.column
                        )));
                    }
                };
                Self::push(plan, shown, what, source);
            }
            Item::Aggregate { function, distinct, of, alias } => {
                let what = self.aggregate(function, *distinct, of.as_ref())?;
                let shown = alias.clone().unwrap_or_else(|| match of {
                    Some(name) => format!("{function}_{}", name.column.to_lowercase()),
                    None => function.clone(),
                });
                Self::push(plan, shown, what, "");
            }
        }
        Ok(())
    }

    fn aggregate(&self, function: &str, distinct: bool, of: Option<&Name>) -> Result<What, Refusal> {
        let unknown = || Refusal::bad_sql(format!("'{function}' is not a recognized built-in function name."));
        let found = match Function::named(function).ok_or_else(unknown)? {
            Function::Count if distinct => Function::CountDistinct,
            other => other,
        };
        if of.is_none() && found != Function::Count {
            return Err(Refusal::bad_sql("Incorrect syntax near '*'."));
        }
        Ok(What::Aggregate(found, of.map(|name| self.field(name)).transpose()?))
    }

    /// A name that is there already is told apart by its table.
    fn push(plan: &mut Plan, name: String, what: What, table: &str) {
        let taken = plan.columns.iter().any(|column| column.name == name);
        let name = if taken { format!("{table}.{name}") } else { name };
        plan.columns.push(Column { name, what });
    }

    fn ordered(&self, plan: &Plan, item: &Item) -> Result<Ordered, Refusal> {
        if let Item::Column(Name { table: None, column }, _) = item
            && let Some(position) = plan.columns.iter().position(|c| c.name.eq_ignore_ascii_case(column))
        {
            return Ok(Ordered::Column(position));
        }
        let what = match item {
            Item::Column(name, _) => What::Field(self.field(name)?),
            Item::Aggregate { function, distinct, of, .. } => self.aggregate(function, *distinct, of.as_ref())?,
            Item::Every(_) => return Err(Refusal::bad_sql("Incorrect syntax near '*'.")),
        };
        let groups = plan.groups.as_deref().unwrap_or_default();
        let same = |column: &Column| match (&column.what, &what) {
            (What::Group(position), What::Field(field)) => groups[*position] == *field,
            (shown, wanted) => shown == wanted,
        };
        match (plan.columns.iter().position(same), what) {
            (Some(position), _) => Ok(Ordered::Column(position)),
            (None, What::Field(field)) if plan.groups.is_none() => Ok(Ordered::Field(field)),
            _ => Err(Refusal::bad_sql("ORDER BY items must appear in the select list if the query groups rows.")),
        }
    }

    /// `negated`: whether it stands below a `NOT`.
    fn condition(&self, condition: &Where, negated: bool) -> Result<Condition, Refusal> {
        let each =
            |parts: &[Where]| parts.iter().map(|part| self.condition(part, negated)).collect::<Result<Vec<_>, _>>();
        let place = |name: &Name| {
            let field = self.field(name)?;
            Ok(Place { table: self.tables[field.source].2, field })
        };
        let present = |field: Field| Condition::Compare(field, Comparison::Ne, Constant::Null);
        Ok(match condition {
            Where::And(parts) => Condition::And(each(parts)?),
            Where::Or(parts) => Condition::Or(each(parts)?),
            // What is unknown stays so: a comparison with nothing is none.
            Where::Not(inner) => match &**inner {
                Where::Null(name) => present(self.field(name)?),
                other => Condition::Not(Box::new(self.condition(other, true)?)),
            },
            Where::Null(name) => Condition::Compare(self.field(name)?, Comparison::Eq, Constant::Null),
            Where::Compare(name, comparison, text) => {
                let place = place(name)?;
                let found = compared(&place, *comparison, text)?;
                match comparison {
                    Comparison::Eq | Comparison::Ne if negated => strict(&place.field, found),
                    Comparison::Ne => Condition::And(vec![found, present(place.field)]),
                    _ => found,
                }
            }
            Where::Columns(a, comparison, b) => {
                let (a, b) = (self.field(a)?, self.field(b)?);
                let both = [present(a.clone()), present(b.clone()), Condition::Fields(a, *comparison, b)];
                Condition::And(both.into())
            }
            Where::In(name, values) => one_of(&place(name)?, values)?,
            Where::Between(name, from, to) => {
                let place = place(name)?;
                let parts = [compared(&place, Comparison::Ge, from)?, compared(&place, Comparison::Le, to)?];
                Condition::And(parts.into())
            }
            Where::Like(name, pattern) => Condition::Text(self.field(name)?, How::Like, fold(pattern).into()),
        })
    }
}

/// In SQL a comparison with nothing is unknown, also whether it differs; below a
/// `NOT` that is not the same as false.
fn strict(field: &Field, condition: Condition) -> Condition {
    let is = |comparison| Condition::Compare(field.clone(), comparison, Constant::Null);
    let unknown = Condition::Fields(field.clone(), Comparison::Gt, field.clone());
    Condition::Or(vec![
        Condition::And(vec![is(Comparison::Ne), condition]),
        Condition::And(vec![is(Comparison::Eq), unknown]),
    ])
}

/// A column by its logical name or the name that it is read by, in any case.
fn read(table: &Table, name: &str) -> Option<Property> {
    let lower = name.to_ascii_lowercase();
    let system = |system: &System| system.name() == lower || system.property() == lower;
    table
        .read(&lower)
        .or_else(|| table.column(&lower).map(Property::Column))
        .or_else(|| table.systems().find(system).map(Property::System))
        .or_else(|| table.living().find(|c| table.columns[*c].name.eq_ignore_ascii_case(name)).map(Property::Column))
}

fn logical(table: &Table, property: Property) -> String {
    match property {
        Property::Column(position) => table.columns[position].name.to_string(),
        other => shown(table, other),
    }
}

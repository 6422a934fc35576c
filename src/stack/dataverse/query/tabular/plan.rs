//! What a query asks for, names resolved.

use super::super::super::schema::Property;
use super::super::bind::{Condition, Field};
use super::super::order::{Order, OrderKey};
use super::Function;

/// A query over one table or several that are joined.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) sources: Vec<Source>,
    /// On the rows of all sources together.
    pub(super) condition: Option<Condition>,
    pub(super) columns: Vec<Column>,
    /// `Some` where rows are grouped: by these columns' fields; by none, all
    /// rows are one group.
    pub(super) groups: Option<Vec<Field>>,
    pub(super) order: Vec<(Ordered, bool)>,
    pub(super) distinct: bool,
    pub(super) offset: usize,
    pub(super) limit: Option<usize>,
}

/// One of the tables.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) table: usize,
    /// How it is joined with those before it; the first is not.
    pub(super) join: Option<Join>,
}

/// How rows of a table are found for those that are there.
#[derive(Debug)]
pub(super) struct Join {
    /// Whether rows without a partner stay.
    pub(super) outer: bool,
    /// The property of the new table, and that of an earlier one; none for
    /// every row with every other.
    pub(super) on: Option<(Field, Field)>,
    /// Whether one partner is enough.
    pub(super) first: bool,
    /// What else the partner must meet.
    pub(super) condition: Option<Condition>,
}

/// A column of the answer.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) what: What,
}

/// What a column shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum What {
    Field(Field),
    /// A field that rows are grouped by, by its position.
    Group(usize),
    /// `None`: of the rows themselves.
    Aggregate(Function, Option<Field>),
}

/// What rows are ordered by.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ordered {
    Field(Field),
    /// A column of the answer.
    Column(usize),
}

impl Plan {
    /// The order of a query over one table without groups: such a query is
    /// carried out as a list is, page by page behind the last row.
    pub(super) fn as_list(&self) -> Option<Order> {
        if self.sources.len() != 1 || self.groups.is_some() || self.distinct {
            return None;
        }
        let keys = self.order.iter().map(|(ordered, descending)| {
            let field = match ordered {
                Ordered::Field(field) => field.clone(),
                Ordered::Column(position) => match &self.columns[*position].what {
                    What::Field(field) => field.clone(),
                    _ => return None,
                },
            };
            Some(OrderKey { field, descending: *descending })
        });
        keys.collect::<Option<Vec<_>>>().map(Order)
    }

    /// The fields of a source that the answer shows: its own columns.
    pub(super) fn shown(&self, source: usize) -> Vec<Property> {
        let groups = self.groups.as_deref().unwrap_or_default();
        let of = |what: &What| match what {
            What::Field(field) | What::Aggregate(_, Some(field)) => Some((field.source, field.property)),
            What::Group(position) => groups.get(*position).map(|field| (field.source, field.property)),
            What::Aggregate(_, None) => None,
        };
        let mut found: Vec<Property> = Vec::new();
        for (_, property) in self.columns.iter().filter_map(|c| of(&c.what)).filter(|(s, _)| *s == source) {
            if !found.contains(&property) {
                found.push(property);
            }
        }
        found
    }
}

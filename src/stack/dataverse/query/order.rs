//! The order of rows: `$orderby`, and then the order in which they were made.

use std::cmp::Ordering;

use super::super::error::Refusal;
use super::super::store::Row;
use super::bind::{Binder, Constant, Field};
use super::view::View;

/// One part of an order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct OrderKey {
    pub(super) field: Field,
    pub(super) descending: bool,
}

/// An order of rows. Rows that are equal in all keys follow in the order in
/// which they were made; so every row has one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Order(pub(super) Vec<OrderKey>);

/// A place in an order: behind the last row of a page, whether that row is
/// still there or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Position {
    /// The values of the order's keys.
    pub(super) values: Vec<Constant>,
    pub(super) born: u64,
}

impl Order {
    /// Reads the text of an `$orderby`.
    pub(super) fn parse(binder: &Binder<'_>, text: &str) -> Result<Self, Refusal> {
        let mut keys = Vec::new();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let (Some(path), direction, None) = (words.next(), words.next(), words.next()) else {
                return Err(Refusal::bad_query(format!("Syntax error at position 0 in '{part}'.")));
            };
            let descending = match direction {
                None | Some("asc") => false,
                Some("desc") => true,
                Some(other) => {
                    let at = part.rfind(other).unwrap_or_default();
                    return Err(Refusal::bad_query(format!("Syntax error at position {at} in '{part}'.")));
                }
            };
            let names: Vec<String> = path.split('/').map(str::to_owned).collect();
            keys.push(OrderKey { field: binder.field(&names)?, descending });
        }
        Ok(Self(keys))
    }

    /// Whether rows that are equal in all keys follow from the last made to the
    /// first: the order is then exactly the other way round.
    pub(super) fn backward(&self) -> bool {
        self.0.first().is_some_and(|key| key.descending)
    }

    pub(super) fn compare<'v>(&self, view: View<'v>, a: &'v Row, b: &'v Row) -> Ordering {
        for key in &self.0 {
            let order = view.value(&key.field, &[Some(a)]).sort(view.value(&key.field, &[Some(b)]));
            match if key.descending { order.reverse() } else { order } {
                Ordering::Equal => {}
                other => return other,
            }
        }
        let order = a.born.cmp(&b.born);
        if self.backward() { order.reverse() } else { order }
    }

    /// Whether a row comes behind a position.
    pub(super) fn is_behind<'v>(&self, view: View<'v>, row: &'v Row, position: &Position) -> bool {
        for (key, value) in self.0.iter().zip(&position.values) {
            let order = view.value(&key.field, &[Some(row)]).sort(value.value());
            match if key.descending { order.reverse() } else { order } {
                Ordering::Equal => {}
                other => return other.is_gt(),
            }
        }
        if self.backward() { row.born < position.born } else { row.born > position.born }
    }
}

/// Keeps the first rows of an order out of many, in bounded memory.
pub(super) struct First<'v, 'o> {
    view: View<'v>,
    order: &'o Order,
    limit: usize,
    rows: Vec<&'v Row>,
    /// Rows behind this one are not among the first.
    last: Option<&'v Row>,
}

impl<'v, 'o> First<'v, 'o> {
    pub(super) fn new(view: View<'v>, order: &'o Order, limit: usize) -> Self {
        Self { view, order, limit: limit.max(1), rows: Vec::new(), last: None }
    }

    pub(super) fn push(&mut self, row: &'v Row) {
        if self.last.is_some_and(|last| self.order.compare(self.view, row, last).is_gt()) {
            return;
        }
        self.rows.push(row);
        if self.rows.len() >= self.limit * 2 {
            let (view, order) = (self.view, self.order);
            self.rows.select_nth_unstable_by(self.limit - 1, |a, b| order.compare(view, a, b));
            self.rows.truncate(self.limit);
            self.last = self.rows.last().copied();
        }
    }

    pub(super) fn sorted(mut self) -> Vec<&'v Row> {
        let (view, order) = (self.view, self.order);
        self.rows.sort_unstable_by(|a, b| order.compare(view, a, b));
        self.rows.truncate(self.limit);
        self.rows
    }
}

//! What rows were before they were last written: kept only while a fault wants
//! reads of some time ago.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::super::ledger::Ledger;
use super::row::Row;
use super::rows::Rows;
use super::state::Store;
use crate::clock::Timestamp;

/// How many writes are kept at most.
const MOST: usize = 200_000;

/// Rows before they were written, the oldest first.
#[derive(Debug)]
pub(super) struct History {
    span: Duration,
    /// Table, row, and what it was; `None`: it was not there.
    writes: VecDeque<(Timestamp, usize, Uuid, Option<Row>)>,
}

impl History {
    /// Nothing that was is known any more.
    pub(super) fn forget(&mut self) {
        self.writes.clear();
    }

    pub(super) fn enter(&mut self, at: Timestamp, table: usize, id: Uuid, before: Option<Row>) {
        let oldest = at.minus(self.span);
        while self.writes.front().is_some_and(|write| write.0 < oldest) || self.writes.len() >= MOST {
            self.writes.pop_front();
        }
        self.writes.push_back((at, table, id, before));
    }
}

impl Store {
    /// Keeps what rows were for so long from now on; `None`: no longer.
    pub(in crate::stack::dataverse) fn remember(&mut self, span: Option<Duration>) {
        let writes = self.history.take().map(|history| history.writes).unwrap_or_default();
        self.history = span.map(|span| Box::new(History { span, writes }));
    }

    /// Whether it is kept.
    pub(in crate::stack::dataverse) fn remembers(&self) -> bool {
        self.history.is_some()
    }

    /// The state of an instant ago, as far as it is remembered, without a
    /// ledger: for reading only. Links of many-to-many relationships are those
    /// of now.
    pub(in crate::stack::dataverse) fn as_of(&self, then: Timestamp) -> Self {
        let mut before: HashMap<(usize, Uuid), Option<&Row>> = HashMap::new();
        let writes = self.history.as_ref().map(|history| &history.writes);
        for (_, table, id, row) in writes.into_iter().flatten().filter(|write| write.0 > then) {
            // The first write after that instant knows what it was.
            if let Entry::Vacant(unseen) = before.entry((*table, *id)) {
                unseen.insert(row.as_ref());
            }
        }
        let tables: Vec<Rows> = (0..).zip(&self.tables).map(|(table, rows)| rebuilt(rows, table, &before)).collect();
        let version = tables.iter().flat_map(Rows::iter).map(|row| row.version).max();
        Self {
            ledger: Ledger::new(tables.iter().map(|rows| Arc::clone(&rows.table)).collect()),
            tables,
            relations: self.relations.clone(),
            version: version.unwrap_or(self.version),
            principals: self.principals.clone(),
            history: None,
        }
    }
}

fn rebuilt(rows: &Rows, table: usize, before: &HashMap<(usize, Uuid), Option<&Row>>) -> Rows {
    let changed = before.iter().filter(|((of, _), _)| *of == table);
    let mut then: Vec<&Row> = changed.filter_map(|(_, row)| *row).collect();
    if then.is_empty() && !before.keys().any(|(of, _)| *of == table) {
        return rows.clone();
    }
    then.extend(rows.iter().filter(|row| !before.contains_key(&(table, row.id))));
    then.sort_unstable_by_key(|row| row.born);
    let mut found = Rows::new(Arc::clone(&rows.table));
    then.into_iter().for_each(|row| found.insert(row.clone()));
    found
}

//! The rows as they were at a moment, and back to them.

use super::super::schema::{Definition, SeedRow, Table};
use super::rows::Rows;
use super::state::{Relation, Store};
use crate::clock::Timestamp;
use std::sync::Arc;

/// All rows and links of a moment. Cells are shared, so it takes little.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Snapshot {
    pub(in crate::stack::dataverse) tables: Vec<Rows>,
    relations: Vec<Relation>,
}

impl Store {
    /// The rows and links as they are.
    pub(in crate::stack::dataverse) fn snapshot(&self) -> Snapshot {
        Snapshot { tables: self.tables.clone(), relations: self.relations.clone() }
    }

    /// The rows and links of a snapshot. Row versions go on counting, so that no
    /// `ETag` is given twice; the ledger keeps what happened.
    pub(in crate::stack::dataverse) fn restore(&mut self, snapshot: Snapshot) {
        let tables: Vec<Arc<Table>> = self.tables.iter().map(|rows| rows.table.clone()).collect();
        let relations = self.relations.len();
        self.tables = snapshot.tables;
        self.relations = snapshot.relations;
        // Tables that were made or changed since are as they are now.
        self.reshape(&tables, relations);
    }

    /// The rows of the files.
    pub(in crate::stack::dataverse) fn reset(&mut self, definition: Definition, now: Timestamp) {
        // The tables are the same: they are known by their positions.
        let known = self.tables.iter().map(|rows| rows.table.clone());
        let rows = definition.tables.into_iter().map(|(_, seeds)| seeds).chain(std::iter::repeat_with(Vec::new));
        let seeds: Vec<(Arc<Table>, Vec<SeedRow>)> = known.zip(rows).collect();
        let fresh = Self::new(seeds, self.relations.len(), (self.society().clone(), now));
        let before = self.version;
        self.tables = fresh.tables;
        self.relations = fresh.relations;
        self.version = before.max(fresh.version);
    }
}

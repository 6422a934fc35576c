//! All tables and the ledger behind one lock: a write and its entry are one
//! step.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::super::error::Refusal;
use super::super::ledger::{Ledger, Writer};
use super::super::operate::Key;
use super::super::schema::{Cell, SYSTEM, SeedRow, Table};
use super::history::History;
use super::principals::{Principals, Society};
use super::row::Row;
use super::rows::Rows;
use super::transaction::Transaction;
use crate::clock::Timestamp;

/// The state of the environment.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Store {
    pub(super) tables: Vec<Rows>,
    pub(super) relations: Vec<Relation>,
    /// The last row version.
    pub(super) version: u64,
    pub(super) principals: Principals,
    pub(in crate::stack::dataverse) ledger: Ledger,
    /// What rows were, while somebody wants to read that.
    pub(super) history: Option<Box<History>>,
}

/// A many-to-many relationship: pairs of its first and its second side, and the
/// other way round.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Relation {
    pub(super) forward: BTreeSet<(Uuid, Uuid)>,
    pub(super) backward: BTreeSet<(Uuid, Uuid)>,
}

/// The first row version: seven digits, as they are seen.
const FIRST: u64 = 1_000_000;

impl Store {
    pub(in crate::stack::dataverse) fn new(
        tables: Vec<(Arc<Table>, Vec<SeedRow>)>,
        relations: usize,
        (society, now): (Society, Timestamp),
    ) -> Self {
        let ledger = Ledger::new(tables.iter().map(|(table, _)| table.clone()).collect());
        let mut principals = Principals::new(society);
        let system = principals.number(SYSTEM);
        let mut version = FIRST;
        let mut filled = Vec::with_capacity(tables.len());
        for (table, seeds) in tables {
            let mut rows = Rows::new(table);
            for mut seed in seeds {
                seed.cells.resize(rows.table.columns.len(), super::super::schema::Cell::Null);
                version += 1;
                rows.insert(Row {
                    id: seed.id,
                    version,
                    born: version,
                    created: now,
                    modified: now,
                    created_by: system,
                    modified_by: system,
                    owner: system,
                    cells: seed.cells.into_boxed_slice(),
                });
            }
            filled.push(rows);
        }
        Self {
            tables: filled,
            relations: vec![Relation::default(); relations],
            version,
            principals,
            ledger,
            history: None,
        }
    }

    /// Other tables in the place of those that are there; rows stay, except
    /// those of tables that are gone.
    pub(in crate::stack::dataverse) fn reshape(&mut self, tables: &[Arc<Table>], relations: usize) {
        for (position, table) in tables.iter().enumerate() {
            match self.tables.get_mut(position) {
                None => self.tables.push(Rows::new(table.clone())),
                Some(rows) if table.is_gone() => *rows = Rows::new(table.clone()),
                Some(rows) if Arc::ptr_eq(&rows.table, table) => {}
                Some(rows) => rows.reshape(table.clone()),
            }
        }
        self.relations.resize_with(relations, Relation::default);
        self.ledger.relabel(tables);
        // What rows were has the columns of before.
        if let Some(history) = &mut self.history {
            history.forget();
        }
    }

    /// Whether rows of a table have the same values in all of these columns.
    pub(in crate::stack::dataverse) fn repeats(&self, table: usize, columns: &[usize]) -> bool {
        let mut seen = std::collections::HashSet::new();
        self.tables.get(table).is_some_and(|rows| {
            rows.iter().any(|row| {
                let key: Option<Vec<String>> =
                    columns.iter().map(|column| row.cells.get(*column)?.key_text()).collect();
                key.is_some_and(|key| !seen.insert(key))
            })
        })
    }

    /// The rows of a table, by its position.
    pub(in crate::stack::dataverse) fn rows(&self, table: usize) -> &Rows {
        &self.tables[table]
    }

    /// The last row version.
    pub(in crate::stack::dataverse) fn version(&self) -> u64 {
        self.version
    }

    /// Who has a number in a row.
    pub(in crate::stack::dataverse) fn principal(&self, number: u32) -> &str {
        self.principals.name(number)
    }

    /// The id of his row, and whether he is a team.
    pub(in crate::stack::dataverse) fn principal_id(&self, number: u32) -> (Uuid, bool) {
        self.principals.id(number)
    }

    /// What users' ids are derived from, and which tables tell of them.
    pub(in crate::stack::dataverse) fn society(&self) -> &Society {
        &self.principals.society
    }

    /// Rows of the other side that are linked with this one.
    pub(in crate::stack::dataverse) fn linked(
        &self,
        relation: usize,
        id: Uuid,
        second: bool,
    ) -> impl Iterator<Item = Uuid> {
        let relation = &self.relations[relation];
        let pairs = if second { &relation.backward } else { &relation.forward };
        pairs.range((id, Uuid::nil())..=(id, Uuid::max())).map(|(_, other)| *other)
    }

    /// The row that a key names, if there is one.
    pub(in crate::stack::dataverse) fn locate(&self, table: usize, key: &Key) -> Option<&Row> {
        match key {
            Key::Id(id) => self.tables[table].get(id),
            Key::Alternate(index, cells) => self.tables[table].find_key(*index, cells),
        }
    }

    /// The row that a key names, or the refusal that there is none.
    pub(in crate::stack::dataverse) fn find(&self, table: usize, key: &Key) -> Result<&Row, Refusal> {
        self.locate(table, key).ok_or_else(|| missing(&self.tables[table].table, key))
    }

    /// Whose a row is, as the ledger has it.
    pub(super) fn owner_cell(&self, number: u32) -> Cell {
        let (id, team) = self.principal_id(number);
        let society = self.society();
        let table = if team { society.teams } else { society.users };
        table.map_or(Cell::Id(id), |table| Cell::Row(table as u16, id))
    }

    /// What is written from now on stands together, or not at all.
    pub(in crate::stack::dataverse) fn begin<'a>(&'a mut self, writer: &'a Writer) -> Transaction<'a> {
        Transaction::new(self, writer)
    }
}

/// The refusal of a key that names no row.
pub(in crate::stack::dataverse) fn missing(table: &Table, key: &Key) -> Refusal {
    match key {
        Key::Id(id) => Refusal::no_row(&table.logical, &id.to_string()),
        Key::Alternate(..) => Refusal::no_row_by_key(&table.logical),
    }
}

impl Relation {
    /// Whether the pair is new.
    pub(super) fn link(&mut self, first: Uuid, second: Uuid) -> bool {
        self.backward.insert((second, first));
        self.forward.insert((first, second))
    }

    /// Whether the pair was there.
    pub(super) fn unlink(&mut self, first: Uuid, second: Uuid) -> bool {
        self.backward.remove(&(second, first));
        self.forward.remove(&(first, second))
    }
}

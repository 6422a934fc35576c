//! Rows and ledger behind one lock: a write and its entry are one step.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::ledger::{Attempt, Change, Ledger, Writer};
use super::super::operate::Key;
use super::super::schema::value;
use super::super::schema::{Cell, SeedRow, Table};
use crate::observe::Operation;

/// One row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Row {
    pub(in crate::stack::dataverse) id: Uuid,
    pub(in crate::stack::dataverse) version: u64,
    pub(in crate::stack::dataverse) cells: Vec<Cell>,
}

/// What a conditional request demands of the row (reference A5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Condition {
    /// `If-Match`.
    pub(in crate::stack::dataverse) matching: Option<Match>,
    /// `If-None-Match: *`.
    pub(in crate::stack::dataverse) only_new: bool,
}

/// The value of `If-Match`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Match {
    /// `*`: the row must be there.
    Any,
    /// `W/"n"`: at this version. An `ETag` of another form matches nothing.
    Version(Option<u64>),
}

/// A row as it was written, and whether it is new.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Written {
    pub(in crate::stack::dataverse) row: Row,
    pub(in crate::stack::dataverse) created: bool,
}

#[derive(Debug)]
pub(in crate::stack::dataverse) struct Store {
    tables: Vec<Rows>,
    version: u64,
    pub(in crate::stack::dataverse) ledger: Ledger,
}

/// The rows of one table.
#[derive(Debug)]
struct Rows {
    table: Arc<Table>,
    by_id: HashMap<Uuid, Row>,
    /// In the order in which they were made.
    order: Vec<Uuid>,
    /// By alternate key: the key's values, joined, to the row.
    by_key: Vec<HashMap<String, Uuid>>,
}

impl Store {
    pub(in crate::stack::dataverse) fn new(tables: Vec<(Arc<Table>, Vec<SeedRow>)>, ledger: Ledger) -> Self {
        let mut store = Self { tables: Vec::new(), version: 1_000_000, ledger };
        for (table, seeds) in tables {
            let by_key = table.keys.iter().map(|_| HashMap::new()).collect();
            let mut rows = Rows { table, by_id: HashMap::with_capacity(seeds.len()), order: Vec::new(), by_key };
            for seed in seeds {
                store.version += 1;
                rows.insert(Row { id: seed.id, version: store.version, cells: seed.cells });
            }
            store.tables.push(rows);
        }
        store
    }

    /// The row that a key names.
    pub(in crate::stack::dataverse) fn find(&self, table: usize, key: &Key) -> Result<&Row, Refusal> {
        let rows = &self.tables[table];
        rows.locate(key)?.and_then(|id| rows.by_id.get(&id)).ok_or_else(|| rows.missing(key))
    }

    /// All rows in the order in which they were made.
    pub(in crate::stack::dataverse) fn rows(&self, table: usize) -> impl Iterator<Item = &Row> {
        let rows = &self.tables[table];
        rows.order.iter().filter_map(|id| rows.by_id.get(id))
    }

    /// A new row (POST).
    pub(in crate::stack::dataverse) fn create(
        &mut self,
        table: usize,
        body: &Map<String, Value>,
        writer: Writer,
    ) -> Result<Written, Refusal> {
        let named = primary_id(&self.tables[table].table, body);
        let made = named.clone().and_then(|id| self.insert(table, id.unwrap_or_else(Uuid::new_v4), Vec::new(), body));
        let key = named.ok().flatten();
        self.record(table, Operation::Create, key, writer, made)
    }

    /// A new row, or a change of one that is there (PATCH).
    pub(in crate::stack::dataverse) fn upsert(
        &mut self,
        table: usize,
        target: (&Key, Condition),
        body: &Map<String, Value>,
        writer: Writer,
    ) -> Result<Written, Refusal> {
        let (key, condition) = target;
        let rows = &self.tables[table];
        let known = rows.locate(key).map(|id| id.filter(|id| rows.by_id.contains_key(id)));
        let (operation, id) = match &known {
            Ok(Some(id)) => (Operation::Update, Some(*id)),
            Ok(None) if condition.matching.is_some() => (Operation::Update, key.id()),
            _ => (Operation::Create, key.id()),
        };
        let done = known.and_then(|known| match known {
            Some(_) if condition.only_new => Err(Refusal::exists()),
            Some(id) => self.check(table, id, condition.matching).and_then(|()| self.change(table, id, key, body)),
            None if condition.matching.is_some() => Err(self.tables[table].missing(key)),
            None => self.insert_at(table, key, body),
        });
        self.record(table, operation, id, writer, done)
    }

    /// A row goes.
    pub(in crate::stack::dataverse) fn delete(
        &mut self,
        table: usize,
        key: &Key,
        matching: Option<Match>,
        writer: Writer,
    ) -> Result<Written, Refusal> {
        let found = self.find(table, key).map(|row| row.id);
        let id = found.as_ref().ok().copied().or_else(|| key.id());
        let done = found.and_then(|id| self.check(table, id, matching).map(|()| self.remove(table, id)));
        self.record(table, Operation::Delete, id, writer, done)
    }

    /// Writes the entry for what was done or refused.
    fn record(
        &mut self,
        table: usize,
        operation: Operation,
        key: Option<Uuid>,
        writer: Writer,
        done: Result<(Written, Vec<Change>), Refusal>,
    ) -> Result<Written, Refusal> {
        let table = self.tables[table].table.clone();
        let attempt = |key: Option<Uuid>| Attempt {
            operation,
            table: Ok(&table),
            key: key.map(|id| id.to_string()).unwrap_or_default(),
        };
        match done {
            Ok((written, changes)) => {
                self.ledger.commit(writer, attempt(Some(written.row.id)), changes);
                Ok(written)
            }
            Err(refusal) => {
                self.ledger.refuse(writer, attempt(key), refusal.status, refusal.code);
                Err(refusal)
            }
        }
    }

    fn check(&self, table: usize, id: Uuid, matching: Option<Match>) -> Result<(), Refusal> {
        match matching {
            Some(Match::Version(version)) if version != self.tables[table].by_id.get(&id).map(|r| r.version) => {
                Err(Refusal::stale())
            }
            _ => Ok(()),
        }
    }

    fn insert_at(
        &mut self,
        table: usize,
        key: &Key,
        body: &Map<String, Value>,
    ) -> Result<(Written, Vec<Change>), Refusal> {
        match key {
            Key::Id(id) => self.insert(table, *id, Vec::new(), body),
            // Key columns that the body lacks are taken from the URL; where
            // both name one, the body wins (reference A4).
            Key::Alternate(_, cells) => {
                let id = primary_id(&self.tables[table].table, body)?.unwrap_or_else(Uuid::new_v4);
                self.insert(table, id, cells.clone(), body)
            }
        }
    }

    fn insert(
        &mut self,
        table: usize,
        id: Uuid,
        given: Vec<(usize, Cell)>,
        body: &Map<String, Value>,
    ) -> Result<(Written, Vec<Change>), Refusal> {
        let rows = &self.tables[table];
        let mut cells = vec![Cell::Null; rows.table.columns.len()];
        let mut named = vec![false; cells.len()];
        for (position, cell) in given.into_iter().chain(read_body(&rows.table, body)?) {
            named[position] = true;
            cells[position] = cell;
        }
        for (column, cell) in rows.table.columns.iter().zip(&cells) {
            if column.required && *cell == Cell::Null {
                return Err(Refusal::required(&rows.table.logical, &column.name));
            }
        }
        if rows.by_id.contains_key(&id) {
            return Err(Refusal::duplicate_id());
        }
        rows.unique(&cells, None)?;
        self.version += 1;
        let row = Row { id, version: self.version, cells };
        let changes = row.cells.iter().enumerate().filter(|(i, _)| named[*i]);
        let changes = changes.map(|(i, cell)| (i as u16, Cell::Null, cell.clone())).collect();
        self.tables[table].insert(row.clone());
        Ok((Written { row, created: true }, changes))
    }

    fn change(
        &mut self,
        table: usize,
        id: Uuid,
        key: &Key,
        body: &Map<String, Value>,
    ) -> Result<(Written, Vec<Change>), Refusal> {
        let rows = &mut self.tables[table];
        let mut changed = read_body(&rows.table, body)?;
        // Columns that are part of the URL's key are ignored (reference A4).
        if let Key::Alternate(_, cells) = key {
            changed.retain(|(position, _)| cells.iter().all(|(p, _)| p != position));
        }
        let row = rows.by_id.get(&id).ok_or_else(|| rows.missing(key))?;
        let mut cells = row.cells.clone();
        let mut changes = Vec::with_capacity(changed.len());
        for (position, after) in changed {
            let before = std::mem::replace(&mut cells[position], after.clone());
            changes.push((position as u16, before, after));
        }
        rows.unique(&cells, Some(id))?;
        self.version += 1;
        let row = Row { id, version: self.version, cells };
        rows.replace(row.clone());
        Ok((Written { row, created: false }, changes))
    }

    fn remove(&mut self, table: usize, id: Uuid) -> (Written, Vec<Change>) {
        let row = self.tables[table].take(id).expect("the row was found under the same lock");
        let before = row.cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Null);
        let changes = before.map(|(i, cell)| (i as u16, cell.clone(), Cell::Null)).collect();
        (Written { row, created: false }, changes)
    }
}

impl Rows {
    fn locate(&self, key: &Key) -> Result<Option<Uuid>, Refusal> {
        match key {
            Key::Id(id) => Ok(Some(*id)),
            Key::Alternate(index, cells) => {
                let key = &self.table.keys[*index];
                let cell = |column: &usize| cells.iter().find(|(p, _)| p == column).map(|(_, cell)| cell);
                let text = joined(key.columns.iter().map(|c| cell(c).unwrap_or(&Cell::Null)));
                let text = text.ok_or_else(|| Refusal::no_key(&self.table.logical))?;
                Ok(self.by_key[*index].get(&text).copied())
            }
        }
    }

    fn missing(&self, key: &Key) -> Refusal {
        match key {
            Key::Id(id) => Refusal::no_row(&self.table.logical, &id.to_string()),
            Key::Alternate(..) => Refusal::no_row_by_key(&self.table.logical),
        }
    }

    fn key_of(&self, index: usize, cells: &[Cell]) -> Option<String> {
        joined(self.table.keys[index].columns.iter().map(|c| &cells[*c]))
    }

    /// Whether another row already has the same alternate key.
    fn unique(&self, cells: &[Cell], own: Option<Uuid>) -> Result<(), Refusal> {
        for (index, key) in self.table.keys.iter().enumerate() {
            let holder = self.key_of(index, cells).and_then(|text| self.by_key[index].get(&text));
            if holder.is_some_and(|id| Some(*id) != own) {
                let columns: Vec<&str> = key.columns.iter().map(|c| &*self.table.columns[*c].name).collect();
                return Err(Refusal::duplicate_key(&key.name, &columns.join(", ")));
            }
        }
        Ok(())
    }

    fn insert(&mut self, row: Row) {
        for index in 0..self.by_key.len() {
            if let Some(text) = self.key_of(index, &row.cells) {
                self.by_key[index].insert(text, row.id);
            }
        }
        self.order.push(row.id);
        self.by_id.insert(row.id, row);
    }

    fn replace(&mut self, row: Row) {
        for index in 0..self.by_key.len() {
            let old = self.by_id.get(&row.id).and_then(|old| self.key_of(index, &old.cells));
            let new = self.key_of(index, &row.cells);
            if old != new {
                if let Some(old) = old {
                    self.by_key[index].remove(&old);
                }
                if let Some(new) = new {
                    self.by_key[index].insert(new, row.id);
                }
            }
        }
        self.by_id.insert(row.id, row);
    }

    fn take(&mut self, id: Uuid) -> Option<Row> {
        let row = self.by_id.remove(&id)?;
        for index in 0..self.by_key.len() {
            if let Some(text) = self.key_of(index, &row.cells) {
                self.by_key[index].remove(&text);
            }
        }
        self.order.retain(|other| *other != id);
        Some(row)
    }
}

/// A key's values as one text; `None` where one of them is nothing.
fn joined<'a>(cells: impl Iterator<Item = &'a Cell>) -> Option<String> {
    let texts: Option<Vec<String>> = cells.map(Cell::key_text).collect();
    Some(texts?.join("\u{1f}"))
}

fn primary_id(table: &Table, body: &Map<String, Value>) -> Result<Option<Uuid>, Refusal> {
    let Some(value) = body.get(&*table.primary_id) else { return Ok(None) };
    let id = value.as_str().and_then(|text| Uuid::parse_str(text).ok());
    id.map(Some).ok_or_else(|| Refusal::wrong_type(&table.collection, &table.primary_id, value, "Edm.Guid"))
}

/// The body's columns as cells. `@odata` members are passed over; the primary
/// id is not changed by a body.
fn read_body(table: &Table, body: &Map<String, Value>) -> Result<Vec<(usize, Cell)>, Refusal> {
    let mut cells = Vec::with_capacity(body.len());
    for (name, value) in body {
        if name.starts_with("@odata") || *name == *table.primary_id {
            continue;
        }
        let position =
            table.column(name).ok_or_else(|| Refusal::invalid_property(&table.collection, &table.logical, name))?;
        cells.push((position, value::cell(table, &table.columns[position], value)?));
    }
    Ok(cells)
}

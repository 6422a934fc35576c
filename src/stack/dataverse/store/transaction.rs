//! Writes that stand together, or not at all.

use std::sync::Arc;

use smallvec::SmallVec;
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::ledger::{Change, Writer};
use super::super::schema::{Cell, OWNER, Table};
use super::row::Row;
use super::state::Store;
use crate::clock::Timestamp;
use crate::observe::Operation;

/// Writes under one hold of the lock. Their entries come into the ledger with
/// [`Transaction::commit`]; whoever drops it instead has written nothing.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Transaction<'a> {
    store: &'a mut Store,
    writer: &'a Writer,
    done: SmallVec<[Done<'a>; 1]>,
}

/// What a write puts into a row.
#[derive(Debug, Default)]
pub(in crate::stack::dataverse) struct Values {
    /// Columns by their positions.
    pub(in crate::stack::dataverse) cells: Vec<(usize, Cell)>,
    /// Whose it is to be, where that is said: table and primary id.
    pub(in crate::stack::dataverse) owner: Option<(usize, Uuid)>,
}

impl Values {
    /// One column.
    pub(in crate::stack::dataverse) fn of(column: usize, cell: Cell) -> Self {
        Self { cells: vec![(column, cell)], owner: None }
    }
}

/// One write that was done: what the ledger gets of it, and what takes it back.
#[derive(Debug)]
struct Done<'a> {
    writer: &'a Writer,
    table: usize,
    operation: Operation,
    id: Uuid,
    changes: Vec<Change>,
    undo: Undo,
}

#[derive(Debug)]
enum Undo {
    Insert,
    Replace(u32, Row),
    /// The cells that were there are those of the changes.
    InPlace(u32, Stamp),
    Remove(u32, Row),
    Link(usize, Uuid, Uuid),
    Unlink(usize, Uuid, Uuid),
}

/// What every write of a row sets.
#[derive(Clone, Copy, Debug)]
struct Stamp {
    version: u64,
    modified: Timestamp,
    modified_by: u32,
}

impl Stamp {
    fn of(row: &Row) -> Self {
        Self { version: row.version, modified: row.modified, modified_by: row.modified_by }
    }

    fn put(self, row: &mut Row) {
        (row.version, row.modified, row.modified_by) = (self.version, self.modified, self.modified_by);
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn new(store: &'a mut Store, writer: &'a Writer) -> Self {
        Self { store, writer, done: SmallVec::new() }
    }

    /// What there is, with what was written so far.
    pub(in crate::stack::dataverse) fn store(&self) -> &Store {
        self.store
    }

    /// What is written from now on, in the same transaction, is somebody
    /// else's or another request's.
    pub(in crate::stack::dataverse) fn write_as(&mut self, writer: &'a Writer) {
        self.writer = writer;
    }

    /// A new row; the columns that are not named hold nothing. Gives its id.
    pub(in crate::stack::dataverse) fn insert(
        &mut self,
        table: usize,
        id: Option<Uuid>,
        Values { cells: named, owner }: Values,
    ) -> Result<Uuid, Refusal> {
        let rows = &mut self.store.tables[table];
        if self.done.is_empty() {
            rows.compact();
        }
        let mut cells = vec![Cell::Null; rows.table.columns.len()].into_boxed_slice();
        let mut positions: SmallVec<[usize; 16]> = SmallVec::with_capacity(named.len());
        for (position, cell) in named {
            // Two binds may name one lookup: the last counts, and is one change.
            if !positions.contains(&position) {
                positions.push(position);
            }
            cells[position] = cell;
        }
        let change = |position: usize| (position as u16, Cell::Null, cells[position].clone());
        let mut changes: Vec<Change> = positions.into_iter().map(change).collect();
        changes.extend(owner.map(|(table, id)| (OWNER, Cell::Null, Cell::Row(table as u16, id))));
        complete(&rows.table, &cells)?;
        let id = id.unwrap_or_else(Uuid::new_v4);
        if rows.get(&id).is_some() {
            return Err(Refusal::duplicate_id());
        }
        self.free(table, &cells, None)?;
        let store = &mut *self.store;
        store.version += 1;
        let (version, by) = (store.version, store.principals.number(&self.writer.principal));
        let (at, table_rows) = (self.writer.at, &mut store.tables[table]);
        let owner = owner.map_or(by, |owner| store.principals.of_row(owner));
        let (created, modified, created_by, modified_by) = (at, at, by, by);
        let row = Row { id, version, born: version, created, modified, created_by, modified_by, owner, cells };
        table_rows.insert(row);
        self.done.push(Done {
            writer: self.writer,
            table,
            operation: Operation::Create,
            id,
            changes,
            undo: Undo::Insert,
        });
        Ok(id)
    }

    /// Other values in columns of a row that is there.
    pub(in crate::stack::dataverse) fn update(
        &mut self,
        table: usize,
        id: Uuid,
        Values { cells: named, owner }: Values,
    ) -> Result<(), Refusal> {
        let rows = &self.store.tables[table];
        let found = rows.slot(&id).and_then(|slot| Some((slot, rows.at(slot)?)));
        let Some((slot, old)) = found else {
            return Err(Refusal::no_row(&rows.table.logical, &id.to_string()));
        };
        cleared(&rows.table, &named)?;
        let indexed = named.iter().any(|(position, _)| rows.indexes(*position));
        if !indexed && owner.is_none() && self.store.history.is_none() {
            self.update_in_place(table, slot, named);
            return Ok(());
        }
        let mut cells = old.cells.clone();
        let mut changes: Vec<Change> = Vec::with_capacity(named.len());
        for (position, after) in named {
            let before = std::mem::replace(&mut cells[position], after.clone());
            changes.push((position as u16, before, after));
        }
        let (born, created, created_by, owned) = (old.born, old.created, old.created_by, old.owner);
        self.free(table, &cells, Some(&old.cells))?;
        let store = &mut *self.store;
        store.version += 1;
        let (version, modified) = (store.version, self.writer.at);
        let modified_by = store.principals.number(&self.writer.principal);
        let owner = owner.map_or(owned, |owner| {
            changes.push((OWNER, store.owner_cell(owned), Cell::Row(owner.0 as u16, owner.1)));
            store.principals.of_row(owner)
        });
        let row = Row { id, version, born, created, modified, created_by, modified_by, owner, cells };
        if let Some(old) = store.tables[table].replace(slot, row) {
            let undo = Undo::Replace(slot, old);
            self.done.push(Done { writer: self.writer, table, operation: Operation::Update, id, changes, undo });
        }
        Ok(())
    }

    /// The same where no index knows of the columns: most writes of a row change
    /// few of them, and to copy all took a tenth of a request.
    fn update_in_place(&mut self, table: usize, slot: u32, named: Vec<(usize, Cell)>) {
        let store = &mut *self.store;
        let rows = &mut store.tables[table];
        let modified_by = store.principals.number(&self.writer.principal);
        let row = rows.at_mut(slot).expect("it was found under the same lock");
        store.version += 1;
        let undo = Undo::InPlace(slot, Stamp::of(row));
        Stamp { version: store.version, modified: self.writer.at, modified_by }.put(row);
        let change = |(position, after): (usize, Cell)| {
            let before = std::mem::replace(&mut row.cells[position], after.clone());
            (position as u16, before, after)
        };
        let changes: Vec<Change> = named.into_iter().map(change).collect();
        let id = row.id;
        self.done.push(Done { writer: self.writer, table, operation: Operation::Update, id, changes, undo });
    }

    /// A row goes, and its links with it.
    pub(in crate::stack::dataverse) fn delete(&mut self, table: usize, id: Uuid) -> Result<(), Refusal> {
        let store = &mut *self.store;
        let rows = &mut store.tables[table];
        let slot = rows.slot(&id).ok_or_else(|| Refusal::no_row(&rows.table.logical, &id.to_string()))?;
        store.version += 1;
        if let Some(row) = rows.remove(slot, store.version) {
            let held = row.cells.iter().enumerate().filter(|(_, cell)| **cell != Cell::Null);
            let changes = held.map(|(i, cell)| (i as u16, cell.clone(), Cell::Null)).collect();
            self.done.push(Done {
                writer: self.writer,
                table,
                operation: Operation::Delete,
                id,
                changes,
                undo: Undo::Remove(slot, row),
            });
        }
        Ok(())
    }

    /// Links two rows in a many-to-many relationship; the ledger has it as an
    /// update of the row of `table`.
    pub(in crate::stack::dataverse) fn link(&mut self, table: usize, relation: usize, pair: (Uuid, Uuid)) {
        if self.store.relations[relation].link(pair.0, pair.1) {
            self.linked(table, pair.0, Undo::Link(relation, pair.0, pair.1));
        }
    }

    /// The link goes.
    pub(in crate::stack::dataverse) fn unlink(&mut self, table: usize, relation: usize, pair: (Uuid, Uuid)) {
        if self.store.relations[relation].unlink(pair.0, pair.1) {
            self.linked(table, pair.0, Undo::Unlink(relation, pair.0, pair.1));
        }
    }

    fn linked(&mut self, table: usize, id: Uuid, undo: Undo) {
        self.done.push(Done {
            writer: self.writer,
            table,
            operation: Operation::Update,
            id,
            changes: Vec::new(),
            undo,
        });
    }

    /// All of it stands, and is in the ledger.
    pub(in crate::stack::dataverse) fn commit(mut self) {
        let done = std::mem::take(&mut self.done);
        let store = &mut *self.store;
        for Done { writer, table, operation, id, changes, undo } in done {
            if let Some(history) = &mut store.history {
                let before = match undo {
                    Undo::Insert => None,
                    Undo::Replace(_, row) | Undo::Remove(_, row) => Some(row),
                    // Nothing is written in place while there is a history.
                    Undo::InPlace(..) | Undo::Link(..) | Undo::Unlink(..) => store.tables[table].get(&id).cloned(),
                };
                history.enter(writer.at, table, id, before);
            }
            store.ledger.commit(writer, (operation, table, id), &changes);
        }
    }

    /// Whether no other row has one of the alternate keys, and every row that is
    /// looked up is there.
    fn free(&self, table: usize, cells: &[Cell], before: Option<&[Cell]>) -> Result<(), Refusal> {
        let rows = &self.store.tables[table];
        if let Some(position) = rows.taken(cells, before) {
            let key = &rows.table.keys[position];
            let columns: Vec<&str> = key.columns.iter().map(|c| &*rows.table.columns[*c].name).collect();
            return Err(Refusal::duplicate_key(&key.name, &columns.join(", ")));
        }
        for (position, cell) in cells.iter().enumerate() {
            if let Cell::Row(target, id) = cell
                && before.is_none_or(|before| before[position] != *cell)
                && self.store.tables[usize::from(*target)].get(id).is_none()
            {
                let logical = &self.store.tables[usize::from(*target)].table.logical;
                return Err(Refusal::no_row(logical, &id.to_string()));
            }
        }
        Ok(())
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        while let Some(Done { table, id, undo, changes, .. }) = self.done.pop() {
            let store = &mut *self.store;
            match undo {
                Undo::Insert => store.tables[table].undo_insert(&id),
                Undo::Replace(slot, row) => drop(store.tables[table].replace(slot, row)),
                Undo::InPlace(slot, stamp) => {
                    if let Some(row) = store.tables[table].at_mut(slot) {
                        stamp.put(row);
                        for (position, before, _) in changes.into_iter().rev() {
                            row.cells[usize::from(position)] = before;
                        }
                    }
                }
                Undo::Remove(slot, row) => store.tables[table].undo_remove(slot, row),
                Undo::Link(relation, first, second) => drop(store.relations[relation].unlink(first, second)),
                Undo::Unlink(relation, first, second) => drop(store.relations[relation].link(first, second)),
            }
        }
    }
}

/// An update may not take what is required; that it is there already is not
/// looked for, since a row of the files may lack it.
fn cleared(table: &Table, named: &[(usize, Cell)]) -> Result<(), Refusal> {
    let taken = named.iter().find(|(position, cell)| table.columns[*position].required && *cell == Cell::Null);
    taken.map_or(Ok(()), |(position, _)| Err(Refusal::required(&table.logical, &table.columns[*position].name)))
}

/// A new row has all that is required.
fn complete(table: &Arc<Table>, cells: &[Cell]) -> Result<(), Refusal> {
    let lacks = table.columns.iter().zip(cells).find(|(column, cell)| column.required && **cell == Cell::Null);
    lacks.map_or(Ok(()), |(column, _)| Err(Refusal::required(&table.logical, &column.name)))
}

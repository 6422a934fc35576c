//! The rows of one table, found by id, by alternate key and by the rows that
//! they look up.

use std::collections::BTreeSet;
use std::sync::Arc;

use hashbrown::HashTable;
use uuid::Uuid;

use super::super::schema::{Cell, ColumnKind, Table};
use super::key_index::KeyIndex;
use super::row::{Grave, Graves, Row};

/// The rows of one table.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Rows {
    pub(in crate::stack::dataverse) table: Arc<Table>,
    /// In the order in which rows were made. A row keeps its slot until holes
    /// are more than half.
    slots: Vec<Option<Row>>,
    live: usize,
    by_id: HashTable<u32>,
    /// By alternate key.
    keys: Vec<KeyIndex>,
    lookups: Vec<LookupIndex>,
    graves: Graves,
}

/// Slots of rows by what a lookup column names.
#[derive(Clone, Debug)]
struct LookupIndex {
    column: usize,
    entries: BTreeSet<(Uuid, u32)>,
}

/// Below so many holes nothing is moved.
const HOLES: usize = 4096;

fn spread(id: &Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    (high ^ low.rotate_left(29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

impl Rows {
    pub(super) fn new(table: Arc<Table>) -> Self {
        let keys = table.keys.iter().map(|key| KeyIndex::new(&key.columns)).collect();
        let lookups = table.columns.iter().enumerate().filter(|(_, c)| matches!(c.kind, ColumnKind::Lookup(_)));
        let lookups = lookups.map(|(column, _)| LookupIndex { column, entries: BTreeSet::new() }).collect();
        Self { table, slots: Vec::new(), live: 0, by_id: HashTable::new(), keys, lookups, graves: Graves::default() }
    }

    /// The rows under their table as it is now: new columns hold nothing, and
    /// neither do those that are gone.
    pub(super) fn reshape(&mut self, table: Arc<Table>) {
        let Self { keys, lookups, .. } = Self::new(table.clone());
        (self.table, self.keys, self.lookups) = (table, keys, lookups);
        let gone: Vec<usize> = (0..self.table.columns.len()).filter(|c| self.table.columns[*c].gone).collect();
        for (slot, row) in self.slots.iter_mut().enumerate() {
            let Some(row) = row else { continue };
            let mut cells = std::mem::take(&mut row.cells).into_vec();
            cells.resize(self.table.columns.len(), Cell::Null);
            gone.iter().for_each(|column| cells[*column] = Cell::Null);
            row.cells = cells.into_boxed_slice();
            self.keys.iter_mut().for_each(|index| index.insert(&row.cells, row.born, slot as u32));
            self.lookups.iter_mut().for_each(|index| index.insert(&row.cells, slot as u32));
        }
    }

    /// How many rows there are.
    pub(in crate::stack::dataverse) fn len(&self) -> usize {
        self.live
    }

    /// The slot of a row.
    pub(in crate::stack::dataverse) fn slot(&self, id: &Uuid) -> Option<u32> {
        self.by_id.find(spread(id), |slot| self.at(*slot).is_some_and(|row| row.id == *id)).copied()
    }

    /// The row in a slot.
    pub(in crate::stack::dataverse) fn at(&self, slot: u32) -> Option<&Row> {
        self.slots.get(slot as usize)?.as_ref()
    }

    pub(in crate::stack::dataverse) fn get(&self, id: &Uuid) -> Option<&Row> {
        self.slot(id).and_then(|slot| self.at(slot))
    }

    /// The index of an alternate key, by the key's position.
    pub(in crate::stack::dataverse) fn key(&self, key: usize) -> &KeyIndex {
        &self.keys[key]
    }

    /// The row with these values of an alternate key's columns.
    pub(in crate::stack::dataverse) fn find_key(&self, key: usize, cells: &[(usize, Cell)]) -> Option<&Row> {
        let cell = |column: usize| cells.iter().find(|(position, _)| *position == column).map(|(_, cell)| cell);
        self.keys[key].get(cell).and_then(|slot| self.at(slot))
    }

    /// All rows, in the order in which they were made.
    pub(in crate::stack::dataverse) fn iter(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.slots.iter().flatten()
    }

    /// Rows made after a version, in their order.
    pub(in crate::stack::dataverse) fn born_after(&self, version: u64) -> impl Iterator<Item = &Row> {
        // Holes have no version; the next row tells on which side they are.
        let rank = |from: usize| self.slots[from..].iter().flatten().next().is_none_or(|row| row.born > version);
        let (mut low, mut high) = (0, self.slots.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if rank(middle) { high = middle } else { low = middle + 1 }
        }
        self.slots[low..].iter().flatten().filter(move |row| row.born > version)
    }

    /// Rows whose lookup at `column` names this row.
    pub(in crate::stack::dataverse) fn referring(&self, column: usize, id: Uuid) -> impl Iterator<Item = &Row> {
        let index = self.lookups.iter().find(|index| index.column == column);
        let slots = index.into_iter().flat_map(move |index| index.entries.range((id, 0)..=(id, u32::MAX)));
        slots.filter_map(|(_, slot)| self.at(*slot))
    }

    /// Rows that are gone.
    pub(in crate::stack::dataverse) fn graves(&self) -> &Graves {
        &self.graves
    }

    /// Whether an index knows of a column.
    pub(super) fn indexes(&self, column: usize) -> bool {
        self.keys.iter().any(|index| index.columns().contains(&column))
            || self.lookups.iter().any(|index| index.column == column)
    }

    /// The row in a slot, to write columns that no index knows of.
    pub(super) fn at_mut(&mut self, slot: u32) -> Option<&mut Row> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// The alternate key, by position, that another row already has; those that
    /// are as they were are the row's own.
    pub(super) fn taken(&self, cells: &[Cell], before: Option<&[Cell]>) -> Option<usize> {
        self.keys.iter().position(|index| {
            let same = before.is_some_and(|before| index.same(before, cells));
            !same && index.get(|column| Some(&cells[column])).is_some()
        })
    }

    /// Whether several rows have the same alternate key: then they share an entry
    /// of its index.
    pub(super) fn repeats_key(&self, key: usize) -> bool {
        let index = &self.keys[key];
        !index.columns().is_empty() && index.len() < self.live
    }

    pub(super) fn insert(&mut self, row: Row) {
        let slot = self.slots.len() as u32;
        self.index(&row, slot);
        self.live += 1;
        self.slots.push(Some(row));
        self.name(slot);
    }

    /// Puts other cells into a row; gives the row as it was.
    pub(super) fn replace(&mut self, slot: u32, row: Row) -> Option<Row> {
        let old = self.slots[slot as usize].replace(row)?;
        let row = self.slots[slot as usize].as_ref()?;
        for index in &mut self.keys {
            if !index.same(&old.cells, &row.cells) {
                index.remove(&old.cells, old.born);
                index.insert(&row.cells, row.born, slot);
            }
        }
        for index in &mut self.lookups {
            if old.cells[index.column] != row.cells[index.column] {
                index.remove(&old.cells, slot);
                index.insert(&row.cells, slot);
            }
        }
        Some(old)
    }

    /// Takes a row out; it was deleted at this version.
    pub(super) fn remove(&mut self, slot: u32, version: u64) -> Option<Row> {
        let row = self.take(slot)?;
        self.graves.dig(Grave { id: row.id, version, born: row.born });
        Some(row)
    }

    /// A row that was just inserted never was.
    pub(super) fn undo_insert(&mut self, id: &Uuid) {
        if let Some(slot) = self.slot(id) {
            self.take(slot);
            if slot as usize + 1 == self.slots.len() {
                self.slots.pop();
            }
        }
    }

    /// A row that was just removed is there again, in its slot.
    pub(super) fn undo_remove(&mut self, slot: u32, row: Row) {
        self.graves.undo(row.id);
        self.index(&row, slot);
        self.live += 1;
        self.slots[slot as usize] = Some(row);
        self.name(slot);
    }

    fn take(&mut self, slot: u32) -> Option<Row> {
        let row = self.slots[slot as usize].as_ref()?;
        if let Ok(entry) = self.by_id.find_entry(spread(&row.id), |found| *found == slot) {
            entry.remove();
        }
        let row = self.slots[slot as usize].take()?;
        self.keys.iter_mut().for_each(|index| index.remove(&row.cells, row.born));
        self.lookups.iter_mut().for_each(|index| index.remove(&row.cells, slot));
        self.live -= 1;
        Some(row)
    }

    fn index(&mut self, row: &Row, slot: u32) {
        self.keys.iter_mut().for_each(|index| index.insert(&row.cells, row.born, slot));
        self.lookups.iter_mut().for_each(|index| index.insert(&row.cells, slot));
    }

    /// Enters a filled slot under its row's id.
    fn name(&mut self, slot: u32) {
        let slots = &self.slots;
        let hash = |slot: &u32| slots[*slot as usize].as_ref().map_or(0, |row| spread(&row.id));
        self.by_id.insert_unique(hash(&slot), slot, hash);
    }

    /// Closes the holes once they are more than half. Never within a
    /// transaction that removed rows: those may come back to their slots.
    pub(super) fn compact(&mut self) {
        let holes = self.slots.len() - self.live;
        if holes < HOLES || holes < self.live {
            return;
        }
        let mut moved = vec![0_u32; self.slots.len()];
        let mut next = 0;
        for (slot, row) in self.slots.iter().enumerate() {
            moved[slot] = next;
            next += u32::from(row.is_some());
        }
        self.slots.retain(Option::is_some);
        let place = |slot: u32| moved[slot as usize];
        self.keys.iter_mut().for_each(|index| index.renumber(place));
        for index in &mut self.lookups {
            index.entries = index.entries.iter().map(|(id, slot)| (*id, place(*slot))).collect();
        }
        self.by_id.iter_mut().for_each(|slot| *slot = place(*slot));
    }
}

impl LookupIndex {
    fn insert(&mut self, cells: &[Cell], slot: u32) {
        if let Cell::Row(_, id) = &cells[self.column] {
            self.entries.insert((*id, slot));
        }
    }

    fn remove(&mut self, cells: &[Cell], slot: u32) {
        if let Cell::Row(_, id) = &cells[self.column] {
            self.entries.remove(&(*id, slot));
        }
    }
}

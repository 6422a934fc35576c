//! One row, and where rows lie that are gone.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::super::schema::Cell;
use crate::clock::Timestamp;

/// One row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Row {
    pub(in crate::stack::dataverse) id: Uuid,
    /// The row version: counts the writes of the whole environment.
    pub(in crate::stack::dataverse) version: u64,
    /// The version with which it was made: rows lie in this order.
    pub(in crate::stack::dataverse) born: u64,
    pub(in crate::stack::dataverse) created: Timestamp,
    pub(in crate::stack::dataverse) modified: Timestamp,
    /// Who made it, and who wrote it last: their numbers in the store.
    pub(in crate::stack::dataverse) created_by: u32,
    pub(in crate::stack::dataverse) modified_by: u32,
    /// Whose it is: that principal's number.
    pub(in crate::stack::dataverse) owner: u32,
    pub(in crate::stack::dataverse) cells: Box<[Cell]>,
}

/// How many deleted rows a table remembers.
const REMEMBERED: usize = 100_000;

/// A row that was deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct Grave {
    pub(in crate::stack::dataverse) id: Uuid,
    /// The version of its deletion.
    pub(in crate::stack::dataverse) version: u64,
    /// The version with which it had been made.
    pub(in crate::stack::dataverse) born: u64,
}

/// The rows that were deleted last: for delta links, and for cookies of pages
/// that ended with one of them.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Graves {
    /// In the order of their deletion.
    dug: VecDeque<Grave>,
    born: HashMap<Uuid, u64>,
    /// Deletions up to this version are forgotten.
    forgotten: u64,
}

impl Graves {
    pub(super) fn dig(&mut self, grave: Grave) {
        if self.dug.len() >= REMEMBERED
            && let Some(oldest) = self.dug.pop_front()
        {
            self.born.remove(&oldest.id);
            self.forgotten = oldest.version;
        }
        self.born.insert(grave.id, grave.born);
        self.dug.push_back(grave);
    }

    /// The deletion did not happen: it was the last one.
    pub(super) fn undo(&mut self, id: Uuid) {
        self.born.remove(&id);
        if self.dug.back().is_some_and(|grave| grave.id == id) {
            self.dug.pop_back();
        }
    }

    /// When a row that is gone had been made.
    pub(in crate::stack::dataverse) fn born(&self, id: &Uuid) -> Option<u64> {
        self.born.get(id).copied()
    }

    /// Deletions after a version; `None` where some of them are forgotten.
    pub(in crate::stack::dataverse) fn since(&self, version: u64) -> Option<impl Iterator<Item = &Grave>> {
        let from = self.dug.partition_point(|grave| grave.version <= version);
        (version >= self.forgotten).then(|| self.dug.range(from..))
    }
}

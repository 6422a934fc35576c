//! A row as a body describes it.

use uuid::Uuid;

use super::super::super::schema::{Cell, Reach};

/// A row as a body describes it.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Draft {
    /// The position of its table.
    pub(in crate::stack::dataverse) table: usize,
    /// The primary id, where the body names it.
    pub(in crate::stack::dataverse) id: Option<Uuid>,
    /// Columns by their positions, in the order of the body.
    pub(in crate::stack::dataverse) cells: Vec<(usize, Cell)>,
    /// Whose the row is to be, where the body says so: table and primary id.
    pub(in crate::stack::dataverse) owner: Option<(usize, Uuid)>,
    /// `NAME@odata.bind`.
    pub(in crate::stack::dataverse) binds: Vec<Bind>,
    /// Rows that are made with it.
    pub(in crate::stack::dataverse) related: Vec<Related>,
    /// Whether `@odata.type` was there; another table's is refused.
    pub(in crate::stack::dataverse) typed: bool,
    /// Whether rules of duplicate detection are asked.
    pub(in crate::stack::dataverse) detect: bool,
    /// `@odata.id`.
    pub(in crate::stack::dataverse) address: Option<Box<str>>,
}

/// Rows that a body links with its row.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) struct Bind {
    pub(in crate::stack::dataverse) reach: Reach,
    /// Their addresses as written; none clears a lookup.
    pub(in crate::stack::dataverse) to: Vec<Box<str>>,
}

/// Rows that a body holds within its row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Related {
    pub(in crate::stack::dataverse) reach: Reach,
    pub(in crate::stack::dataverse) rows: Vec<Draft>,
}

impl Draft {
    /// Puts a cell in the place of one that the body named, or adds it.
    pub(in crate::stack::dataverse) fn set(&mut self, column: usize, cell: Cell) {
        match self.cells.iter_mut().find(|(position, _)| *position == column) {
            Some((_, found)) => *found = cell,
            None => self.cells.push((column, cell)),
        }
    }

    /// The draft, in whose place one without contents stays.
    pub(in crate::stack::dataverse) fn take(&mut self) -> Self {
        let left = Self { table: self.table, id: self.id, ..Self::default() };
        std::mem::replace(self, left)
    }

    pub(in crate::stack::dataverse) fn names(&self, column: usize) -> bool {
        self.cells.iter().any(|(position, _)| *position == column)
    }
}

/// The table that a navigation property leads to.
pub(in crate::stack::dataverse) fn target(reach: Reach) -> usize {
    reach.target()
}

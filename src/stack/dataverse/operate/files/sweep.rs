//! Room for files: those that no row names any more go.

use std::collections::HashSet;

use uuid::Uuid;

use super::super::super::organization::Organization;
use super::super::super::schema::Cell;
use super::super::super::store::Rows;

impl Organization {
    /// Looks for files that neither a row nor a snapshot names, where so many
    /// bytes more are a reason to.
    pub(super) fn make_room(&self, more: u64) {
        if !self.files.crowded(more) {
            return;
        }
        let mut named = HashSet::new();
        // Both are held until it is done: nobody names a file meanwhile.
        let snapshots = self.snapshots();
        let store = self.view();
        snapshots.values().flat_map(|snapshot| &snapshot.tables).for_each(|rows| collect(rows, &mut named));
        (0..self.tables.len()).for_each(|table| collect(store.rows(table), &mut named));
        self.files.sweep(&named);
    }
}

/// The files that rows of a table name.
fn collect(rows: &Rows, named: &mut HashSet<Uuid>) {
    let columns: Vec<usize> = rows.table.file_columns().collect();
    if columns.is_empty() {
        return;
    }
    let cells = rows.iter().flat_map(|row| columns.iter().map(|column| &row.cells[*column]));
    named.extend(cells.filter_map(|cell| match cell {
        Cell::Id(id) => Some(*id),
        _ => None,
    }));
}

//! Somebody else writes a row between a read and the write that follows it.

use super::guard::Principal;
use super::operate::{Call, Key};
use super::organization::Organization;
use crate::observe::{SOMEBODY_ELSE, Way};

/// As whom the ledger names them; no application has this id.
const WHO: &str = "somebody-else";

impl Organization {
    /// Sets one column of the row that a call has read. What can't be written
    /// is not: then nobody came between.
    pub(super) fn somebody_else_writes(&self, call: &Call, column: &str, value: &str) {
        let Some(_steady) = self.steady() else { return };
        let read = call.method == http::Method::GET && call.path.rest.is_empty();
        let table = self.table(&call.path.segment);
        let (true, Some(index), Some(text)) = (read, table, call.path.key.as_deref()) else { return };
        let Ok(key) = Key::parse(&self.tables[index], text) else { return };
        let who = Principal { id: WHO.into(), way: Way::Direct, under_way: 1 };
        let writer = super::ledger::Writer { headers: Vec::new(), tag: None, ..call.writer(&who, Some(SOMEBODY_ELSE)) };
        // A refused write is in the ledger, too.
        let _ = self.set_column(index, key, (column, &value.into()), &writer);
    }
}

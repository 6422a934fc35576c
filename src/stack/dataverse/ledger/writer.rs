//! Who writes or reads, and by what it can be found again.

use std::sync::Arc;

use super::super::schema::{Cell, Table};
use crate::clock::Timestamp;
use crate::observe::{Operation, Way};

/// Request header fields that may carry a correlation ID (reference A2, and
/// the usual ones of services).
pub(in crate::stack::dataverse) const CORRELATING: [&str; 16] = [
    "x-correlation-id",
    "x-ms-correlation-id",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-client-session-id",
    "x-ms-client-tracking-id",
    "x-request-id",
    "request-id",
    "traceparent",
    // As whom, and past what: not correlating, but part of the record.
    "callerobjectid",
    "mscrmcallerid",
    "mscrm.suppressduplicatedetection",
    "mscrm.bypasscustompluginexecution",
    "mscrm.bypassbusinesslogicexecution",
    "mscrm.suppresscallbackregistrationexpanderjob",
    "mscrm.solutionuniquename",
];

/// Who writes or reads, and by what it can be found again.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Writer {
    pub(in crate::stack::dataverse) at: Timestamp,
    pub(in crate::stack::dataverse) principal: Arc<str>,
    pub(in crate::stack::dataverse) way: Way,
    /// Requests of this principal under way, this one included.
    pub(in crate::stack::dataverse) under_way: u16,
    /// The HTTP request.
    pub(in crate::stack::dataverse) request: u64,
    /// The boundary of the batch, and of the change set.
    pub(in crate::stack::dataverse) batch: Option<Arc<str>>,
    pub(in crate::stack::dataverse) change_set: Option<Arc<str>>,
    /// Position in [`CORRELATING`] and value.
    pub(in crate::stack::dataverse) headers: Vec<(u8, Box<str>)>,
    pub(in crate::stack::dataverse) tag: Option<Box<str>>,
    pub(in crate::stack::dataverse) fault: Option<&'static str>,
}

/// One column of a write: position in the table, before, after.
pub(in crate::stack::dataverse) type Change = (u16, Cell, Cell);

/// What was asked for, as far as the ledger is concerned.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Attempt<'a> {
    pub(in crate::stack::dataverse) operation: Operation,
    /// The table, or the name of one that is not there.
    pub(in crate::stack::dataverse) table: Result<&'a Arc<Table>, &'a str>,
    pub(in crate::stack::dataverse) key: String,
}

/// What a read gave.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Read {
    /// The position of the table.
    pub(in crate::stack::dataverse) table: usize,
    /// Positions of the columns that were named; `None` where none were, and
    /// the whole row was given.
    pub(in crate::stack::dataverse) columns: Option<Vec<usize>>,
    /// How many rows.
    pub(in crate::stack::dataverse) rows: u64,
    /// The row that was asked for, where it was one.
    pub(in crate::stack::dataverse) key: Option<uuid::Uuid>,
}

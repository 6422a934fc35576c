//! The rows of all tables, and the ledger of what was done to them.

mod history;
mod key_index;
mod principals;
mod row;
mod rows;
mod snapshot;
mod state;
mod state_file;
mod transaction;

pub(in crate::stack::dataverse) use key_index::sortable;
pub(in crate::stack::dataverse) use principals::Society;
pub(in crate::stack::dataverse) use row::Row;
pub(in crate::stack::dataverse) use rows::Rows;
pub(in crate::stack::dataverse) use snapshot::Snapshot;
pub(in crate::stack::dataverse) use state::{Store, missing};
pub(in crate::stack::dataverse) use state_file::alterations;
pub(in crate::stack::dataverse) use transaction::{Transaction, Values};

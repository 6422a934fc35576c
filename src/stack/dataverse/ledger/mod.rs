//! The ledger of effects, and the record of reads.

mod code;
mod effects;
mod log;
mod names;
mod reads;
mod writer;

pub(in crate::stack::dataverse) use effects::Ledger;
pub use effects::{LedgerQuery, LedgerSize};
pub(in crate::stack::dataverse) use reads::Reads;
pub(in crate::stack::dataverse) use writer::{Attempt, CORRELATING, Change, Read, Writer};

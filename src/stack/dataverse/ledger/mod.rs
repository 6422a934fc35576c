//! The ledger of effects.

mod entries;

pub use entries::LedgerQuery;
pub(in crate::stack::dataverse) use entries::{Attempt, CAPACITY, CORRELATING, Change, Ledger, Writer};

//! The rows of all tables, and the ledger of what was done to them.

mod rows;

pub(in crate::stack::dataverse) use rows::{Condition, Match, Row, Store, Written};

//! What requests write: plain values first, then steps of a transaction.

mod address;
mod bulk;
mod duplicate;
mod link;
mod model;
mod remove;
mod rows;

pub(in crate::stack::dataverse) use address::{References, Target};
pub(in crate::stack::dataverse) use bulk::Bulk;
pub(in crate::stack::dataverse) use model::{Apart, Condition, Effect, Link, Match, Scope, Write};

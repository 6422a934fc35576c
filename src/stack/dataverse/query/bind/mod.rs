//! Filters whose names and values are known: conditions on rows.

mod condition;
mod constant;
mod filter;
mod functions;
mod span;

pub(in crate::stack::dataverse::query) use condition::{Condition, Field, How, Step};
pub(in crate::stack::dataverse::query) use constant::{Constant, Kind, Value, fold};
pub(in crate::stack::dataverse::query) use filter::{Binder, Given, Place};
pub(in crate::stack::dataverse::query) use functions::{compared, dataverse_function, one_of};

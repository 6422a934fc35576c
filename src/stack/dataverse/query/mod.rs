//! What a reader asks for: conditions on rows.

mod filter;

pub(in crate::stack::dataverse) use filter::Filter;

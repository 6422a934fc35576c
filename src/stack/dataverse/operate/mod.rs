//! One request: what its URL names, what it asks for, what is done.

mod apply;
mod batch;
mod call;
mod execute;
mod path;

pub(in crate::stack::dataverse) use apply::one_column;
pub(in crate::stack::dataverse) use call::Call;
pub(in crate::stack::dataverse) use path::{Key, read_literal};

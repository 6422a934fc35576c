//! Bodies as typed drafts of rows: read straight into cells, without a tree of
//! values between.

mod lists;
mod model;
mod read;
mod scalar;

pub(in crate::stack::dataverse) use model::{Bind, Draft, Related, target};
pub(in crate::stack::dataverse) use read::{Drafts, read_reference};

#[cfg(test)]
mod tests;

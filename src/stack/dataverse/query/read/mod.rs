//! Requests that read, answered.

mod delta;
mod list;
mod request;
mod single;

pub(super) use request::{Request, columns};
pub(in crate::stack::dataverse) use single::Representation;
pub(super) use single::{put_constant, put_value};

#[cfg(test)]
mod tests;

//! Requests that read, answered.

mod delta;
mod list;
mod request;
mod single;

pub(super) use request::Request;
pub(in crate::stack::dataverse) use single::Representation;

#[cfg(test)]
mod tests;

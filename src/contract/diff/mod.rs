//! What changes for a client that moves from one version of an API to another.
//!
//! In: two OpenAPI documents. Out: the changes, each with its place in both,
//! and whether it breaks a client that keeps sending what the old one accepted
//! and reading what the old one promised. Knows nothing of who calls.

mod change;
mod compare;
mod message;
mod schema;
mod view;

#[cfg(test)]
mod tests;

pub use change::{Change, ChangeKind};
pub use compare::diff;

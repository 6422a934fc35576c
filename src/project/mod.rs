//! A project of a team's own, from one OpenAPI document: what `gate` needs
//! around a service.
//!
//! In: the document. Out: files, as text: the contract as flows see it (the
//! document, and what the gateway adds to it), a first behaviour file, the
//! gateway's policies, the tenant, a table, a scenario. Nothing is overwritten.

mod name;
mod plan;
mod published;
mod templates;
mod write;

#[cfg(test)]
mod tests;

pub use name::contract_name;
pub use plan::{Plan, PlannedFile, plan};
pub use write::{WriteError, Written, write};

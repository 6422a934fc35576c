//! Dataverse's limits (reference, Dataverse B1 and B2): service protection by
//! user and web server, and the entitlement of an identity for a day.
//!
//! In: rules, a user, an instant, how long a request took. Out: admitted with
//! what is left, or refused with the limit that was met and the whole seconds
//! until it admits again. Pure: the time is an argument.

mod entitlement;
mod rules;
mod server;
mod usage;

#[cfg(test)]
mod tests;

pub use entitlement::{Entitlement, Entitlements};
pub use rules::{ProtectionLimit, ProtectionRules};
pub use server::{Admission, ServiceProtection, Standing};
pub use usage::Used;

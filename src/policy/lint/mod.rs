//! Whether a set of policies keeps the mandate: who may call, how often, with
//! how much, for how long, and what everybody is told.
//!
//! In: compiled documents and the instance that they are of. Out: findings,
//! each with its rule, place, reason and remedy. One file a rule, one table of
//! them. Rules read effective policies, since that is what a call meets; what
//! they can't decide, such as the value of an expression, they let pass.

mod body_limited;
mod client_limits;
mod correlation_demanded;
mod counter_key;
mod deprecation_date;
mod end_announced;
mod error_shape;
mod finding;
mod forward_timeout;
mod limit_order;
mod period;
mod retry_load;
mod secret_in_clear;
mod subject;
mod table;
mod token_validated;
mod walk;

#[cfg(test)]
mod tests;

pub(super) use table::judge;
pub use table::{RULES, Rule};

//! The HTTP trigger of a flow, which the service calls when a job ends.
//!
//! In: calls with a token of the tenant. Out: 202 for each that begins a run,
//! and a ledger of all that came, whatever became of them. It is told to
//! throttle, to fail, or to lose its answer by faults of the control surface.

mod door;
mod received;
mod server;

#[cfg(test)]
mod tests;

pub use server::{Trigger, TriggerHandle, TriggerOptions};

//! A stubbed model: the same input, prompt and model version always give the
//! same output, drawn from a hash.
//!
//! In: an input over HTTP with the key of the endpoint. Out: a decision, its
//! confidence and its reason. It is told to be slow, to throttle, to fail or to
//! answer what its own schema does not have by faults of the control surface.

mod output;
mod server;

#[cfg(test)]
mod tests;

pub use server::{Model, ModelOptions};

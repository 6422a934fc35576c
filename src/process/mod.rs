//! A service of the user's as a child process: a command line and variables in,
//! a service that answers its health path out.
//!
//! It can be killed and started again at the same address, with the folder of
//! its state left as it is; what it prints is kept; what it costs is known apart
//! from what the harness costs. Whatever goes wrong with the process is "could
//! not run", never a finding. Knows nothing of the stack around it and of what
//! is judged.

mod child;
mod error;
mod health;
mod output;
mod port;
mod service;
mod usage;

#[cfg(test)]
mod tests;

pub use error::ProcessError;
pub use health::until_well;
pub use output::Output;
pub use port::free_port;
pub use service::{Launch, Service};
pub use usage::{Usage, own_usage};

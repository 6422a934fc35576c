//! Plans, played side by side: runs of flows when they are due.

mod allowance;
mod attack;
#[cfg(test)]
mod attack_tests;
mod closed;
mod course;
#[cfg(test)]
mod engine_tests;
mod errand;
mod further;
mod hush;
#[cfg(test)]
mod limits_tests;
mod lines;
mod open;
mod payloads;
mod phase;
mod pulse;
#[cfg(test)]
mod sent_tests;
mod shot;
mod step;
mod tally;

pub use attack::{AttackError, attack};

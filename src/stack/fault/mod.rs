//! Faults that are armed: which requests they hit, and what they did.

mod board;
mod hits;
mod matching;
mod name;
mod wrong;

#[cfg(test)]
mod tests;

pub use board::ArmedFault;
pub(super) use board::{FaultBoard, Injected, Subject};
pub use hits::FaultHit;
pub(super) use name::lasting;
pub use wrong::wrong_fault;

//! From a case that fails to a smaller one that still fails.
//!
//! In: a case's key, and what each play of a candidate showed. Out: smaller
//! cases to play, biggest leaps first, each as right as the one it came from:
//! what kept the contract keeps it, what broke one keyword at one place breaks
//! that and nothing more. What was taken is a path behind the case's name, so a
//! smaller case can be made again alone. Plays nothing itself.

mod book;
mod cut;
mod edit;
mod propose;
mod scalar;
mod search;
mod simplest;
mod smaller;

#[cfg(test)]
mod tests;

pub(in crate::generate) use book::{Book, Slot};
pub use search::Search;

//! Sequences that the behaviour file calls for: each is made from what it
//! declares, and where nothing is declared there is none.
//!
//! In: a contract's generators, an operation, a number. Out: the steps of a
//! case with what is promised for each call. Knows nothing of how they are
//! played or judged.

mod bench;
mod callback;
mod dataverse;
mod determinism;
mod duplicate;
mod edges;
mod exact;
mod failure;
mod form;
mod held;
mod identity;
mod invalid;
mod jobs;
mod lifecycle;
mod limits;
mod link;
mod missing;
mod other;
mod owed;
mod plain;
mod rate;
mod routing;
mod sequenced;
mod table;

pub(super) use bench::{Bench, Sequence};
pub(super) use identity::token_round;
pub(super) use limits::{filled, too_many_of};
pub(super) use link::{LinkBench, make as make_link};
pub(super) use plain::PlainBench;
pub(super) use table::{count, make, make_plain, needs};

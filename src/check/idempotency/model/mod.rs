//! A model of what a behaviour file promises about one correlation ID, and its
//! verdict over a sequence of calls.
//!
//! In: a [`History`]: who asked for what, what was answered, what was written.
//! Out: [`Violation`]s: what was promised, where, and what came instead. Pure;
//! knows nothing of requests. What the file leaves open allows everything, and
//! whatever may have happened unseen (a lost answer, a client that left, a job
//! nobody asked about) is a "maybe" that allows both.

mod history;
mod item;
mod judge;
mod read;
mod report;
mod verdict;

use history::{Answer, Asked, Attempt, Event, History, Written};
use judge::judge;
pub(super) use report::report;
pub(super) use verdict::Kind;
use verdict::Violation;

#[cfg(test)]
mod mutants;
#[cfg(test)]
mod reference;

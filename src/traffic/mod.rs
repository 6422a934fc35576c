//! Plans and cases as requests on the wire, and what came of them as events.
//!
//! In: a [`Case`](crate::generate::Case) or plans, and a proven target. Out:
//! exchanges, condensed records, latencies, what the ledger and the gateway's
//! rows say of a case. Requests go out through clients of our own; latency is
//! measured from the due instant. Knows nothing of check, report or stack.

mod aftermath;
mod armed;
mod attack;
#[cfg(test)]
mod attack_tests;
mod bisect;
mod by_hand;
mod callbacks;
mod client;
mod commit;
mod connection;
mod dress;
mod errand;
mod expression;
mod feed;
mod flood;
mod held;
#[cfg(test)]
mod held_tests;
mod hush;
mod journal;
mod location;
mod outgoing;
mod phase;
mod play;
mod player;
mod pool;
mod remote;
mod schedule;
mod sizes;
mod stubborn;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use attack::{AttackError, attack};
pub use client::{ANSWER_TIMEOUT, Client};
pub use player::{PlayError, Player};

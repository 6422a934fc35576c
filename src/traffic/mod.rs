//! Plans and cases as requests on the wire, and what came of them as events.
//!
//! In: a [`Case`](crate::generate::Case) or plans, and a proven target. Out:
//! exchanges, condensed records, latencies, what the ledger and the gateway's
//! rows say of a case. Requests go out through clients of our own; latency is
//! measured from the due instant. Knows nothing of check, report or stack.

mod armed;
mod cases;
mod commit;
mod connection;
mod load;
#[cfg(test)]
mod testing;

pub use cases::{PlayError, Player};
pub use connection::{ANSWER_TIMEOUT, Client};
pub use load::{AttackError, attack};

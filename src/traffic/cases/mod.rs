//! Cases, played one by one: their steps in order, then what the ledger, the
//! gateway's rows and the service's log hold of them.

mod aftermath;
mod bisect;
mod callbacks;
mod dress;
mod expression;
mod feed;
mod flood;
mod held;
#[cfg(test)]
mod held_tests;
mod journal;
mod play;
mod player;
mod sizes;
#[cfg(test)]
mod tests;

pub use player::{PlayError, Player};

//! Requests out, answers in: clients with one connection each, which is kept,
//! the leaner ones of the load path, and what is written byte by byte.

mod answers;
mod by_hand;
mod client;
mod direct;
mod limit;
mod line;
mod location;
mod open;
mod outgoing;
mod pool;
mod shared;
mod shot;
mod streams;
#[cfg(test)]
mod streams_tests;
mod stubborn;
#[cfg(test)]
mod tests;

pub(in crate::traffic) use by_hand::ByHand;
pub(in crate::traffic) use client::refused;
pub use client::{ANSWER_TIMEOUT, Client};
pub(in crate::traffic) use direct::Draft;
pub(in crate::traffic) use line::{Line, drafted, field, write_field};
pub(in crate::traffic) use location::follow;
pub(in crate::traffic) use outgoing::Outgoing;
pub(in crate::traffic) use pool::Pool;
pub(in crate::traffic) use shot::{Shot, tier};
pub(in crate::traffic) use streams::Streams;

//! Requests out, answers in: clients with one connection each, which is kept,
//! and what is written byte by byte.

mod by_hand;
mod client;
mod location;
mod open;
mod outgoing;
mod pool;
mod stubborn;

pub(in crate::traffic) use by_hand::ByHand;
pub use client::{ANSWER_TIMEOUT, Client};
pub(in crate::traffic) use client::{Shot, prepared, refused};
pub(in crate::traffic) use location::follow;
pub(in crate::traffic) use outgoing::Outgoing;
pub(in crate::traffic) use pool::{KEPT, Pool};

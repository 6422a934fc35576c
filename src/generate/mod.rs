//! From a contract and a seed to cases: what to try, and what the contract
//! promises for it.
//!
//! In: a [`Contract`](crate::contract::Contract), a seed, a nonce, values that
//! exist. Out: [`Case`]s — conforming, boundary and violating payloads whose
//! labels are proven on what goes over the wire, and sequences (probes) that
//! the behaviour file calls for. Each case can be made alone from its key.
//! Knows nothing of traffic, check or stack.

mod broken;
mod canonical;
mod case;
mod error;
mod expectation;
mod generators;
mod key;
mod linked;
mod make;
mod on_the_wire;
mod payload;
mod plan;
mod pools;
mod probes;
mod recorded;
pub mod schema;
mod search;
pub mod sequence;
pub mod shrink;
pub mod strategy;

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod odd_tests;

pub use case::{Call, Caller, Case, Expect, Item, Label, Manner, Need, Step, Via};
pub use error::{CouldNotMake, Obstacle};
pub use generators::{CallOptions, Generators, Oversized};
pub use key::{CaseKey, CaseKind, Nonce, Probe, Seed, ShrinkPath};
pub use linked::{Fill, FillPlace, Linked, expressed};
pub use on_the_wire::{OnTheWire, Wanted};
pub(crate) use payload::{WORKBOOK, cells_of_workbook};
pub use plan::Payloads;
pub use pools::Pools;
pub use recorded::{Stale, request_digest};
pub(crate) use search::added;
pub use search::{Knob, Search};

pub use crate::wire::{Dress, TokenKind};

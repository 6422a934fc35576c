//! `behaviour.yaml`: what a contract promises and OpenAPI can't say.
//!
//! In: the text of a behaviour file. Out: [`Behaviour`], each promise findable
//! by JSON Pointer ([`Behaviour::place`]); or all of its faults at once. The
//! embedded stack never reads this module: an emulator and a judge that share
//! a reading share its mistakes.

mod amount;
mod declared;
mod effect;
mod load;
mod model;
mod outcome;
mod promise;
mod selector;
mod word;

#[cfg(test)]
mod tests;

pub use effect::{CorrelationCarrier, Effects, OnInvalid, Once, Pool, PoolSource};
pub use model::{
    AfterSunset, Behaviour, Correlation, DataPath, ErrorShape, ErrorType, Idempotency, Identity, Lifecycle,
    LifecycleStatus, Limits, Objective, OtherContent, Quota, Rate, Retry, Role, RunningPolicy, SameContent, Scope,
    Throttling, ThrottlingPer, TypeName,
};
pub use selector::Selector;

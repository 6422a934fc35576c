//! `behaviour.yaml`: what a contract promises and OpenAPI can't say.
//!
//! In: the text of a behaviour file. Out: [`Behaviour`], each promise findable
//! by JSON Pointer ([`Behaviour::place`]); or all of its faults at once. The
//! embedded stack never reads this module: an emulator and a judge that share
//! a reading share its mistakes.

mod amount;
mod callback;
mod data;
mod declared;
mod effect;
mod job;
mod load;
mod model;
mod outcome;
mod pool;
mod promise;
mod selector;
mod word;

#[cfg(test)]
mod schema_tests;
#[cfg(test)]
mod tests;

pub use callback::{Callback, Determinism, Jobs, Resend, Statuses};
pub use data::{Called, DataCall, Pool, PoolSource};
pub use effect::{Commits, CorrelationCarrier, Effects, Manners, OnInvalid, Once, Reads, Tracking};
pub use model::{
    AfterSunset, Behaviour, Correlation, DataPath, ErrorShape, ErrorType, Idempotency, Identity, Lifecycle,
    LifecycleStatus, Limits, Objective, OtherContent, Quota, Rate, Retry, Role, RunningPolicy, SameContent, Scope,
    Sizes, Throttling, ThrottlingPer, TypeName,
};
pub use selector::Selector;

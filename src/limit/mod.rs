//! Rate limits, quotas and concurrency as pure state machines.
//!
//! In: a limit, an instant, how much a call counts. Out: admitted with what is
//! left, or refused with the whole seconds until a call is admitted. One code
//! for the gateway, flows and simulators, exact unless [`Throttling`] asks for
//! what the platform does. [`Table`] holds the counters of a million keys.
//! Knows neither sockets nor clocks: the time is an argument.

mod breaker;
mod bucket;
mod concurrency;
mod counter;
mod log;
mod quota;
mod rate;
mod service_protection;
mod table;
mod throttling;

pub use breaker::{Breaker, BreakerRule, Outcome};
pub use bucket::TokenBucket;
pub use concurrency::Concurrency;
pub use counter::RateCounter;
pub use quota::{Exhausted, FixedWindow, Quota, Volume};
pub use rate::{Rate, Refused, SlidingWindow};
pub use service_protection::{
    Admission, Entitlement, Entitlements, ProtectionLimit, ProtectionRules, ServiceProtection, Standing, Used,
};
pub use table::{Reading, SEPARATOR, Table, Window};
pub use throttling::{Algorithm, Throttling, Turn};

//! Rate limits, quotas and concurrency as pure state machines.
//!
//! In: a limit, an instant, how much a call counts. Out: admitted with what is
//! left, or refused with the whole seconds until a call is admitted. One code
//! for the gateway, flows and simulators. Knows neither sockets nor clocks: the
//! time is an argument.

mod concurrency;
mod quota;
mod rate;
mod service_protection;

pub use concurrency::Concurrency;
pub use quota::{FixedWindow, Quota};
pub use rate::{Rate, Refused, SlidingWindow};
pub use service_protection::{Admission, ServiceProtection};

//! Power Automate as an HTTP client, pure: retry policy, header fields, the
//! birth of the correlation ID, polling of accepted work.
//!
//! In: a policy, an answer, an instant, a source of randomness. Out: how long
//! to wait, what to send, where to ask again. What is said here is Microsoft's
//! documentation, as far as it goes; where it is silent, the choice is a
//! parameter. Knows neither sockets nor clocks.

mod correlation;
mod headers;
mod polling;
mod retry;

pub use correlation::CorrelationBirth;
pub use headers::{Action, FlowRun, Workflow};
pub use polling::{DEFAULT_POLL_INTERVAL, Poll, next_poll};
pub use retry::{RetryAfterHandling, RetryKind, RetryPolicy, is_retried, retry_after};

use std::time::Duration;

/// How long an action waits for an answer before it counts as timed out, in
/// the clock's time (Power Automate, limits of outbound synchronous requests).
pub const OUTBOUND_TIMEOUT: Duration = Duration::from_mins(2);

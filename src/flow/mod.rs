//! Power Automate, pure: a flow's definition and its runs; as an HTTP client
//! its retry policy, header fields, the birth of the correlation ID, polling of
//! accepted work.
//!
//! In: a definition, answers, instants, a seed. Out: what begins, what to send,
//! how long to wait, where to ask again. What is said here is Microsoft's
//! documentation, as far as it goes; where it is silent, the choice is a
//! parameter. Knows neither sockets nor clocks.

mod correlation;
mod definition;
pub mod expression;
mod headers;
mod mix;
mod pace;
mod pages;
mod parts;
mod polling;
mod profile;
mod retry;
mod run;

pub use correlation::{CorrelationBirth, is_own};
pub use definition::{After, CallAction, Circle, Definition, Kind, Node, Status, Statuses, Until};
pub use headers::{Action, CONNECTOR_KEEPS, FlowRun, HeaderSet, Workflow, is_removed};
pub use mix::mix;
pub use pace::Pace;
pub use pages::{Page, next_page};
pub use parts::{NextPart, Part, USUAL_PART, next_part};
pub use polling::{DEFAULT_POLL_INTERVAL, Poll, next_poll};
pub use profile::Profile;
pub use retry::{RetryAfterHandling, RetryKind, RetryPolicy, is_retried, retry_after};
pub use run::{Answered, Begin, Run, Spot, What};

use std::time::Duration;

/// How long an action waits for an answer before it counts as timed out, in
/// the clock's time (Power Automate, limits of outbound synchronous requests).
pub const OUTBOUND_TIMEOUT: Duration = Duration::from_mins(2);

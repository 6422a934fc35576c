//! What a probe is told, and what it asks for.

use std::time::Duration;

use crate::clock::Timestamp;

/// What came of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What the shared clock showed when it was sent.
    pub sent_at: Timestamp,
    /// The status; `None`: no answer.
    pub status: Option<u16>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
}

impl Answer {
    /// Whether the call was refused for its rate (429) or a quota (403 with
    /// `Retry-After`).
    pub fn is_refused(&self) -> bool {
        self.status == Some(429) || (self.status == Some(403) && self.retry_after.is_some())
    }
}

/// How far a probe goes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most calls that are sent in one go without being refused.
    pub most: u64,
    /// The longest wait that is obeyed.
    pub longest_wait: Duration,
    /// Around an instant that a `Retry-After` names, on the shared clock: how
    /// late a call may be on its way.
    pub margin: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { most: 5000, longest_wait: Duration::from_mins(10), margin: Duration::from_millis(500) }
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send a call now.
    Send,
    /// Wait until the shared clock shows this, and ask again.
    Wait(Timestamp),
    /// It is over: make the report.
    Done,
}

//! One request and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Request, Response};
use crate::clock::Timestamp;

/// One request and what came of it, with four instants in real time since the
/// run began.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// What was sent.
    pub request: Request,
    /// The answer, or why there is none.
    pub outcome: Result<Response, Failure>,
    /// From 1; a retry by the flow's policy counts up.
    pub attempt: u32,
    /// When it should have been sent. Latency runs from here.
    pub due: Duration,
    /// When its first byte was handed to the connection.
    pub sent: Duration,
    /// When the answer's header fields were complete.
    pub headers: Option<Duration>,
    /// When the answer was complete, or the failure was known.
    pub done: Duration,
    /// What the shared clock showed when it was sent.
    pub sent_at: Timestamp,
    /// What the shared clock showed when it was done.
    pub done_at: Timestamp,
    /// Who answered, where that can be told.
    pub tier: Option<Tier>,
}

impl Exchange {
    /// The status, where there is an answer.
    pub fn status(&self) -> Option<u16> {
        self.outcome.as_ref().ok().map(|r| r.status)
    }

    /// The answer, where there is one.
    pub fn response(&self) -> Option<&Response> {
        self.outcome.as_ref().ok()
    }

    /// From due to done: what a waiting flow feels.
    pub fn latency(&self) -> Duration {
        self.done.saturating_sub(self.due)
    }

    /// From sent to done: the uncorrected twin.
    pub fn service_time(&self) -> Duration {
        self.done.saturating_sub(self.sent)
    }
}

/// Who answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// API Management.
    Gateway,
    /// The service behind it.
    Service,
    /// Dataverse.
    Dataverse,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// The words of whoever noticed.
    pub detail: String,
}

/// An error with its causes: clients hide the telling one.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Kinds of missing answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// The client waited as long as it was told to.
    Timeout,
    /// The connection ended before the answer was complete.
    Reset,
    /// What came is no HTTP.
    Protocol,
    /// The address is not allowed for this environment.
    Refused,
    /// The client closed the connection before an answer came, as it was meant
    /// to.
    Left,
}

impl FailureKind {
    /// In plain words, e.g. `connection reset`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "no connection",
            Self::Timeout => "timeout",
            Self::Reset => "connection reset",
            Self::Protocol => "no HTTP",
            Self::Refused => "address not allowed",
            Self::Left => "the client left",
        }
    }
}

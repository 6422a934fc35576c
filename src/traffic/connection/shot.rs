//! One request on the wire, and what came of it.

use std::time::{Duration, Instant};

use super::answers::Answer;
use crate::clock::Timestamp;
use crate::target::Target;
use crate::wire::{Exchange, Failure, FailureKind, Fields, Request, Response, Tier};

/// An exchange before it is a plain value.
#[derive(Debug)]
pub(in crate::traffic) struct Shot {
    pub(in crate::traffic) outcome: Result<Answer, Failure>,
    /// When its first byte was handed to the connection, in real time since the
    /// run began.
    pub(in crate::traffic) sent: Duration,
    /// What the shared clock showed then.
    pub(in crate::traffic) sent_at: Timestamp,
    /// When the answer was complete, or the failure was known.
    pub(in crate::traffic) done: Duration,
    /// What the shared clock showed then.
    pub(in crate::traffic) done_at: Timestamp,
}

impl Shot {
    /// What came of a request since it was sent.
    pub(super) fn since(
        (sent, sent_at): (Duration, Timestamp),
        outcome: Result<Answer, Failure>,
        target: &Target,
    ) -> Self {
        let (done, done_at) = now(target);
        Self { outcome, sent, sent_at, done, done_at }
    }

    /// What can't be sent.
    pub(in crate::traffic) fn unsent(failure: Failure, target: &Target) -> Self {
        Self::since(now(target), Err(failure), target)
    }

    /// As a plain value.
    pub(in crate::traffic) fn exchange(
        self,
        request: Request,
        (due, attempt): (Duration, u32),
        target: &Target,
    ) -> Exchange {
        let Self { outcome, sent, sent_at, done, done_at } = self;
        let headers = outcome.as_ref().ok().map(|answer| answer.headers_at.saturating_duration_since(target.began));
        let tier = outcome.as_ref().ok().and_then(|answer| tier(&answer.fields, target));
        let outcome = outcome.map(Response::from);
        Exchange { request, outcome, attempt, due, sent, headers, done, sent_at, done_at, tier }
    }
}

/// Who answered, where that can be told.
pub(in crate::traffic) fn tier(fields: &Fields, target: &Target) -> Option<Tier> {
    let marker = target.service_marker.as_ref()?;
    Some(if fields.get(marker).is_some() { Tier::Service } else { Tier::Gateway })
}

/// Now, in real time since the run began and by the shared clock.
pub(super) fn now(target: &Target) -> (Duration, Timestamp) {
    told(Instant::now(), target)
}

/// An instant that is now or was a moment ago, told like that.
pub(super) fn told(instant: Instant, target: &Target) -> (Duration, Timestamp) {
    (instant.saturating_duration_since(target.began), target.clock.at(instant))
}

/// No answer came in time. `leaves`: the client went away then.
pub(super) fn late(timeout: Duration, leaves: bool) -> Failure {
    let detail = format!("no answer within {}", crate::clock::format_duration(timeout));
    Failure { kind: if leaves { FailureKind::Left } else { FailureKind::Timeout }, detail }
}

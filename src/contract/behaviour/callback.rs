//! What is promised to whom the service calls, about jobs, and about answers
//! that have to repeat themselves.

use std::time::Duration;

use super::{Selector, TypeName};
use crate::contract::id::ContractId;
use crate::diagnose::Place;

/// `callback`, in a file with `role: consumer`: how the tested service calls
/// this API when a job of another contract ends.
#[derive(Clone, Debug)]
pub struct Callback {
    /// `of`: the contract whose jobs end here.
    pub of: ContractId,
    /// `operation`: the operation of that contract which begins such a job;
    /// `None`: each that answers 202.
    pub operation: Option<String>,
    /// `once_per`: what identifies the job in the call. A call that was
    /// accepted is never sent again for the same one.
    pub once_per: Selector,
    /// `accepted`: the answers that end it; 2xx where nothing is said.
    pub accepted: Vec<Statuses>,
    /// `resend`: after these the same call is sent again, with the same
    /// content; empty: nothing is promised.
    pub resend: Vec<Resend>,
    /// `address: configured`: where it is sent is the service's configuration;
    /// nothing in a request changes it.
    pub address_configured: bool,
    /// `within`: it is sent within this time of the job's end.
    pub within: Option<Duration>,
}

impl Callback {
    /// Whether this answer accepts the call.
    pub fn accepts(&self, status: u16) -> bool {
        self.accepted.iter().any(|s| s.contain(status))
    }

    /// Whether the call is promised again after this answer; `None`: after none
    /// at all.
    pub fn is_sent_again(&self, status: Option<u16>) -> bool {
        self.resend.iter().any(|after| match (after, status) {
            (Resend::LostAnswer, None) => true,
            (Resend::Status(statuses), Some(status)) => statuses.contain(status),
            _ => false,
        })
    }
}

/// One of `callback.resend`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resend {
    /// `lost_answer`: no answer came.
    LostAnswer,
    /// `429` or `5xx`.
    Status(Statuses),
}

/// A status, or a class of them: `429`, `5xx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// One.
    Exact(u16),
    /// All that begin with this digit.
    Class(u16),
}

impl Statuses {
    /// Reads `429` or `5xx`.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(class) = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX")) {
            return class.parse().ok().filter(|class| (1..=5).contains(class)).map(Self::Class);
        }
        text.parse().ok().filter(|status| (100..=599).contains(status)).map(Self::Exact)
    }

    /// Whether a status is among them.
    pub fn contain(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => status == exact,
            Self::Class(class) => status / 100 == class,
        }
    }
}

impl std::fmt::Display for Statuses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(status) => write!(f, "{status}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

/// `determinism`: calls that are the same in some places are answered the same
/// in some places, whatever their ID.
#[derive(Clone, Debug)]
pub struct Determinism {
    /// `operation`: which; `None`: each whose requests have these places.
    pub operation: Option<String>,
    /// `same`: these places of the request decide.
    pub same: Vec<Selector>,
    /// `gives`: these places of the answer follow.
    pub gives: Vec<Selector>,
    /// Where it stands.
    pub place: Place,
}

/// `jobs`: what is promised about work that goes on after a 202.
#[derive(Clone, Debug)]
pub struct Jobs {
    /// `status`: where the job's state stands in an answer to a poll.
    pub status: Selector,
    /// `ends`: the states that are final.
    pub ends: Vec<String>,
    /// `failed`: those of them that mean failure.
    pub failed: Vec<String>,
    /// `failure`: where a failed job names its declared failure type.
    pub failure: Option<Selector>,
    /// `location`: where the 202 says how to poll: a header field, or a place
    /// of the body.
    pub location: Selector,
    /// `queue.full`: the type that answers a job for which there is no room.
    pub queue_full: Option<TypeName>,
    /// `queue.size`: how many jobs may wait, where that is promised.
    pub queue_size: Option<u64>,
    /// `poll_at_least`: the smallest `Retry-After` of a job that still runs;
    /// who polls at that pace is not refused.
    pub poll_at_least: Option<Duration>,
    /// `ends_within`: each job comes to an end within this time.
    pub ends_within: Option<Duration>,
}

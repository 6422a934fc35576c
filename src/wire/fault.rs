//! A fault to inject into a tier, as a plain value.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// What the mocked Dataverse does wrong, for which requests, and how often. A
/// filter that is `None` matches everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Only for this table (collection name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Only for this method, e.g. `PATCH`; `None`: every write and read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only for requests that carry this correlation ID, in a header field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Only for this share of the requests that match, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// Pass so many matching requests before the first one is hit.
    #[serde(default)]
    pub after: u64,
    /// At most so many times; `None`: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// From this instant of the shared clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Until this instant of the shared clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Fault {
    /// A fault that hits everything, without end.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            table: None,
            method: None,
            correlation: None,
            share: None,
            after: 0,
            times: None,
            from: None,
            until: None,
        }
    }
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// 429 with `0x80072322` and this `Retry-After`.
    Throttled {
        /// Seconds.
        retry_after: u64,
    },
    /// 503.
    Unavailable,
    /// The answer comes this much later, in real time, after the commit.
    Slow {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// The connection is reset before anything is done.
    Reset,
    /// The write is committed, then the connection is reset.
    AnswerLost,
}

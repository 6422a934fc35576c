//! A fault to inject into a tier, as a plain value.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;

/// What a tier behind the service does wrong, for which requests, and how often.
/// A filter that is `None` matches everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: FaultKind,
    /// Who does it.
    #[serde(default, skip_serializing_if = "Downstream::is_dataverse")]
    pub tier: Downstream,
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
            tier: Downstream::Dataverse,
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

/// A tier behind the service, which can be told to fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Downstream {
    /// The mocked Dataverse.
    #[default]
    Dataverse,
    /// The stubbed endpoint of a model.
    Model,
    /// The HTTP trigger of a flow.
    Trigger,
}

impl Downstream {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    fn is_dataverse(&self) -> bool {
        *self == Self::Dataverse
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
    /// Once a row was read, somebody else sets one of its columns: whoever
    /// writes what he has read takes it back. Not part of the request itself.
    SomebodyElse {
        /// The column's logical name.
        column: String,
        /// What it is set to.
        value: String,
    },
    /// The answer breaks its own schema; of the model only, the others answer
    /// as ever.
    OffSchema,
}

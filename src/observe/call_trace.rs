//! What the gateway did with one call, policy by policy.

use serde::{Deserialize, Serialize};

use super::LastError;
use crate::clock::Timestamp;

/// One call at the gateway, with each policy that ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallTrace {
    /// Counts up, over all calls of a gateway, from 1.
    pub number: u64,
    /// The gateway's own id of the request (`context.RequestId`).
    pub request_id: String,
    /// The `X-Correlation-Id` that the client sent; empty without one.
    pub correlation_id: String,
    /// When it arrived, by the shared clock.
    pub arrived: Timestamp,
    /// The method.
    pub method: String,
    /// Path and query as they were called.
    pub path: String,
    /// The API's id; empty where none matched.
    pub api: String,
    /// The operation's id; empty where none matched.
    pub operation: String,
    /// The status that the client got; 0 where it had left.
    pub status: u16,
    /// From the first byte until the answer began, in microseconds of real
    /// time.
    pub micros: u64,
    /// Waiting for the backend, in microseconds of real time.
    pub backend_micros: u64,
    /// What went wrong last, if anything did.
    pub last_error: Option<LastError>,
    /// The policies in the order in which they began.
    pub steps: Vec<StepTrace>,
}

/// One policy that ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepTrace {
    /// Its name, e.g. `validate-jwt`.
    pub policy: String,
    /// `inbound`, `backend`, `outbound` or `on-error`.
    pub section: String,
    /// `global`, `product`, `api` or `operation`.
    pub scope: String,
    /// Where in the section, e.g. `choose[3]/when[2]/set-header[1]`.
    pub path: String,
    /// Where it stands: `file:line:column`.
    pub place: String,
    /// When it began, in microseconds after the call's first byte.
    pub began: u64,
    /// How long it took, in microseconds; what is inside of it counts for
    /// itself.
    pub micros: u64,
    /// The text of what it raised; empty where it raised nothing.
    pub raised: String,
}

/// Traces of a whole run as they lie in a file, from some position on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedTraces {
    /// Whole lines, each a call as JSON: a [`CallTrace`] whose steps are
    /// [`STEP_COLUMNS`]; or a policy, before the first call that came by it:
    /// its number as `statement`, and what a [`StepTrace`] says of it.
    pub lines: String,
    /// The position to go on from; where nothing follows yet, the same.
    pub next: u64,
    /// How many calls there were so far.
    pub calls: u64,
    /// How many of them have no line, for want of room.
    pub left_out: u64,
}

/// What the members of a recorded step are; the last is there only where the
/// policy raised something. Times are microseconds.
pub const STEP_COLUMNS: [&str; 4] = ["statement", "began", "micros", "raised"];

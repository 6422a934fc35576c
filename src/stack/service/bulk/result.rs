//! What the caller is told.

use std::fmt::Write as _;

use serde::Serialize;
use uuid::Uuid;

use super::super::call::Call;
use super::super::problem::{Answer, Fault};
use super::super::route::Contract;
use super::batch::{Batch, Entry, OnInvalid};

/// The name space of batch ids: a batch's id follows from the call, so the
/// same call gets the same id again.
const BATCHES: Uuid = Uuid::from_u128(0x5e8f_2f0a_91c4_4b60_8d1e_0c6a_b7d3_4f15);

/// The id of the batch that a call names by its ID and items.
pub(super) fn batch_id(contract: Contract, call: &Call, batch: &Batch) -> String {
    let skip = batch.on_invalid == OnInvalid::SkipInvalid;
    let step = call.step.as_deref().unwrap_or_default();
    let mut name = format!("{} {} {} {step} {skip}", contract.name(), call.principal, call.correlation);
    for entry in &batch.entries {
        match entry {
            Entry::Valid(record) => {
                let (id, content) = record.item();
                write!(name, "\n{:x} {:x}", id.0, content.0).expect("a String takes everything");
            }
            Entry::Invalid { sent, .. } => {
                name.push('\n');
                name.push_str(sent);
            }
        }
    }
    Uuid::new_v5(&BATCHES, name.as_bytes()).to_string()
}

/// A finished set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Completed<'a> {
    /// Which.
    pub(super) batch_id: &'a str,
    /// `completed`; in v2 also `failed`.
    pub(super) status: &'static str,
    /// Why it failed; v2 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failure_type: Option<&'static str>,
    /// How many records were updated.
    pub(super) updated: usize,
    /// How many were not; v2 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) failed: Option<usize>,
    /// What became of each.
    pub(super) records: Vec<RecordResult>,
}

/// What became of one record.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct RecordResult {
    /// Its identity as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<String>,
    /// Its place in the set; v2 only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<usize>,
    /// `updated`; in v2 also `invalid`, `conflict` or `failed`.
    pub(super) outcome: &'static str,
    /// The status that was set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<&'static str>,
    /// What is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<Fault>,
}

/// The status as it is echoed.
pub(super) fn echoed(status: Option<&'static str>, broken: bool) -> Option<&'static str> {
    match status {
        Some("on_hold") if broken => Some("onHold"),
        status => status,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pending<'a> {
    batch_id: &'a str,
    status: &'static str,
}

fn pending(id: &str, status: &'static str, location: String) -> Answer {
    let answer = Answer::json(202, &Pending { batch_id: id, status });
    Answer { retry_after: Some(1), location: Some(location), ..answer }
}

/// The set was taken and will be worked at.
pub(super) fn accepted(id: &str, location: String) -> Answer {
    pending(id, "accepted", location)
}

/// The set is being worked at.
pub(in super::super) fn running(id: &str, location: String) -> Answer {
    pending(id, "running", location)
}

//! How the service treats Dataverse: what it does with rows that others write,
//! with answers that are lost, and when it is asked for patience.

pub(super) mod double_create;
pub(super) mod duplicate_key;
pub(super) mod half_batch;
pub(super) mod lost_update;
pub(super) mod parallelism;
pub(super) mod partial_batch;
pub(super) mod patience;
pub(super) mod repeat_differs;
pub(super) mod retry_after_ignored;
pub(super) mod slept_past;
pub(super) mod standstill;
pub(super) mod throttle_as_failure;
mod told;

use std::time::Duration;

use crate::check::CaseSubject;
use crate::check::answer::was_throttled;
use crate::check::effect::names;
use crate::check::jobs::state::ended;
use crate::contract::behaviour::Behaviour;
use crate::generate::{Call, Case, Step};
use crate::observe::{CallRun, LedgerEntry, Outcome};
use crate::wire::{Downstream, Exchange, Fault, FaultKind, Tier};

/// The faults that a case arms at Dataverse.
fn armed(case: &Case) -> impl Iterator<Item = &Fault> {
    case.steps.iter().filter_map(|step| match step {
        Step::Inject(fault) if fault.tier == Downstream::Dataverse => Some(fault),
        _ => None,
    })
}

/// The one throttle that a case arms, where it arms nothing else: its wait and
/// how often it asks for it at most.
fn throttle(case: &Case) -> Option<(Duration, Option<u64>)> {
    let mut armed = armed(case);
    let only = armed.next()?;
    let FaultKind::Throttled { retry_after } = only.kind else { return None };
    armed.next().is_none().then_some((Duration::from_secs(retry_after), only.times))
}

/// Whether calls of a case go on beside each other, or behind one that nobody
/// waits for any more: then whose an attempt is can't be told.
fn overlaps(case: &Case) -> bool {
    let leaves = case.calls().any(|call| call.manner.leaves.is_some() || call.manner.retries > 0);
    let beside = case.steps.iter().any(|step| {
        matches!(
            step,
            Step::Together(_)
                | Step::Unfollowed(_)
                | Step::WhileHeld(_)
                | Step::Flood { .. }
                | Step::Restart
                | Step::Follow(_)
        )
    });
    leaves || beside
}

/// What a call asked Dataverse to write while it was served, attempts included.
fn asked<'a>(subject: &CaseSubject<'a>, call: &Call, run: &CallRun) -> Vec<&'a LedgerEntry> {
    let (Some(id), Some(first), Some(last)) = (&call.correlation, run.exchanges.first(), run.result()) else {
        return Vec::new();
    };
    let served = first.sent_at..=last.done_at;
    let own = subject.run.ledger.iter().filter(|entry| !entry.is_somebody_elses());
    own.filter(|entry| served.contains(&entry.at) && names(entry, id)).collect()
}

/// Whether Dataverse asked for patience.
fn is_throttled(entry: &LedgerEntry) -> bool {
    matches!(entry.outcome, Outcome::Refused { status: 429, .. })
}

/// Whether Dataverse said that the row is there already, or is another one by
/// now (reference A5, A9).
fn is_known_already(entry: &LedgerEntry) -> bool {
    const CODES: [&str; 4] = ["0x80040237", "0x80060892", "0x80060891", "0x80060882"];
    match &entry.outcome {
        Outcome::Refused { status, code } => {
            matches!(status, 409 | 412) || CODES.iter().any(|known| code.eq_ignore_ascii_case(known))
        }
        Outcome::Committed => false,
    }
}

/// The answer by which a call failed, of whatever the service itself said; a
/// job that ended so counts.
fn failed<'r>(behaviour: &Behaviour, run: &'r CallRun) -> Option<&'r Exchange> {
    if let Some(jobs) = &behaviour.jobs
        && let Some((exchange, _, state)) = ended(jobs, run)
    {
        return jobs.failed.contains(&state).then_some(exchange);
    }
    let result = run.result()?;
    let by_service = result.tier != Some(Tier::Gateway) && !was_throttled(result);
    (by_service && result.status().is_some_and(|status| status >= 400)).then_some(result)
}

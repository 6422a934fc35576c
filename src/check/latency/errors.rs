//! `latency/errors`.

use std::collections::HashMap;
use std::sync::Arc;

use super::ground::{Offered, offered};
use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::{Objective, RunningPolicy};
use crate::generate::Need;
use crate::observe::CallRecord;

pub(in crate::check) const CHECK: Check = Check {
    id: "latency/errors",
    family: Family::Latency,
    title: "the share of failed calls stays within the objective",
    explanation: "At the objective's rate or more, no larger share of the calls than declared fails: no answer, or \
        5xx. Throttled calls, those that the contract promises to refuse, and duplicates that are told that the same \
        still runs, as it promises, don't count. Judged where no fault was injected; the allowed number is rounded up, so that one failure alone is never too many.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Load],
    judge: Judge::Phase(judge),
};

/// How many failed calls are shown.
const SHOWN: usize = 5;

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if subject.interim || !subject.run.faults.is_empty() {
        return false;
    }
    let mut concerned = false;
    for contract in subject.contracts {
        for objective in contract.behaviour.iter().flat_map(|b| &b.objectives) {
            if let (Offered::Enough, Some(bound)) = (offered(subject, contract, objective), objective.errors) {
                concerned |= judge_share(subject, contract, (objective, bound), found);
            }
        }
    }
    concerned
}

fn judge_share(
    subject: &PhaseSubject<'_>,
    contract: &Contract,
    (objective, bound): (&Objective, f64),
    found: &mut Vec<Finding>,
) -> bool {
    let from = subject.run.measured_from();
    let counted = |record: &&CallRecord| {
        record.contract == contract.id && !record.refusable && record.status != Some(429) && record.due >= from
    };
    let (mut count, mut failures, mut first) = (0, 0, Vec::new());
    for part in subject.run.parts() {
        let calls: Vec<&CallRecord> = part.calls.iter().filter(counted).collect();
        let mut failed: Vec<&CallRecord> =
            calls.iter().copied().filter(|r| r.failure.is_some() || r.status.is_some_and(|s| s >= 500)).collect();
        leave_out_running(contract, &calls, &mut failed);
        (count, failures) = (count + calls.len() as u64, failures + failed.len() as u64);
        first.extend(failed.into_iter().take(SHOWN - first.len().min(SHOWN)).cloned());
    }
    let share = failures as f64 / count.max(1) as f64;
    // One failure among a few calls says nothing about one in a thousand.
    let allowed = (bound * count as f64).ceil();
    if failures as f64 > allowed {
        let mut finding = subject.finding(
            &CHECK,
            Some(&contract.id),
            Claim {
                what: subject.run.scenario.to_string(),
                title: format!("{}: more calls failed than the objective allows", subject.run.scenario),
                expected: format!("at most {:.3} % at {} calls a second", bound * 100.0, objective.at),
                actual: format!("{:.3} %: {failures} of {count}", share * 100.0),
                place: Some(objective.place.clone()),
            },
        );
        finding.occurrences = failures;
        for record in &first {
            let what = record.status.map_or_else(|| format!("{:?}", record.failure), |s| s.to_string());
            finding.evidence.lines.push(format!("{} {}: {what}", record.sent_at, record.operation));
        }
        found.push(finding);
    }
    count > 0
}

/// Takes out those that are answered as the contract promises a duplicate while
/// the same runs, and the same was under way then.
fn leave_out_running(contract: &Contract, calls: &[&CallRecord], failed: &mut Vec<&CallRecord>) {
    let behaviour = contract.behaviour.as_deref();
    let promised = behaviour.and_then(|b| match b.idempotency.as_ref()?.while_running.as_ref()? {
        RunningPolicy::Type(name) => Some(b.error(name)?.status),
        _ => None,
    });
    let Some(promised) = promised else { return };
    let mut alike: HashMap<Arc<str>, Vec<&CallRecord>> = HashMap::new();
    for refused in failed.iter().filter(|record| record.status == Some(promised)) {
        alike.extend(refused.correlation.clone().map(|correlation| (correlation, Vec::new())));
    }
    for call in calls {
        if let Some(same) = call.correlation.as_ref().and_then(|correlation| alike.get_mut(correlation)) {
            same.push(call);
        }
    }
    failed.retain(|record| {
        let under_way = |other: &&&CallRecord| {
            other.operation == record.operation && other.sent < record.done && other.done > record.sent
        };
        let same = record.correlation.as_ref().and_then(|correlation| alike.get(correlation));
        // One of them is the call itself.
        record.status != Some(promised) || same.is_none_or(|same| same.iter().filter(under_way).count() < 2)
    });
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{phase, phase_findings, record, with_behaviour};
    use crate::observe::CallRecord;

    fn found(change: impl Fn(u64, &mut CallRecord)) -> usize {
        let calls = (0..400).map(|i| {
            let mut call = record(i, i * 20);
            change(i, &mut call);
            call
        });
        phase_findings(&super::CHECK, &with_behaviour(), &phase(calls.collect(), vec![])).len()
    }

    #[test]
    fn too_large_a_share_is_found() {
        assert_eq!(
            found(|i, call| if i % 50 == 0 {
                call.status = Some(500);
            }),
            1
        );
        assert_eq!(
            found(|i, call| if i % 200 == 0 {
                call.status = Some(500);
            }),
            0
        );
    }

    #[test]
    fn a_duplicate_is_not_failed_that_is_told_that_the_same_runs() {
        let twice = |apart: u64| {
            found(|i, call| {
                let first = i / 2 * 40;
                let began = Duration::from_millis(first + apart * (i % 2));
                (call.sent, call.done) = (began, began + Duration::from_millis(30));
                call.correlation = Some(format!("of-{}", i / 2).into());
                call.status = Some(if i % 8 == 1 { 503 } else { 200 });
            })
        };
        assert_eq!(twice(10), 0);
        assert_eq!(twice(35), 1, "the first is over by then");
    }

    #[test]
    fn throttled_and_refusable_calls_are_not_failed() {
        assert_eq!(
            found(|i, call| if i % 2 == 0 {
                call.status = Some(429);
            }),
            0
        );
        assert_eq!(
            found(|i, call| if i % 10 == 0 {
                (call.status, call.refusable) = (Some(500), true);
            }),
            0
        );
    }
}

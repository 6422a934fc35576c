//! `forward-timeout`: the gateway answers before a flow gives up.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::steps;
use crate::policy::policies::{ForwardRequest, Retry};
use crate::policy::statement::{Action, Given};

pub(super) const RULE: Rule = Rule {
    name: "forward-timeout",
    means: "The backend has less time than the 120 s after which a flow gives up, retries included.",
    why: "Whoever gave up sends the call again, and nobody hears what the first one did.",
    check: Check::Effective(check),
};

/// After so many seconds a flow gives up.
const PATIENCE: f64 = 120.0;

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for step in subject.all_steps() {
        let place = &step.statement.place;
        match &step.statement.action {
            Action::ForwardRequest(policy) => {
                if let Some(seconds) = seconds(policy).filter(|s| *s >= PATIENCE) {
                    let what = format!("the backend may take {seconds} s");
                    findings.add(place, what, "set `timeout` below 120, e.g. to 100");
                }
            }
            Action::Retry(policy) => {
                if let Some(seconds) = longest(policy).filter(|s| *s >= PATIENCE) {
                    let what = format!("with its retries the backend may take {seconds} s");
                    findings.add(place, what, "make `timeout`, `count` or `interval` smaller");
                }
            }
            _ => {}
        }
    }
}

fn seconds(policy: &ForwardRequest) -> Option<f64> {
    let amount = *policy.timeout_ms.fixed()? as f64;
    Some(if policy.in_seconds { amount } else { amount / 1000.0 })
}

/// How long all tries may take together, where each alone is short enough.
fn longest(policy: &Retry) -> Option<f64> {
    let (count, interval) = (*policy.count.fixed()? as f64, *policy.interval.fixed()? as f64);
    let each: f64 = steps(&policy.statements)
        .iter()
        .filter_map(|step| match &step.statement.action {
            Action::ForwardRequest(policy) => seconds(policy),
            _ => None,
        })
        .sum();
    let fast = matches!(policy.first_fast_retry, Given::Fixed(true));
    let waits = if fast { count - 1.0 } else { count };
    (each > 0.0 && each < PATIENCE).then_some(each * (count + 1.0) + interval * waits)
}

//! `retry-load`: what retries make of a limit.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::steps;
use crate::policy::policies::Retry;
use crate::policy::statement::{Action, Section};

pub(super) const RULE: Rule = Rule {
    name: "retry-load",
    means: "The gateway repeats no calls of the backend.",
    why: "Flows retry by themselves: each layer multiplies what a limit lets through, when the backend is weakest.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let inbound = subject.steps(Section::Inbound);
    let rate = inbound.iter().find_map(|step| match &step.statement.action {
        Action::RateLimitByKey(policy) => Some((*policy.calls.fixed()?, *policy.renewal_period.fixed()?)),
        _ => None,
    });
    for step in subject.all_steps() {
        let Action::Retry(policy) = &step.statement.action else { continue };
        let Some(times) = times(policy) else { continue };
        let what = match rate {
            Some((calls, period)) => {
                format!("a limit of {calls} calls in {period} s lets {} reach the backend", calls.saturating_mul(times))
            }
            None => format!("one call may reach the backend {times} times"),
        };
        findings.add(&step.statement.place, what, "leave retries to the caller, who has the deadline");
    }
}

/// How often one call may reach the backend.
fn times(policy: &Retry) -> Option<i64> {
    let inside = steps(&policy.statements);
    let calls = inside.iter().any(|step| step.statement.policy == "forward-request");
    (calls).then(|| policy.count.fixed().map(|count| count + 1)).flatten()
}

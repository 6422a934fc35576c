//! Violations as findings.

use super::Kind;
use super::read::{told, violations};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Finding};
use crate::observe::CallRun;

/// Reports what the model says of these kinds: one finding for each kind and
/// role. Gives whether the case was judged at all.
pub(in crate::check::idempotency) fn report(
    check: &Check,
    kinds: &[Kind],
    subject: &CaseSubject<'_>,
    found: &mut Vec<Finding>,
) -> bool {
    let (Some(violations), Some(behaviour)) = (violations(subject), subject.behaviour()) else { return false };
    let mut told_before = Vec::new();
    for violation in violations.iter().filter(|violation| kinds.contains(&violation.kind)) {
        if told_before.contains(&(violation.kind, violation.role)) {
            continue;
        }
        told_before.push((violation.kind, violation.role));
        let shown = subject.run.calls.iter().find(|run| run.call == violation.call).and_then(CallRun::result);
        let item = violation.item.as_ref().map(|item| format!(" (item {item})")).unwrap_or_default();
        let claim = Claim {
            what: format!("{:?} {}", violation.kind, violation.role),
            title: format!("in a sequence the call `{}` {}", violation.role, violation.kind.title()),
            expected: violation.expected.clone(),
            actual: format!("call {}{item}: {}", violation.call + 1, violation.actual),
            place: Some(behaviour.place(violation.kind.pointer())),
        };
        let mut finding = subject.finding(check, shown, claim);
        finding.evidence.lines = told(subject, violation);
        found.push(finding);
    }
    true
}

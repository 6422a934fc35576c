//! `error-shape`: callers read one shape of errors.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{steps, text};
use crate::policy::policies::{ReturnResponse, SetField};
use crate::policy::statement::{Action, Given, Section};

pub(super) const RULE: Rule = Rule {
    name: "error-shape",
    means: "Every error that the gateway makes is a problem document (RFC 9457).",
    why: "A flow that has to read several shapes reads none, and retries what it should not.",
    check: Check::Effective(check),
};

const PROBLEM: &str = "application/problem+json";

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let on_error = subject.steps(Section::OnError);
    if on_error.is_empty() {
        let remedy = "make the answer in on-error, with `return-response`";
        findings.add(&subject.place, "errors have the platform's own shape: on-error is empty", remedy);
    } else if !on_error.iter().any(|step| matches!(&step.statement.action, Action::SetHeader(f) if is_problem(f))) {
        let first = on_error.first().map(|step| step.statement);
        let remedy = format!("set Content-Type to {PROBLEM} and the body to a problem document");
        findings.add(subject.place_of(first), "on-error makes no problem document", remedy);
    }
    for step in subject.all_steps() {
        if let Action::ReturnResponse(policy) = &step.statement.action
            && let Some(status) = failure(policy)
            && !steps(&policy.children)
                .iter()
                .any(|inner| matches!(&inner.statement.action, Action::SetHeader(f) if is_problem(f)))
        {
            let what = format!("the answer {status} is no problem document");
            let remedy = format!("set Content-Type to {PROBLEM} and the body to a problem document");
            findings.add(&step.statement.place, what, remedy);
        }
    }
}

fn is_problem(field: &SetField) -> bool {
    text(&field.name).eq_ignore_ascii_case("Content-Type") && field.values.iter().any(|v| text(v).contains(PROBLEM))
}

/// The status of an answer that is written out as an error.
fn failure(policy: &ReturnResponse) -> Option<i64> {
    policy.children.iter().find_map(|child| match &child.action {
        Action::SetStatus(status) => match status.code {
            Given::Fixed(code) if code >= 400 => Some(code),
            _ => None,
        },
        _ => None,
    })
}

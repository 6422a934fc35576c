//! `correlation-demanded`: every call says which run it belongs to.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{always, headers_read, text};
use crate::policy::statement::{Action, Given, Section, Statement};

pub(super) const RULE: Rule = Rule {
    name: "correlation-demanded",
    means: "A call without a correlation ID is refused.",
    why: "Without one nobody can tell which run of a flow a row of the log belongs to.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !always(subject.effective.section(Section::Inbound), &demands) {
        let remedy = "put `check-header` with `name=\"X-Correlation-Id\"` into inbound";
        findings.add(&subject.place, "no correlation ID is demanded", remedy);
    }
}

fn demands(statement: &Statement) -> bool {
    match &statement.action {
        Action::CheckHeader(policy) => is_correlation(text(&policy.name)),
        Action::Choose(policy) => policy.branches.iter().any(|(condition, inner)| match condition {
            Given::Fixed(_) => false,
            Given::Expression(expression) => {
                headers_read(&expression.text).iter().any(|name| is_correlation(name))
                    && inner.iter().any(|s| matches!(s.action, Action::ReturnResponse(_)))
            }
        }),
        _ => false,
    }
}

/// Whether a header field says which run a call belongs to, by its name.
fn is_correlation(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["correlation", "request-id", "requestid", "traceparent"].iter().any(|word| name.contains(word))
}

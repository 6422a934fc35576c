//! `body-limited`: no body is larger than somebody decided.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::always;
use crate::policy::statement::{Action, Given, Section, Statement};

pub(super) const RULE: Rule = Rule {
    name: "body-limited",
    means: "A body that is larger than somebody decided is refused.",
    why: "The platform takes a gigabyte, and the service behind it has to.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    if !always(subject.effective.section(Section::Inbound), &limits) {
        let remedy = "put `validate-content` with `max-size` into inbound, or a `choose` on Content-Length";
        findings.add(&subject.place, "bodies of any size are let in", remedy);
    }
}

fn limits(statement: &Statement) -> bool {
    match &statement.action {
        Action::ValidateContent(policy) => {
            !matches!(&policy.size_exceeded, Given::Fixed(word) if !word.eq_ignore_ascii_case("prevent"))
        }
        Action::Choose(policy) => policy.branches.iter().any(|(condition, _)| match condition {
            Given::Fixed(_) => false,
            Given::Expression(expression) => {
                let text = &expression.text;
                let measures = text.contains("Content-Length") || (text.contains(".Body") && text.contains(".Length"));
                measures && text.contains(['<', '>'])
            }
        }),
        _ => false,
    }
}

//! `counter-key`: nobody chooses his own counter.

use std::collections::BTreeSet;

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{Step, headers_read, text, validates_token, variables_read};
use crate::policy::statement::{Action, Section, Statement};

pub(super) const RULE: Rule = Rule {
    name: "counter-key",
    means: "A counter's key comes from something that was validated.",
    why: "Any new value in a header that nobody checks is a new counter, so the limit holds for nobody.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let steps = subject.steps(Section::Inbound);
    for (index, step) in steps.iter().enumerate() {
        let key = match &step.statement.action {
            Action::RateLimitByKey(policy) => &policy.counter_key,
            Action::QuotaByKey(policy) => &policy.counter_key,
            _ => continue,
        };
        let before = &steps[..index];
        let read = expanded(text(key), before);
        for header in headers_read(&read).into_iter().collect::<BTreeSet<_>>() {
            if !is_checked(&header, before) {
                report(step.statement, &format!("the header `{header}`"), findings);
            }
        }
        if read.contains("Url.Query") || read.contains("Request.Body") {
            report(step.statement, "the query or the body", findings);
        }
    }
}

fn report(statement: &Statement, what: &str, findings: &mut Findings) {
    let what = format!("`{}` is bypassed by any new value of {what}, which nobody validated", statement.policy);
    findings.add(&statement.place, what, "take the key from the validated token, e.g. its `azp` or `appid`");
}

/// The text of an expression with those of the variables that it reads.
fn expanded(key: &str, before: &[Step<'_>]) -> String {
    let mut whole = key.to_owned();
    let mut open = variables_read(key);
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        for step in before {
            if let Action::SetVariable(policy) = &step.statement.action
                && *policy.name == *name
            {
                let value = text(&policy.value);
                open.extend(variables_read(value));
                whole.push('\n');
                whole.push_str(value);
            }
        }
    }
    whole
}

/// Whether what a header field says was checked before.
fn is_checked(header: &str, before: &[Step<'_>]) -> bool {
    let is = |other: &str| header.eq_ignore_ascii_case(other);
    if is("Ocp-Apim-Subscription-Key") {
        return true;
    }
    before.iter().any(|step| match &step.statement.action {
        Action::CheckHeader(policy) => is(text(&policy.name)) && !policy.values.is_empty(),
        _ => is("Authorization") && validates_token(step.statement),
    })
}

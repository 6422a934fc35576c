//! `limit-order`: what follows from a limit before the token is validated.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{limits_quota, limits_rate, validates_token};
use crate::policy::statement::Section;

pub(super) const RULE: Rule = Rule {
    name: "limit-order",
    means: "Limits and quotas stand behind the validation of the token.",
    why: "A limit before it counts calls that are refused, and a client is counted out by strangers.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let steps = subject.steps(Section::Inbound);
    let validated = steps.iter().position(|step| validates_token(step.statement));
    for step in &steps[..validated.unwrap_or(0)] {
        let statement = step.statement;
        if limits_rate(statement) || limits_quota(statement) {
            let what = format!("`{}` counts calls whose token is not validated yet", statement.policy);
            findings.note(
                &statement.place,
                what,
                "move it behind the token's validation, unless it is meant to shield that",
            );
        }
    }
}

//! `quota-renewed`: a quota comes back.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use crate::policy::statement::{Action, Given, Section};

pub(super) const RULE: Rule = Rule {
    name: "quota-renewed",
    means: "A quota has a period after which it is renewed.",
    why: "A period of 0 is a lifetime: the client that has used it up never gets in again.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    for step in subject.steps(Section::Inbound) {
        if let Action::QuotaByKey(policy) = &step.statement.action
            && matches!(policy.renewal_period, Given::Fixed(0))
        {
            findings.add(
                &step.statement.place,
                "the quota is never renewed",
                "say a `renewal-period` of 300 s or more",
            );
        }
    }
}

//! The table of rules.

use std::path::Path;

use super::finding::Findings;
use super::subject::{Subject, subjects};
use super::{
    body_limited, client_limits, correlation_demanded, counter_key, deprecation_date, end_announced, error_shape,
    forward_timeout, limit_order, period, retry_load, secret_in_clear, token_validated,
};
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::policy::element::Element;
use crate::policy::policies_of::Policies;

/// A rule of the mandate.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, as findings show it.
    pub name: &'static str,
    /// What it demands: one sentence.
    pub means: &'static str,
    /// Why: one sentence.
    pub why: &'static str,
    pub(super) check: Check,
}

/// What a rule reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Check {
    /// The effective policies of each API, and of each operation with a
    /// document of its own.
    Effective(fn(&Subject<'_>, &mut Findings)),
    /// Documents as they were written, before named values stand in them.
    Written(fn(&Element, &mut Findings)),
    /// What the loader refuses anyway, or what stands in other files.
    Elsewhere,
}

/// Every rule, by name.
pub const RULES: &[Rule] = &[
    body_limited::RULE,
    client_limits::RULE,
    correlation_demanded::RULE,
    counter_key::RULE,
    deprecation_date::RULE,
    end_announced::RULE,
    ENVIRONMENTS_APART,
    error_shape::RULE,
    forward_timeout::RULE,
    limit_order::RULE,
    period::RULE,
    PERIOD_REFUSED,
    retry_load::RULE,
    secret_in_clear::RULE,
    token_validated::RULE,
];

/// Told of `seamstress.toml`.
const ENVIRONMENTS_APART: Rule = Rule {
    name: "environments-apart",
    means: "Two environments of seamstress.toml share no audience, client or Dataverse.",
    why: "A token of the one would open the other, and a test would write where work is done.",
    check: Check::Elsewhere,
};

/// Told by the loader: such a document can't be used at all.
const PERIOD_REFUSED: Rule = Rule {
    name: "period-refused",
    means: "Limits have periods that the platform takes: a rate at most 300 s, a quota by key 0 or at least 300 s.",
    why: "The platform refuses to save the document.",
    check: Check::Elsewhere,
};

/// A folder without an API would keep every rule about calls.
fn nothing_is_called(dir: &Path) -> Diagnostic {
    let what = "no API stands in this folder: what a call meets was not judged";
    Diagnostic::warning(Place::file(dir.display().to_string()), what)
        .hint("give the folder of a whole instance, with its APIs")
}

/// Everything that breaks a rule, in the order of the table. `written` are the
/// documents before named values stand in them.
#[expect(clippy::needless_pass_by_value, reason = "an iterator is passed on as it is")]
pub(in crate::policy) fn judge<'d>(
    policies: &Policies,
    written: impl Iterator<Item = &'d Element> + Clone,
) -> Diagnostics {
    let subjects = subjects(policies);
    let mut diagnostics = Diagnostics::new();
    if subjects.is_empty() {
        diagnostics.push(nothing_is_called(&policies.instance().dir));
    }
    for rule in RULES {
        let mut findings = Findings::default();
        match rule.check {
            Check::Elsewhere => {}
            Check::Effective(check) => {
                for subject in &subjects {
                    let since = findings.len();
                    check(subject, &mut findings);
                    findings.apply_to(since, &subject.name);
                }
            }
            Check::Written(check) => written.clone().for_each(|root| check(root, &mut findings)),
        }
        diagnostics.extend(findings.into_diagnostics(rule.name, rule.why));
    }
    diagnostics
}

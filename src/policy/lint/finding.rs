//! What rules find: each place once, with everything that it applies to.

use crate::diagnose::{Diagnostic, Diagnostics, Place, Severity};

/// What is found by one rule at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    severity: Severity,
    place: Place,
    what: String,
    remedy: String,
    /// The APIs and operations that it applies to.
    within: Vec<String>,
}

/// The findings of one rule.
#[derive(Debug, Default)]
pub(in crate::policy) struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    /// Takes note of something that breaks the mandate.
    pub(super) fn add(&mut self, place: &Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.push(Severity::Warning, place, what.into(), remedy.into());
    }

    /// Takes note of something that is worth knowing.
    pub(super) fn note(&mut self, place: &Place, what: impl Into<String>, remedy: impl Into<String>) {
        self.push(Severity::Notice, place, what.into(), remedy.into());
    }

    fn push(&mut self, severity: Severity, place: &Place, what: String, remedy: String) {
        let finding = Finding { severity, place: place.clone(), what, remedy, within: Vec::new() };
        self.found.push(finding);
    }

    /// Findings that were added since there were so many apply to this; the
    /// same ones at the same place become one.
    pub(super) fn apply_to(&mut self, since: usize, subject: &str) {
        for mut finding in self.found.split_off(since) {
            let known = self.found.iter_mut().find(|f| (&f.place, &f.what) == (&finding.place, &finding.what));
            if let Some(known) = known {
                if !known.within.iter().any(|s| s == subject) {
                    known.within.push(subject.to_owned());
                }
            } else {
                finding.within.push(subject.to_owned());
                self.found.push(finding);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.found.len()
    }

    /// As diagnostics of a rule.
    pub(super) fn into_diagnostics(self, rule: &'static str, why: &str) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        for finding in self.found {
            let what = match finding.within.as_slice() {
                [] => finding.what,
                [one] => format!("{} (in {one})", finding.what),
                [first, rest @ ..] => format!("{} (in {first} and {} more)", finding.what, rest.len()),
            };
            let diagnostic = match finding.severity {
                Severity::Notice => Diagnostic::notice(finding.place, what),
                _ => Diagnostic::warning(finding.place, what),
            };
            diagnostics.push(diagnostic.of_rule(rule, why).hint(finding.remedy));
        }
        diagnostics
    }
}

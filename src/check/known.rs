//! `known-findings.yaml`: findings that somebody knows of, why, and until when.

use std::path::Path;

use serde::Serialize;

use super::{Finding, find, table};
use crate::clock::Timestamp;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, closest, parse_yaml};

/// The format that is read.
const FORMAT: &str = "seamstress/known-findings/1";

/// The file's name, beside the contracts.
pub const FILE: &str = "known-findings.yaml";

/// One known finding.
#[derive(Clone, Debug)]
pub struct KnownFinding {
    /// By its fingerprint …
    fingerprint: Option<String>,
    /// … or by check, contract and operation, as far as they are named.
    check: Option<String>,
    contract: Option<String>,
    operation: Option<String>,
    /// Why it may stay for now.
    pub reason: String,
    /// Until when; the day itself counts.
    pub expires: Timestamp,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// All known findings of a file.
#[derive(Clone, Debug, Default)]
pub struct KnownFindings {
    entries: Vec<KnownFinding>,
}

/// What is known of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Known {
    /// Why it may stay for now.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Whether that time is over: then it counts again.
    pub expired: bool,
}

impl KnownFindings {
    /// Reads the file beside the contracts; none where there is no such file.
    ///
    /// # Errors
    /// All faults of the file.
    pub fn beside(folder: &Path) -> Result<Self, Diagnostics> {
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path.to_string_lossy(), &text),
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(fault) => {
                let place = Place::file(&*path.to_string_lossy());
                Err(Diagnostic::error(place, format!("the file can't be read: {fault}")).into())
            }
        }
    }

    /// Reads a file from its text.
    ///
    /// # Errors
    /// All faults at once: unknown keys, names and values.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        let source = parse_yaml(file, text)?;
        let mut faults = Diagnostics::new();
        let mut fields = Fields::of(&source, &mut faults);
        let format = fields.required("format");
        let findings = fields.required("findings");
        fields.finish();
        if let Some(node) = format.filter(|node| node.as_str() != Some(FORMAT)) {
            let fault = Diagnostic::error(node.place.clone(), "this format is not known here");
            faults.push(fault.expected(format!("`{FORMAT}`")).actual(format!("`{}`", node.key_text())));
        }
        if let Some(node) = findings.filter(|node| node.as_sequence().is_none()) {
            node.wrong_kind("a list", &mut faults);
        }
        let nodes = findings.and_then(Node::as_sequence).unwrap_or_default();
        let entries = nodes.iter().filter_map(|node| entry(node, &mut faults)).collect();
        if faults.has_errors() { Err(faults) } else { Ok(Self { entries }) }
    }

    /// What is known of a finding, and the number of the entry that says it;
    /// an entry that still holds wins over one that is over.
    pub fn of(&self, finding: &Finding, now: Timestamp) -> Option<(usize, Known)> {
        let matching = self.entries.iter().enumerate().filter(|(_, entry)| entry.means(finding));
        let known = matching.map(|(index, entry)| {
            let known = Known {
                reason: entry.reason.clone(),
                expires: entry.expires,
                owner: entry.owner.clone(),
                expired: now >= entry.expires,
            };
            (index, known)
        });
        known.min_by_key(|(_, known)| known.expired)
    }

    /// The entries whose numbers are not among these.
    pub fn others(&self, seen: &[usize]) -> impl Iterator<Item = &KnownFinding> {
        self.entries.iter().enumerate().filter(|(index, _)| !seen.contains(index)).map(|(_, entry)| entry)
    }
}

impl KnownFinding {
    fn means(&self, finding: &Finding) -> bool {
        let is = |wanted: Option<&String>, actual: Option<&str>| wanted.is_none_or(|wanted| actual == Some(wanted));
        is(self.fingerprint.as_ref(), Some(&finding.fingerprint))
            && is(self.check.as_ref(), Some(finding.check))
            && is(self.contract.as_ref(), finding.contract.as_ref().map(ToString::to_string).as_deref())
            && is(self.operation.as_ref(), finding.operation.as_deref())
    }

    /// What it names, in a few words.
    pub fn names(&self) -> String {
        let parts = [&self.fingerprint, &self.check, &self.contract, &self.operation];
        parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

fn entry(node: &Node, faults: &mut Diagnostics) -> Option<KnownFinding> {
    let mut fields = Fields::of(node, faults);
    let [fingerprint, check, contract, operation, owner] =
        ["fingerprint", "check", "contract", "operation", "owner"].map(|key| fields.optional(key));
    let reason = fields.required("reason");
    let expires = fields.required("expires");
    fields.finish();
    if fingerprint.is_none() && (check.is_none() || contract.is_none()) && node.as_mapping().is_some() {
        let fault = Diagnostic::error(node.place.clone(), "this does not say which finding is known");
        faults.push(fault.expected("`fingerprint`, or `check` and `contract` (and `operation`)"));
        return None;
    }
    if let Some(node) = check.filter(|node| node.as_str().is_none_or(|id| find(id).is_none())) {
        let fault = Diagnostic::error(node.place.clone(), format!("no check is called `{}`", node.key_text()))
            .expected("an id that `seamstress checks` lists");
        let near = closest(&node.key_text(), table().iter().map(|check| check.id));
        faults.push(match near {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        });
    }
    // A fingerprint of digits alone is a number in YAML.
    let named = |node: Option<&Node>| node.map(Node::key_text);
    Some(KnownFinding {
        fingerprint: named(fingerprint),
        check: named(check),
        contract: named(contract),
        operation: named(operation),
        owner: named(owner),
        reason: reason.and_then(|node| text(node, faults))?,
        expires: expires.and_then(|node| last_day(node, faults))?,
        place: node.place.clone(),
    })
}

fn text(node: &Node, faults: &mut Diagnostics) -> Option<String> {
    let text = node.as_str().filter(|text| !text.trim().is_empty());
    if text.is_none() {
        node.wrong_kind("text", faults);
    }
    text.map(str::to_owned)
}

/// An instant, or the end of a day.
fn last_day(node: &Node, faults: &mut Diagnostics) -> Option<Timestamp> {
    const DAY: std::time::Duration = std::time::Duration::from_hours(24);
    let text = node.as_str().unwrap_or_default();
    let instant = Timestamp::parse(text);
    if instant.is_none() {
        let fault = Diagnostic::error(node.place.clone(), "this value can't be read");
        faults.push(fault.expected("a date, e.g. `2026-12-31`").actual(format!("`{}`", node.key_text())));
    }
    instant.map(|instant| if text.contains('T') { instant } else { instant.plus(DAY) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::check::{CaseSubject, Judging, Selection};
    use crate::generate::{CaseKind, Expect};

    fn finding() -> Finding {
        let contract = with_behaviour();
        let run = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(418)).run(&contract);
        let mut judging = Judging::new(&Selection::all(), &[].into());
        let found = judging.case(&CaseSubject { contract: &contract, run: &run });
        found.into_iter().find(|f| f.check == "response/undeclared-status").expect("found")
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("valid")
    }

    #[test]
    fn an_entry_holds_to_the_end_of_its_day() {
        let finding = finding();
        let text = format!(
            "format: seamstress/known-findings/1\nfindings:\n  - {{ fingerprint: {:?}, reason: old, expires: 2026-12-31 }}\n  \
             - {{ check: response/media-type, contract: {}, reason: other, expires: 2026-12-31 }}\n",
            finding.fingerprint,
            finding.contract.as_ref().expect("there")
        );
        let known = KnownFindings::parse("known-findings.yaml", &text).unwrap_or_else(|faults| panic!("{faults}"));
        let (index, before) = known.of(&finding, at("2026-12-31T23:59:59Z")).expect("known");
        assert_eq!((index, before.expired, before.reason.as_str()), (0, false, "old"));
        assert!(known.of(&finding, at("2027-01-01T00:00:00Z")).expect("known").1.expired);
        let others: Vec<String> = known.others(&[index]).map(KnownFinding::names).collect();
        assert_eq!(others.len(), 1, "{others:?}");
        assert!(others[0].starts_with("response/media-type "), "{others:?}");
    }

    #[test]
    fn faults_are_told_with_their_places() {
        let text = "format: seamstress/known-findings/2\nfindings:\n  - { reason: x, expires: 2026-01-01 }\n  \
                    - { check: response/media-typ, contract: a/v1, expires: soon, why: x }\n";
        let faults = KnownFindings::parse("k.yaml", text).expect_err("broken").to_string();
        for what in [
            "k.yaml:1:9",
            "does not say which",
            "did you mean `response/media-type`",
            "unknown key `why`",
            "`reason` is missing",
        ] {
            assert!(faults.contains(what), "{what} in:\n{faults}");
        }
        assert!(KnownFindings::beside(Path::new("/nowhere")).expect("none").entries.is_empty());
    }
}

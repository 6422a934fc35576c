//! What stands in the documents, and how truly each is emulated: the source of
//! the compatibility report.

use std::sync::Arc;

use serde::Serialize;

use super::policies::Emulation;
use super::statement::{Scope, Section};
use crate::diagnose::Place;

/// A policy or an expression of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Entry {
    /// Where it stands; a fragment's content stands in the fragment.
    pub place: Place,
    /// What it is.
    pub subject: Subject,
    /// The section that it was read for.
    pub section: &'static str,
    /// The scope that it was read for.
    pub scope: &'static str,
    /// How truly it is emulated.
    pub verdict: Verdict,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A policy, by its name.
    Policy(Arc<str>),
    /// An expression, as it was written, named values filled in.
    Expression(Arc<str>),
}

/// How truly something is emulated; the worst comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// As the platform does it.
    Emulated,
    /// Nearly so, and what differs.
    Approximated(String),
    /// It does nothing here, and why.
    Ignored(String),
    /// It is not emulated, and what of it is not.
    NotEmulated(String),
    /// The platform would refuse it, and why.
    Refused(String),
}

impl Verdict {
    /// In a user's words.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Emulated => "emulated",
            Self::Approximated(_) => "approximated",
            Self::Ignored(_) => "ignored",
            Self::NotEmulated(_) => "not emulated",
            Self::Refused(_) => "refused",
        }
    }

    /// How, or why.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Emulated => None,
            Self::Approximated(text) | Self::Ignored(text) | Self::NotEmulated(text) | Self::Refused(text) => {
                Some(text)
            }
        }
    }
}

impl From<Emulation> for Verdict {
    fn from(emulation: Emulation) -> Self {
        match emulation {
            Emulation::Emulated => Self::Emulated,
            Emulation::Approximated(how) => Self::Approximated(how.to_owned()),
            Emulation::Ignored(why) => Self::Ignored(why.to_owned()),
        }
    }
}

/// Everything that was found, in the order of reading.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    entries: Vec<Entry>,
    #[cfg(test)]
    pub(super) vocabulary: super::vocabulary_test::Vocabulary,
}

impl Inventory {
    /// Makes room for an entry whose verdict is not known yet.
    pub(super) fn begin(&mut self, subject: Subject, place: &Place, section: Section, scope: Scope) -> usize {
        self.entries.push(Entry {
            place: place.clone(),
            subject,
            section: section.name(),
            scope: scope.name(),
            verdict: Verdict::Emulated,
        });
        self.entries.len() - 1
    }

    /// Gives an entry its verdict.
    pub(super) fn judge(&mut self, entry: usize, verdict: Verdict) {
        if let Some(entry) = self.entries.get_mut(entry) {
            entry.verdict = verdict;
        }
    }

    /// Each place once, under its worst verdict: a fragment is read wherever
    /// it is included.
    pub(super) fn fold(&mut self) {
        let mut known = std::collections::HashMap::new();
        let mut folded: Vec<Entry> = Vec::new();
        for entry in std::mem::take(&mut self.entries) {
            let key = (entry.place.clone(), matches!(entry.subject, Subject::Policy(_)));
            if let Some(at) = known.get(&key) {
                let old: &mut Entry = &mut folded[*at];
                if old.verdict < entry.verdict {
                    *old = entry;
                }
            } else {
                known.insert(key, folded.len());
                folded.push(entry);
            }
        }
        self.entries = folded;
    }

    /// All entries.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

//! The verdict: one word, and what stands behind it.

use std::sync::Arc;

use serde::Serialize;

use super::{Coverage, Family, Finding, Level};
use crate::contract::ContractId;

/// The one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that was judged holds.
    Passed,
    /// A promise is broken.
    Failed,
    /// Something that was asked for could not be judged.
    Inconclusive,
    /// Nothing was executed.
    NothingRan,
    /// The generator was so late itself that what was asked for can't be said.
    GeneratorSaturated,
    /// The run could not be carried through.
    CouldNotRun,
    /// The user stopped it.
    Interrupted,
}

impl Outcome {
    /// The exit code: 0 passed, 1 failed, 3 could not run or the
    /// generator was saturated, 4 nothing ran, 5
    /// inconclusive, 130 interrupted (2, bad usage or input, never reaches a
    /// verdict).
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 1,
            Self::CouldNotRun | Self::GeneratorSaturated => 3,
            Self::NothingRan => 4,
            Self::Inconclusive => 5,
            Self::Interrupted => 130,
        }
    }

    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "PASSED",
            Self::Failed => "FAILED",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NothingRan => "NOTHING RAN",
            Self::GeneratorSaturated => "GENERATOR SATURATED",
            Self::CouldNotRun => "COULD NOT RUN",
            Self::Interrupted => "INTERRUPTED",
        }
    }
}

/// Something that was not checked, by name, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NotChecked {
    /// The check's id, the scenario or the cases that were left out.
    pub what: String,
    /// For which contract, where it is one.
    pub contract: Option<ContractId>,
    /// Why, e.g. `the target does not offer effects`.
    pub why: String,
}

/// How often a check judged an operation, and how often it failed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tally {
    /// The contract; `None` for a phase that calls several.
    pub contract: Option<ContractId>,
    /// `operationId`, or the scenario's name.
    pub operation: Arc<str>,
    /// The check's id.
    pub check: &'static str,
    /// The check's family.
    pub family: Family,
    /// Subjects it judged.
    pub judged: u64,
    /// Those of them with a finding at level error.
    pub failed: u64,
}

/// What breaks no promise of the service, and is kept apart from what does.
#[derive(Clone, Debug, Default)]
pub struct Apart {
    /// Where the contract contradicts itself, so that it can't be said what
    /// would be right.
    pub ambiguous: Vec<String>,
    /// What of the environment was down.
    pub environment: Option<String>,
    /// What the generator could not make.
    pub could_not_make: Vec<NotChecked>,
}

/// One verdict over a run.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The one word.
    pub outcome: Outcome,
    /// Why, in one sentence; shown beside the word.
    pub reason: String,
    /// Findings, the heaviest first, one a fingerprint.
    pub findings: Vec<Finding>,
    /// What was not checked.
    pub not_checked: Vec<NotChecked>,
    /// What was judged.
    pub tallies: Vec<Tally>,
    /// From which level on a finding decides.
    pub fail_on: Level,
    /// What of the contracts was tried.
    pub coverage: Vec<Coverage>,
    /// What is no broken promise.
    pub apart: Apart,
}

impl Verdict {
    /// Findings that decide and stand below no other.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.decides(self.fail_on) && f.more.under.is_none())
    }
}

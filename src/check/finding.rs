//! A broken promise.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::{Family, Known};
use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::generate::CaseKey;
use crate::observe::{CallTrace, ChainLink};
use crate::wire::Exchange;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; the verdict stays.
    Information,
    /// Probably wrong, or could not be judged; the verdict stays.
    Warning,
    /// A promise is broken: the verdict is failed.
    Error,
}

/// What was being done when it showed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A case.
    Case(CaseKey),
    /// A scenario under load, by name.
    Phase(Arc<str>),
    /// The run as a whole.
    Run,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Case(key) => write!(f, "{key}"),
            Self::Phase(scenario) => write!(f, "scenario {scenario}"),
            Self::Run => f.write_str("the run"),
        }
    }
}

/// How often a finding showed again when its case was played again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reproduced {
    /// So many times …
    pub shown: u32,
    /// … out of so many.
    pub of: u32,
}

/// How a finding's case was made smaller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shrunk {
    /// The case that showed it first.
    pub from: CaseKey,
    /// How many smaller ones were played.
    pub played: u32,
    /// Whether nothing smaller still shows it.
    pub minimal: bool,
    /// Bytes of content before.
    pub bytes_before: u64,
    /// Bytes of content now.
    pub bytes_after: u64,
}

/// What came of one call of a case, in a few words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallMark {
    /// What it was in its sequence, e.g. `duplicate`.
    pub role: String,
    /// Method and path.
    pub call: String,
    /// The status, or why there was no answer.
    pub result: String,
}

/// What was seen: the exchange that shows it best, and lines that tell the
/// rest (effects, times).
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The exchange.
    pub exchange: Option<Arc<Exchange>>,
    /// Plain sentences or figures, one a line.
    pub lines: Vec<String>,
}

/// What is added to a finding when all is over.
#[derive(Clone, Debug, Default)]
pub struct More {
    /// The fingerprint of the finding that it stands below: its cause, or the
    /// same broken promise at another operation.
    pub under: Option<String>,
    /// What somebody knows of it.
    pub known: Option<Known>,
    /// The line of the file that its place names.
    pub source: Option<String>,
    /// What the gateway did with its call when the case was played again, where
    /// the gateway tells.
    pub gateway: Option<CallTrace>,
    /// The correlation ID of the calls that it is about, where it shows none.
    pub correlation: Option<Arc<str>>,
    /// What each tier knows under the correlation ID of the call that it shows.
    pub chain: Vec<ChainLink>,
}

/// A broken promise, with everything that is needed to believe and repeat it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The check's id.
    pub check: &'static str,
    /// The check's family.
    pub family: Family,
    /// How much it weighs.
    pub level: Level,
    /// The contract; `None` for what concerns no single one.
    pub contract: Option<ContractId>,
    /// `operationId`.
    pub operation: Option<Arc<str>>,
    /// The finding in one sentence without a full stop, e.g. `two identical
    /// requests wrote one record twice`.
    pub title: String,
    /// What the contract promises.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Where the promise stands.
    pub place: Option<Place>,
    /// What was being done.
    pub origin: Origin,
    /// What was seen, in full.
    pub evidence: Evidence,
    /// Equal for the same broken promise in two runs: made by
    /// [`Finding::fingerprint_of`] from what identifies it, without values
    /// that change from run to run.
    pub fingerprint: String,
    /// How often it showed; the same fingerprint counts up.
    pub occurrences: u64,
    /// Filled by the conductor when the case was played again.
    pub reproduced: Option<Reproduced>,
    /// Filled by the conductor: the command that plays the case again.
    pub replay: Option<String>,
    /// Filled by the conductor: the curl line of the exchange.
    pub curl: Option<String>,
    /// Filled by the conductor where its case was made smaller.
    pub shrunk: Option<Shrunk>,
    /// Filled by the conductor: what came of each call of its case.
    pub calls: Vec<CallMark>,
    /// Filled by the conductor when all is over.
    pub more: More,
}

impl Finding {
    /// Whether somebody knows of it, and its time is not over.
    pub fn is_known(&self) -> bool {
        self.more.known.as_ref().is_some_and(|known| !known.expired)
    }

    /// Whether it decides about the run: heavy enough, and not known.
    pub fn decides(&self, fail_on: Level) -> bool {
        self.level >= fail_on && !self.is_known()
    }

    /// A stable identity: check, contract, operation, and what tells this one
    /// from others of the same check (`what`, e.g. a status or a field).
    pub fn fingerprint_of(check: &str, contract: Option<&ContractId>, operation: Option<&str>, what: &str) -> String {
        let contract = contract.map(ToString::to_string).unwrap_or_default();
        let text = [check, &contract, operation.unwrap_or_default(), what].join("\n");
        digest::digest(&digest::SHA256, text.as_bytes()).as_ref()[..8].iter().fold(String::new(), |mut hex, byte| {
            use fmt::Write;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

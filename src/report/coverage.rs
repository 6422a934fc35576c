//! The stored form of what of a contract was tried, and how it reads.

use serde::Serialize;

use crate::check::Coverage;
use crate::wire::Redactor;

/// What of a contract was tried.
#[derive(Clone, Debug, Serialize)]
pub struct CoverageRecord {
    /// The contract.
    pub contract: String,
    /// `operations`, `parameters`, `keywords`, `responses`, `rules`.
    pub kinds: Vec<CoveredRecord>,
}

/// How much of one kind of part was tried.
#[derive(Clone, Debug, Serialize)]
pub struct CoveredRecord {
    /// The kind.
    pub kind: &'static str,
    /// How many parts there are.
    pub all: u64,
    /// How many of them were tried.
    pub tried: u64,
    /// What was not, by name: the first of them.
    pub not_tried: Vec<String>,
}

impl CoverageRecord {
    pub(super) fn of(coverage: &Coverage, redactor: &Redactor) -> Self {
        let kinds = coverage.kinds.iter().map(|kind| CoveredRecord {
            kind: kind.kind,
            all: kind.all,
            tried: kind.tried,
            not_tried: kind.not_tried.iter().map(|name| redactor.text(name)).collect(),
        });
        Self { contract: redactor.text(&coverage.contract.to_string()), kinds: kinds.collect() }
    }
}

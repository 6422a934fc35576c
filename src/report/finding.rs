//! The stored form of a finding.

use serde::Serialize;

use crate::check::{CallMark, Finding, Known, Level, Reproduced, Shrunk};
use crate::clock::Timestamp;
use crate::diagnose::Place;
use crate::observe::{CallTrace, ChainLink, LastError, StepTrace};
use crate::wire::Redactor;

use super::excerpt::ExchangeRecord;
use super::json::name;

/// A broken promise.
#[derive(Clone, Debug, Serialize)]
pub struct FindingRecord {
    /// The check's id.
    pub check: &'static str,
    /// Its family.
    pub family: String,
    /// How much it weighs.
    pub severity: Level,
    /// Equal for the same broken promise in two runs.
    pub fingerprint: String,
    /// The contract, where it is one.
    pub contract: Option<String>,
    /// `operationId`, where it is one.
    pub operation: Option<String>,
    /// One sentence.
    pub title: String,
    /// What the contract promises.
    pub expected: String,
    /// What was seen.
    pub actual: String,
    /// Where the promise stands.
    pub place: Option<PlaceRecord>,
    /// `broke_contract`, `could_not_decide`, `worth_knowing` or `known`.
    pub kind: &'static str,
    /// Whether it decides about the run.
    pub decides: bool,
    /// The fingerprint of the finding that it stands below: its cause, or the
    /// same broken promise at another operation.
    pub under: Option<String>,
    /// What somebody knows of it.
    pub known: Option<KnownRecord>,
    /// The line of the file that `place` names.
    pub source: Option<String>,
    /// What was being done: a case's key, `scenario NAME`, or `the run`.
    pub origin: String,
    /// How often it showed again when its case was played again.
    pub reproduced: Option<Reproduced>,
    /// How often it showed in the run.
    pub occurrences: u64,
    /// The command that plays the case again.
    pub replay: Option<String>,
    /// The curl line of the exchange.
    pub curl: Option<String>,
    /// Plain sentences or figures.
    pub evidence: Vec<String>,
    /// How its case was made smaller.
    pub shrunk: Option<Shrunk>,
    /// What came of each call of its case.
    pub calls: Vec<CallMark>,
    /// The exchange that shows it best.
    pub exchange: Option<ExchangeRecord>,
    /// What the gateway did with its call when the case was played again.
    pub gateway: Option<CallTrace>,
    /// What each tier knows under the correlation ID of the call that it shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<ChainLink>,
}

/// A place in a user's file.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceRecord {
    /// The file.
    pub file: String,
    /// From 1; 0 where only the file is known.
    pub line: u32,
    /// In characters, from 1; 0 where only the file is known.
    pub column: u32,
}

/// What somebody knows of a finding.
#[derive(Clone, Debug, Serialize)]
pub struct KnownRecord {
    /// Why it may stay for now.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Whether that time is over: then it counts again.
    pub expired: bool,
}

impl KnownRecord {
    fn of(known: &Known, redactor: &Redactor) -> Self {
        Self {
            reason: redactor.text(&known.reason),
            expires: known.expires,
            owner: known.owner.as_ref().map(|owner| redactor.text(owner)),
            expired: known.expired,
        }
    }
}

/// What a finding says about the contract.
fn kind_of(finding: &Finding) -> &'static str {
    match finding.level {
        _ if finding.is_known() => "known",
        Level::Error => "broke_contract",
        Level::Warning => "could_not_decide",
        Level::Information => "worth_knowing",
    }
}

impl FindingRecord {
    /// The stored form of a finding, without secrets.
    pub fn of(finding: &Finding, fail_on: Level, redactor: &Redactor) -> Self {
        Self {
            check: finding.check,
            family: finding.family.to_string(),
            severity: finding.level,
            fingerprint: finding.fingerprint.clone(),
            contract: name(finding.contract.as_ref(), redactor),
            operation: finding.operation.as_ref().map(|operation| redactor.text(operation)),
            title: redactor.text(&finding.title),
            expected: redactor.text(&finding.expected),
            actual: redactor.text(&finding.actual),
            place: finding.place.as_ref().map(|place| PlaceRecord::of(place, redactor)),
            kind: kind_of(finding),
            decides: finding.decides(fail_on),
            under: finding.more.under.clone(),
            known: finding.more.known.as_ref().map(|known| KnownRecord::of(known, redactor)),
            source: finding.more.source.as_ref().map(|line| redactor.text(line)),
            origin: redactor.text(&finding.origin.to_string()),
            reproduced: finding.reproduced,
            occurrences: finding.occurrences,
            replay: finding.replay.as_ref().map(|line| redactor.text(line)),
            curl: finding.curl.as_ref().map(|line| redactor.text(line)),
            evidence: finding.evidence.lines.iter().map(|line| redactor.text(line)).collect(),
            shrunk: finding.shrunk.clone(),
            calls: finding
                .calls
                .iter()
                .map(|mark| CallMark {
                    role: mark.role.clone(),
                    call: redactor.text(&mark.call),
                    result: mark.result.clone(),
                })
                .collect(),
            exchange: finding.evidence.exchange.as_ref().map(|exchange| ExchangeRecord::of(exchange, redactor)),
            gateway: finding.more.gateway.as_ref().map(|call| trace(call, redactor)),
            chain: finding
                .more
                .chain
                .iter()
                .map(|link| ChainLink { what: redactor.text(&link.what), ..link.clone() })
                .collect(),
        }
    }
}

impl PlaceRecord {
    fn of(place: &Place, redactor: &Redactor) -> Self {
        Self { file: redactor.text(&place.file), line: place.line, column: place.column }
    }
}

impl std::fmt::Display for PlaceRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// A call at the gateway without its secrets.
fn trace(call: &CallTrace, redactor: &Redactor) -> CallTrace {
    let step = |step: &StepTrace| StepTrace { raised: redactor.text(&step.raised), ..step.clone() };
    let error = |error: &LastError| LastError { message: redactor.text(&error.message), ..error.clone() };
    CallTrace {
        correlation_id: redactor.text(&call.correlation_id),
        path: redactor.text(&call.path),
        last_error: call.last_error.as_ref().map(error),
        steps: call.steps.iter().map(step).collect(),
        ..call.clone()
    }
}

//! `run.json`: the stored form of a run, separate from what the harness holds
//! while it works, and the one door through which every text of a report goes.
//!
//! [`RunRecord::of`] redacts; the other reports are made from the record, so
//! none of them sees a secret.

use std::time::Duration;

use serde::Serialize;

use crate::check::{CallMark, Finding, Level, Outcome, Reproduced, Shrunk};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::diagnose::Place;
use crate::observe::Latency;
use crate::wire::Redactor;

use super::excerpt::ExchangeRecord;
use super::{Phase, Run, Totals};

/// What `format` says.
pub const FORMAT: &str = "seamstress/run/1";

/// A run as `run.json` has it. Its JSON Schema is `.config/run.schema.json`.
#[derive(Clone, Debug, Serialize)]
pub struct RunRecord {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The version of Seamstress that wrote it.
    pub tool_version: &'static str,
    /// The subcommand.
    pub command: String,
    /// The command line.
    pub arguments: Vec<String>,
    /// The one word, in lower case with underscores.
    pub verdict: Outcome,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// Why, in one sentence.
    pub reason: String,
    /// The seed.
    pub seed: u64,
    /// The nonce.
    pub nonce: String,
    /// When the run began, by the system's clock.
    pub started: Timestamp,
    /// How long it took, in real milliseconds.
    pub duration_ms: u64,
    /// The shared clock.
    pub clock: ClockRecord,
    /// What was tested.
    pub target: TargetRecord,
    /// The contracts that were judged.
    pub contracts: Vec<String>,
    /// Defects that were switched on.
    pub defects: Vec<String>,
    /// How much was done.
    pub totals: Totals,
    /// The scenarios.
    pub phases: Vec<PhaseRecord>,
    /// How often each check judged each operation.
    pub tallies: Vec<TallyRecord>,
    /// What was not checked.
    pub not_checked: Vec<NotCheckedRecord>,
    /// Notices that concern no promise.
    pub notices: Vec<String>,
    /// The findings, the heaviest first.
    pub findings: Vec<FindingRecord>,
}

/// The shared clock.
#[derive(Clone, Debug, Serialize)]
pub struct ClockRecord {
    /// What it showed at the start.
    pub start: Timestamp,
    /// How many of its seconds passed in a real one.
    pub scale: f64,
}

/// What was tested.
#[derive(Clone, Debug, Serialize)]
pub struct TargetRecord {
    /// Its name.
    pub name: String,
    /// The gateway's address.
    pub gateway: String,
}

/// One scenario.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseRecord {
    /// Its name.
    pub scenario: String,
    /// When it began, in real milliseconds since the run began.
    pub began_ms: u64,
    /// How long it took, in real milliseconds.
    pub took_ms: u64,
    /// First calls a second that were really sent.
    pub offered_per_s: f64,
    /// First calls that were due.
    pub due: u64,
    /// Those that were never sent.
    pub dropped: u64,
    /// Requests sent.
    pub exchanges: u64,
    /// Whether it was cut short.
    pub cut: bool,
    /// How late the generator itself was.
    pub lag: QuantilesRecord,
    /// By contract and operation.
    pub latencies: Vec<LatencyRecord>,
}

/// The latencies of one operation.
#[derive(Clone, Debug, Serialize)]
pub struct LatencyRecord {
    /// The contract.
    pub contract: String,
    /// `operationId`.
    pub operation: String,
    /// Calls that failed: no answer, or 5xx.
    pub failed: u64,
    /// From the due instant.
    pub corrected: QuantilesRecord,
    /// From the instant it was sent.
    pub uncorrected: QuantilesRecord,
}

/// A distribution in a few figures, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct QuantilesRecord {
    /// How many samples.
    pub count: u64,
    /// The median.
    pub p50_ms: f64,
    /// The quantile 0.9.
    pub p90_ms: f64,
    /// The quantile 0.95.
    pub p95_ms: f64,
    /// The quantile 0.99.
    pub p99_ms: f64,
    /// The largest.
    pub max_ms: f64,
}

/// How often a check judged an operation.
#[derive(Clone, Debug, Serialize)]
pub struct TallyRecord {
    /// The contract, where it is one.
    pub contract: Option<String>,
    /// `operationId`, or the scenario's name.
    pub operation: String,
    /// The check's id.
    pub check: &'static str,
    /// Its family.
    pub family: String,
    /// Subjects it judged.
    pub judged: u64,
    /// Those of them with a finding at level error.
    pub failed: u64,
}

/// What was not checked.
#[derive(Clone, Debug, Serialize)]
pub struct NotCheckedRecord {
    /// The check's id, the scenario or the cases.
    pub what: String,
    /// For which contract, where it is one.
    pub contract: Option<String>,
    /// Why.
    pub why: String,
}

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

impl RunRecord {
    /// The stored form of a run, without secrets.
    pub fn of(run: &Run, redactor: &Redactor) -> Self {
        let shown = |text: &String| redactor.text(text);
        let verdict = &run.verdict;
        Self {
            format: FORMAT,
            tool_version: env!("CARGO_PKG_VERSION"),
            command: redactor.text(&run.command),
            arguments: run.arguments.iter().map(shown).collect(),
            verdict: verdict.outcome,
            exit_code: verdict.outcome.exit_code(),
            reason: redactor.text(&verdict.reason),
            seed: run.seed.0,
            nonce: redactor.text(&run.nonce.0),
            started: run.started,
            duration_ms: millis(run.took),
            clock: ClockRecord { start: run.clock.0, scale: run.clock.1 },
            target: TargetRecord { name: redactor.text(&run.target.0), gateway: redactor.text(&run.target.1) },
            contracts: run.contracts.iter().map(|id| redactor.text(&id.to_string())).collect(),
            defects: run.defects.iter().map(shown).collect(),
            totals: run.totals,
            phases: run.phases.iter().map(|phase| PhaseRecord::of(phase, redactor)).collect(),
            tallies: verdict
                .tallies
                .iter()
                .map(|tally| TallyRecord {
                    contract: name(tally.contract.as_ref(), redactor),
                    operation: redactor.text(&tally.operation),
                    check: tally.check,
                    family: tally.family.to_string(),
                    judged: tally.judged,
                    failed: tally.failed,
                })
                .collect(),
            not_checked: verdict
                .not_checked
                .iter()
                .map(|left| NotCheckedRecord {
                    what: redactor.text(&left.what),
                    contract: name(left.contract.as_ref(), redactor),
                    why: redactor.text(&left.why),
                })
                .collect(),
            notices: run.notices.iter().map(shown).collect(),
            findings: verdict.findings.iter().map(|finding| FindingRecord::of(finding, redactor)).collect(),
        }
    }

    /// Findings at level error.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.severity == Level::Error).count()
    }
}

impl PhaseRecord {
    fn of(phase: &Phase, redactor: &Redactor) -> Self {
        Self {
            scenario: redactor.text(&phase.scenario),
            began_ms: millis(phase.began),
            took_ms: millis(phase.took),
            offered_per_s: if phase.offered.is_finite() { (phase.offered * 1e3).round() / 1e3 } else { 0.0 },
            due: phase.due,
            dropped: phase.dropped,
            exchanges: phase.exchanges,
            cut: phase.cut,
            lag: QuantilesRecord::of(&phase.lag),
            latencies: phase
                .latencies
                .iter()
                .map(|latency| LatencyRecord {
                    contract: redactor.text(&latency.contract.to_string()),
                    operation: redactor.text(&latency.operation),
                    failed: latency.failed,
                    corrected: QuantilesRecord::of(&latency.corrected),
                    uncorrected: QuantilesRecord::of(&latency.uncorrected),
                })
                .collect(),
        }
    }
}

impl QuantilesRecord {
    fn of(latency: &Latency) -> Self {
        let at = |quantile| latency.quantile(quantile).as_micros() as f64 / 1e3;
        Self {
            count: latency.count(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            max_ms: latency.max().as_micros() as f64 / 1e3,
        }
    }
}

impl FindingRecord {
    /// The stored form of a finding, without secrets.
    pub fn of(finding: &Finding, redactor: &Redactor) -> Self {
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

fn name(contract: Option<&ContractId>, redactor: &Redactor) -> Option<String> {
    contract.map(|id| redactor.text(&id.to_string()))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

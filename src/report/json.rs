//! `run.json`: the stored form of a run, separate from what the harness holds
//! while it works, and the one door through which every text of a report goes.
//!
//! [`RunRecord::of`] redacts; the other reports are made from the record, so
//! none of them sees a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::check::{Coverage, Level, NotChecked, Outcome};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::observe::{Latency, OperationLatency, Operations};
use crate::wire::Redactor;

use super::coverage::CoverageRecord;
pub use super::finding::{FindingRecord, PlaceRecord};
use super::phase::PhaseRecord;
use super::{InjectedFault, Machine, Run, Totals};

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
    /// A digest of each contract's OpenAPI document.
    pub contract_digests: BTreeMap<String, String>,
    /// Where the generator ran.
    pub machine: Machine,
    /// Defects that were switched on.
    pub defects: Vec<String>,
    /// Faults that were armed for the whole run, with what they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<InjectedFault>,
    /// How much was done.
    pub totals: Totals,
    /// Who used how much of the machine, where the user's service was started
    /// for the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostRecord>,
    /// The scenarios.
    pub phases: Vec<PhaseRecord>,
    /// How often each check judged each operation.
    pub tallies: Vec<TallyRecord>,
    /// What was not checked.
    pub not_checked: Vec<NotCheckedRecord>,
    /// Notices that concern no promise.
    pub notices: Vec<String>,
    /// From which level on a finding decides.
    pub fail_on: Level,
    /// The findings, the heaviest first.
    pub findings: Vec<FindingRecord>,
    /// Where the contract contradicts itself.
    pub ambiguous: Vec<String>,
    /// What of the environment was down.
    pub environment: Option<String>,
    /// How much of the contracts was tried, in percent.
    pub coverage_percent: f64,
    /// What of each contract was tried.
    pub coverage: Vec<CoverageRecord>,
}

/// Who used how much of the machine.
#[derive(Clone, Debug, Serialize)]
pub struct CostRecord {
    /// CPU time of the harness and its embedded tiers, in milliseconds.
    pub harness_cpu_ms: u64,
    /// CPU time of all processes of the user's service, in milliseconds.
    pub service_cpu_ms: u64,
    /// The most memory that they held, each at its own peak.
    pub service_peak_memory_bytes: u64,
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

/// Calls of flows, each counted once with all its attempts and polls.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OperationsRecord {
    /// How many began.
    pub begun: u64,
    /// Those that ended with success.
    pub done: u64,
    /// Those that ended with a refusal that no flow repeats.
    pub refused: u64,
    /// Those that ended with an error after the last attempt.
    pub given_up: u64,
    /// Those of which nobody knows what became.
    pub unknown: u64,
    /// Unknown ones that had been done by the end, as the ledger tells.
    pub unknown_done: u64,
    /// Unknown ones that had not. Where it can't be told they are in neither.
    pub unknown_undone: u64,
    /// Requests for each of them.
    pub amplification: f64,
}

impl OperationsRecord {
    /// Of a scenario.
    pub fn of(operations: &Operations) -> Self {
        let Operations { begun, done, refused, given_up, unknown_done, unknown_undone, .. } = *operations;
        let (unknown, amplification) = (operations.unknown(), (operations.amplification() * 1e3).round() / 1e3);
        Self { begun, done, refused, given_up, unknown, unknown_done, unknown_undone, amplification }
    }

    /// In words, for people.
    pub fn in_words(&self) -> String {
        let looked_up = match (self.unknown_done, self.unknown_undone) {
            (0, 0) => "unknown".to_owned(),
            (done, undone) => format!("unknown (by the ledger {done} of them were done, {undone} not)"),
        };
        let told =
            [(self.done, "done"), (self.refused, "refused"), (self.given_up, "given up"), (self.unknown, &looked_up)];
        let told = told.into_iter().filter(|(count, name)| *count > 0 || *name == "done");
        let told: Vec<String> = told.map(|(count, name)| format!("{count} {name}")).collect();
        format!("{} operations: {}; {:.2} requests for each", self.begun, told.join(", "), self.amplification)
    }
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
    /// The quantile 0.999.
    pub p999_ms: f64,
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
    /// `could_not_make` (the generator), or `could_not_decide`.
    pub kind: &'static str,
    /// The check's id, the scenario or the cases.
    pub what: String,
    /// For which contract, where it is one.
    pub contract: Option<String>,
    /// Why.
    pub why: String,
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
            contract_digests: digests(run, redactor),
            machine: run.machine.clone(),
            defects: run.defects.iter().map(shown).collect(),
            faults: run.faults.clone(),
            totals: run.totals,
            cost: run.cost.map(|cost| CostRecord {
                harness_cpu_ms: millis(cost.harness),
                service_cpu_ms: millis(cost.service),
                service_peak_memory_bytes: cost.service_peak_memory,
            }),
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
                    kind: kind_of(left, &verdict.apart.could_not_make),
                    what: redactor.text(&left.what),
                    contract: name(left.contract.as_ref(), redactor),
                    why: redactor.text(&left.why),
                })
                .collect(),
            notices: run.notices.iter().map(shown).collect(),
            fail_on: verdict.fail_on,
            findings: verdict.findings.iter().map(|f| FindingRecord::of(f, verdict.fail_on, redactor)).collect(),
            ambiguous: verdict.apart.ambiguous.iter().map(shown).collect(),
            environment: verdict.apart.environment.as_ref().map(shown),
            coverage_percent: (Coverage::percent(&verdict.coverage) * 10.0).round() / 10.0,
            coverage: verdict.coverage.iter().map(|coverage| CoverageRecord::of(coverage, redactor)).collect(),
        }
    }

    /// Findings that decide and stand below no other.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.decides && finding.under.is_none()).count()
    }

    /// Findings that stand below no other, with those below them.
    pub fn groups(&self) -> Vec<(&FindingRecord, Vec<&FindingRecord>)> {
        let top = self.findings.iter().filter(|finding| finding.under.is_none());
        let below = |top: &FindingRecord| -> Vec<&FindingRecord> {
            self.findings.iter().filter(|finding| finding.under.as_ref() == Some(&top.fingerprint)).collect()
        };
        top.map(|top| (top, below(top))).collect()
    }
}

impl LatencyRecord {
    pub(super) fn of(latency: &OperationLatency, redactor: &Redactor) -> Self {
        Self {
            contract: redactor.text(&latency.contract.to_string()),
            operation: redactor.text(&latency.operation),
            failed: latency.failed,
            corrected: QuantilesRecord::of(&latency.corrected),
            uncorrected: QuantilesRecord::of(&latency.uncorrected),
        }
    }
}

impl QuantilesRecord {
    pub(super) fn of(latency: &Latency) -> Self {
        let at = |quantile| latency.quantile(quantile).as_micros() as f64 / 1e3;
        Self {
            count: latency.count(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: latency.max().as_micros() as f64 / 1e3,
        }
    }
}

fn kind_of(left: &NotChecked, could_not_make: &[NotChecked]) -> &'static str {
    if could_not_make.contains(left) { "could_not_make" } else { "could_not_decide" }
}

pub(super) fn name(contract: Option<&ContractId>, redactor: &Redactor) -> Option<String> {
    contract.map(|id| redactor.text(&id.to_string()))
}

fn digests(run: &Run, redactor: &Redactor) -> BTreeMap<String, String> {
    let names = run.contracts.iter().map(|id| redactor.text(&id.to_string()));
    names.zip(run.contract_digests.iter().cloned()).collect()
}

pub(super) fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

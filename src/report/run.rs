//! The recorded run, as reports see it.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::check::Verdict;
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::generate::{Nonce, Seed};
use crate::observe::{Intervals, Latency, Measured, OperationLatency, Operations, ThresholdRun};
use crate::wire::Fault;

use super::Rows;

/// A run that is over.
#[derive(Clone, Debug)]
pub struct Run {
    /// The subcommand: `gate`, `check`, `load`, …
    pub command: String,
    /// The command line as it was given, secrets redacted.
    pub arguments: Vec<String>,
    /// When it began, by the system's clock.
    pub started: Timestamp,
    /// How long it took, in real time.
    pub took: Duration,
    /// What the shared clock showed at the start, and how fast it ran.
    pub clock: (Timestamp, f64),
    /// The seed.
    pub seed: Seed,
    /// The nonce.
    pub nonce: Nonce,
    /// The target's name and the gateway's address.
    pub target: (String, String),
    /// The contracts that were judged.
    pub contracts: Vec<ContractId>,
    /// A digest of what each of them says, in the same order.
    pub contract_digests: Vec<String>,
    /// Where the generator ran.
    pub machine: Machine,
    /// Defects that were switched on.
    pub defects: Vec<String>,
    /// Faults that were armed for the whole run, with what they did.
    pub faults: Vec<InjectedFault>,
    /// How much was done.
    pub totals: Totals,
    /// The scenarios.
    pub phases: Vec<Phase>,
    /// The latency bounds that the contracts promise, to be marked in the
    /// pictures.
    pub objectives: Vec<ObjectiveMark>,
    /// The gateway's rows, where they could be read.
    pub rows: Option<Rows>,
    /// What each policy did with each call at the gateway, where that was
    /// recorded.
    pub traces: Option<Rows>,
    /// What the user's service printed, where it was started for the run.
    pub output: Option<Rows>,
    /// Who used how much of the machine, where the user's service was started
    /// for the run.
    pub cost: Option<Cost>,
    /// Contents that are too long for a command line, by the name of their
    /// file in the run's folder.
    pub bodies: Vec<(String, Vec<u8>)>,
    /// What stands at the end.
    pub verdict: Verdict,
    /// Notices that concern no promise (what could not be made, what was left
    /// out of a document).
    pub notices: Vec<String>,
}

/// A fault that was armed for the whole run, and what it did on all systems of
/// the run together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InjectedFault {
    /// The fault.
    pub fault: Fault,
    /// How many requests matched its filters.
    pub matched: u64,
    /// How many of them it hit.
    pub hits: u64,
}

impl InjectedFault {
    /// In one line: what, where, how often.
    pub fn shown(&self) -> String {
        let table = self.fault.table.as_deref().map(|table| format!(" on {table}")).unwrap_or_default();
        format!("{}{table} ({} of {} requests)", self.fault.kind.name(), self.hits, self.matched)
    }
}

/// How much was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Cases played, replays not counted.
    pub cases: u64,
    /// Requests sent, of cases and scenarios, attempts and polls counted.
    pub exchanges: u64,
    /// Effects that the ledger shows.
    pub effects: u64,
    /// Answers 429, and 403 of a quota.
    pub throttled: u64,
}

/// Where the generator ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The operating system.
    pub os: &'static str,
    /// The processor's architecture.
    pub architecture: &'static str,
    /// How many threads run at once.
    pub cpus: usize,
    /// The processor's name, where the system tells it.
    pub processor: Option<String>,
}

/// Who used how much of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// CPU time of this process: generator, checks, and the embedded tiers.
    pub harness: Duration,
    /// CPU time of all processes of the user's service.
    pub service: Duration,
    /// The most memory that they held, in bytes, each at its own peak.
    pub service_peak_memory: u64,
}

impl Cost {
    /// In one line.
    pub fn shown(&self) -> String {
        let total = (self.harness + self.service).as_secs_f64().max(1e-9);
        format!(
            "{:.1} s harness ({:.0} %), {:.1} s service ({:.0} %), which held at most {} MiB",
            self.harness.as_secs_f64(),
            self.harness.as_secs_f64() / total * 100.0,
            self.service.as_secs_f64(),
            self.service.as_secs_f64() / total * 100.0,
            self.service_peak_memory / (1024 * 1024)
        )
    }
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Phase {
    /// Its name.
    pub scenario: Arc<str>,
    /// When it began, in real time since the run began.
    pub began: Duration,
    /// How long it took.
    pub took: Duration,
    /// First calls a second that were really sent.
    pub offered: f64,
    /// First calls that were due.
    pub due: u64,
    /// Those that were never sent because everybody was busy.
    pub dropped: u64,
    /// Those that a flow's trigger turned away.
    pub turned_away: u64,
    /// Requests sent, attempts and polls counted.
    pub exchanges: u64,
    /// What became of what flows asked for.
    pub operations: Operations,
    /// How late the generator itself was.
    pub lag: Latency,
    /// By contract and operation.
    pub latencies: Vec<OperationLatency>,
    /// The same second by second.
    pub intervals: Intervals,
    /// What was counted beside.
    pub measured: Measured,
    /// What became of its thresholds.
    pub thresholds: Vec<ThresholdRun>,
    /// Whether it was cut short.
    pub cut: bool,
}

/// A latency bound that a contract promises.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveMark {
    /// The contract.
    pub contract: ContractId,
    /// The quantile (0.95).
    pub quantile: f64,
    /// The bound.
    pub bound: Duration,
}

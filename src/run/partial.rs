//! Phases that still go on, as far as they are known: what `--fail-fast`
//! judges in between.

use std::sync::Arc;

use crate::observe::{CallRecord, Intervals, LastPart, Latency, Log, Measured, OperationLatency, Operations, PhaseRun};
use crate::wire::Fault;

/// Phases by scenario, growing.
pub(super) struct PartialPhases {
    runs: Vec<PhaseRun>,
    added: u64,
    faults: Vec<Fault>,
}

impl PartialPhases {
    /// No phases yet; `faults` are injected while they run.
    pub(super) fn beside(faults: Vec<Fault>) -> Self {
        Self { runs: Vec::new(), added: 0, faults }
    }

    /// Adds an exchange to its phase.
    pub(super) fn add(&mut self, scenario: &Arc<str>, record: CallRecord) {
        let index = self.runs.iter().position(|run| run.scenario == *scenario).unwrap_or_else(|| {
            self.runs.push(PhaseRun { faults: self.faults.clone(), ..empty(scenario.clone(), &record) });
            self.runs.len() - 1
        });
        let run = &mut self.runs[index];
        run.ended = run.ended.max(record.done);
        if record.attempt == 1 && !record.poll {
            run.due += 1;
            run.lag.record(record.sent.saturating_sub(record.due));
        }
        latency(run, &record);
        run.calls.push(record.mark(), record);
        self.added += 1;
    }

    /// Whether enough came in since the last time.
    pub(super) fn due_for_judging(&self, every: u64) -> bool {
        self.added > 0 && self.added.is_multiple_of(every)
    }

    /// The phases so far.
    pub(super) fn runs(&self) -> &[PhaseRun] {
        &self.runs
    }
}

fn empty(scenario: Arc<str>, first: &CallRecord) -> PhaseRun {
    PhaseRun {
        scenario,
        began: first.due,
        ended: first.done,
        due: 0,
        dropped: 0,
        turned_away: 0,
        operations: Operations::default(),
        lag: Latency::new(),
        latencies: Vec::new(),
        intervals: Intervals::default(),
        measured: Measured::default(),
        thresholds: Vec::new(),
        calls: Log::default(),
        unknown: Log::default(),
        strays: Vec::new(),
        faults: Vec::new(),
        ledger: Arc::default(),
        cut: false,
        last: LastPart::default(),
    }
}

fn latency(run: &mut PhaseRun, record: &CallRecord) {
    let position = run.latencies.iter().position(|l| l.contract == record.contract && l.operation == record.operation);
    let index = position.unwrap_or_else(|| {
        run.latencies.push(OperationLatency::of(&record.contract, &record.operation));
        run.latencies.len() - 1
    });
    let latency = &mut run.latencies[index];
    latency.corrected.record(record.done.saturating_sub(record.due));
    latency.uncorrected.record(record.done.saturating_sub(record.sent));
    if record.status.is_none_or(|status| status >= 500) && !record.refusable {
        latency.failed += 1;
    }
}

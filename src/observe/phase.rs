//! One scenario as it was observed.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{CallRecord, Intervals, Latency, LedgerEntry, Log, Measured, OperationLatency, Operations, ThresholdRun};
use crate::wire::Fault;

/// One scenario as it was observed.
#[derive(Clone, Debug)]
pub struct PhaseRun {
    /// The scenario's name.
    pub scenario: Arc<str>,
    /// When its first call was due, in real time since the run began.
    pub began: Duration,
    /// When its last answer was in.
    pub ended: Duration,
    /// First calls of flow runs that the scenario had due.
    pub due: u64,
    /// Those of them that were never sent because everybody was busy.
    pub dropped: u64,
    /// Runs that a flow's trigger turned away: as many were under way and waiting
    /// as its concurrency allows.
    pub turned_away: u64,
    /// What became of what was asked for.
    pub operations: Operations,
    /// How late the generator itself was: from the due instant, or from that at
    /// which a run that had waited for another one could begin, until a call
    /// asked for its turn; for first attempts.
    pub lag: Latency,
    /// By contract and operation.
    pub latencies: Vec<OperationLatency>,
    /// The same second by second.
    pub intervals: Intervals,
    /// What was counted beside.
    pub measured: Measured,
    /// What became of its thresholds.
    pub thresholds: Vec<ThresholdRun>,
    /// Every exchange.
    pub calls: Log<CallRecord>,
    /// What was asked for, of operations of which nobody knows what became.
    pub unknown: Log<CallRecord>,
    /// The faults that were injected meanwhile: by the scenario, or by one that
    /// ran beside it.
    pub faults: Vec<Fault>,
    /// What the ledger gained meanwhile, by the marks of the IDs that entries
    /// carry; scenarios that ran side by side share it.
    pub ledger: Arc<Log<LedgerEntry>>,
    /// What else was written meanwhile to tables that its contracts speak of.
    pub strays: Vec<Strays>,
    /// Whether the scenario was cut short.
    pub cut: bool,
    /// The part that was looked at last.
    pub last: LastPart,
}

/// A part that is kept while one check after the other looks at it. Clones
/// share it.
#[derive(Clone, Debug, Default)]
pub struct LastPart(Arc<Mutex<Option<Looked>>>);

type Looked = (Place, Arc<Part>);

/// Which part of how many it is, and how many calls and entries there were.
type Place = [u64; 4];

impl PhaseRun {
    /// First calls a second that were really sent.
    pub fn offered(&self) -> f64 {
        let seconds = self.ended.saturating_sub(self.began).as_secs_f64();
        if seconds > 0.0 { self.due.saturating_sub(self.dropped + self.turned_away) as f64 / seconds } else { 0.0 }
    }

    /// From when on calls that are due are measured, in real time since the run
    /// began.
    pub fn measured_from(&self) -> Duration {
        self.began + self.measured.warm_up
    }

    /// How late the generator itself was at its 99th percentile: with what was
    /// due, or with a bare timer.
    pub fn own_lag(&self) -> Duration {
        self.lag.quantile(0.99).max(self.measured.pulse.quantile(0.99))
    }

    /// All calls with what they wrote, part by part: what has one correlation ID
    /// is in one part, and no part is large.
    pub fn parts(&self) -> impl Iterator<Item = Arc<Part>> + '_ {
        let parts = self.calls.parts();
        (0..parts).map(move |number| {
            let place = [number, parts, self.calls.len(), self.ledger.len()];
            let mut last = self.last.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, part)) = last.as_ref().filter(|(at, _)| *at == place) {
                return part.clone();
            }
            // There is room for one.
            last.take();
            let part = Arc::new(self.part(number, parts));
            last.insert((place, part)).1.clone()
        })
    }

    fn part(&self, number: u64, parts: u64) -> Part {
        let calls = self.calls.part(number, parts);
        let unknown = self.unknown.part(number, parts);
        let own: HashSet<&str> = calls.iter().chain(&unknown).filter_map(|call| call.correlation.as_deref()).collect();
        let mut ledger = self.ledger.part(number, parts);
        ledger.retain(|entry| entry.carried().any(|text| own.contains(text)));
        Part { calls, unknown, ledger }
    }
}

/// Calls that are looked at together, and what was written under their
/// correlation IDs.
#[derive(Clone, Debug)]
pub struct Part {
    /// The calls.
    pub calls: Vec<CallRecord>,
    /// What was asked for, of operations of which nobody knows what became.
    pub unknown: Vec<CallRecord>,
    /// The entries.
    pub ledger: Vec<LedgerEntry>,
}

/// What was written to a table meanwhile under no ID that anybody sent.
#[derive(Clone, Debug)]
pub struct Strays {
    /// The table.
    pub table: String,
    /// How often.
    pub count: u64,
    /// The first of them.
    pub first: Vec<LedgerEntry>,
}

impl Strays {
    /// One more; no more than `shown` are kept.
    pub fn take(&mut self, entry: &LedgerEntry, shown: usize) {
        self.count += 1;
        if self.first.len() < shown {
            self.first.push(entry.clone());
        }
    }
}

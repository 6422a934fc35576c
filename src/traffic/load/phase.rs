//! One plan while it is played: who serves it, what it has seen.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::attack::AttackError;
use super::errand::Errand;
use super::open::Roster;
use crate::contract::ContractId;
use crate::generate::Need;
use crate::observe::{CallRecord, Event, Latency, OperationLatency, PhaseRun, Sink};
use crate::scenario::{Plan, Ticket};
use crate::target::{Target, TargetError};
use crate::traffic::armed::Armed;
use crate::traffic::connection::Pool;
use crate::wire::{Exchange, Fault};

/// A ticket that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) ticket: Ticket,
    /// When, in real time since the run began.
    pub(super) at: Duration,
}

/// A plan while it is played.
#[derive(Debug)]
pub(super) struct Phase {
    pub(super) target: Arc<Target>,
    pub(super) plan: Plan,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) pool: Pool,
    /// The runs that are under way, but for those of virtual users.
    pub(super) roster: Roster,
    /// How many calls may be under way at once.
    pub(super) lanes: Semaphore,
    /// Let go of at the end: virtual users keep the phase for longer.
    sink: Mutex<Option<Sink>>,
    /// The number of the last run that a virtual user began.
    run: AtomicU64,
    due: AtomicU64,
    dropped: AtomicU64,
    cut: AtomicBool,
    tally: Mutex<Tally>,
}

/// What was seen so far.
#[derive(Debug, Default)]
struct Tally {
    began: Duration,
    ended: Duration,
    lag: Latency,
    latencies: BTreeMap<(ContractId, Arc<str>), OperationLatency>,
    calls: Vec<CallRecord>,
    faults: Vec<Fault>,
    failed: Option<AttackError>,
}

impl Phase {
    pub(super) fn new(target: Arc<Target>, plan: Plan, sink: Sink, stop: watch::Receiver<bool>) -> Self {
        Self {
            pool: Pool::new(target.clone()),
            roster: Roster::default(),
            lanes: Semaphore::new(plan.lanes.max(plan.virtual_users()).max(1)),
            target,
            stop,
            sink: Mutex::new(Some(sink)),
            run: AtomicU64::new(plan.tickets.len() as u64),
            due: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            tally: Mutex::default(),
            plan,
        }
    }

    /// Arms the plan's faults, counted from now.
    pub(super) async fn arm(&self, armed: &mut Armed) -> Result<(), AttackError> {
        let now = self.target.clock.now();
        for planned in &self.plan.faults {
            let mut fault = planned.fault.clone();
            fault.from = Some(now.plus(planned.from));
            fault.until = planned.until.map(|until| now.plus(until));
            if !armed.arm(&fault).await? {
                return Err(AttackError::Lacks { scenario: self.plan.scenario.clone(), need: Need::Faults });
            }
            self.tally().faults.push(fault);
        }
        Ok(())
    }

    /// Makes a run; false where all is to stop, which ends it in its middle.
    pub(super) async fn made(&self, due: Due) -> bool {
        let mut stop = self.stop.clone();
        let run = Errand::new(self, due);
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => {
                self.cut_short();
                false
            }
            () = run.go() => true,
        }
    }

    /// The next run of a virtual user, which is due now: a trigger's event of
    /// its own.
    pub(super) fn at_once(&self, flow: usize, user: usize, only: Option<usize>) -> Due {
        let run = self.run.fetch_add(1, Ordering::Relaxed) + 1;
        self.was_due();
        let at = self.target.elapsed();
        let clone = user % self.plan.flows[flow].clones.len().max(1);
        let due = at.saturating_sub(self.began());
        Due { ticket: Ticket { due, flow, clone, copied: false, event: run, run, only }, at }
    }

    /// Its runs are due after now.
    pub(super) fn begin(&self) {
        let now = self.target.elapsed();
        let mut tally = self.tally();
        (tally.began, tally.ended) = (now, now);
    }

    /// When it began, in real time since the run began.
    pub(super) fn began(&self) -> Duration {
        self.tally().began
    }

    pub(super) fn was_due(&self) {
        self.due.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) async fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.send(Event::Dropped { scenario: self.plan.scenario.clone() }).await;
    }

    /// Takes note of an exchange and tells it.
    pub(super) async fn tell(&self, record: CallRecord, exchange: &Arc<Exchange>) {
        self.note(&record, exchange);
        let (scenario, record) = (self.plan.scenario.clone(), Box::new(record));
        self.send(Event::Call { scenario, record, exchange: exchange.clone() }).await;
    }

    async fn send(&self, event: Event) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            sink.tell(event).await;
        }
    }

    fn note(&self, record: &CallRecord, exchange: &Exchange) {
        let mut tally = self.tally();
        tally.ended = tally.ended.max(exchange.done);
        if exchange.attempt == 1 && !record.poll {
            tally.lag.record(exchange.sent.saturating_sub(exchange.due));
        }
        if !record.poll && !record.refusable {
            let key = (record.contract.clone(), record.operation.clone());
            let entry = tally.latencies.entry(key).or_insert_with(|| OperationLatency {
                contract: record.contract.clone(),
                operation: record.operation.clone(),
                corrected: Latency::new(),
                uncorrected: Latency::new(),
                failed: 0,
            });
            entry.corrected.record(exchange.latency());
            entry.uncorrected.record(exchange.service_time());
            entry.failed += u64::from(record.status.is_none_or(|status| status >= 500));
        }
        tally.calls.push(record.clone());
    }

    /// A call that was due could not be made.
    pub(super) fn could_not_make(&self, reason: &dyn std::fmt::Display) {
        let failed = AttackError::CouldNotMake { scenario: self.plan.scenario.clone(), reason: reason.to_string() };
        self.tally().failed.get_or_insert(failed);
    }

    /// No token can be had any more.
    pub(super) fn no_token(&self, error: TargetError) {
        self.tally().failed.get_or_insert(AttackError::Target(error));
    }

    /// What the whole phase was. Nothing is told any more.
    pub(super) fn finish(&self) -> Result<PhaseRun, AttackError> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        let tally = std::mem::take(&mut *self.tally());
        if let Some(failed) = tally.failed {
            return Err(failed);
        }
        Ok(PhaseRun {
            scenario: self.plan.scenario.clone(),
            began: tally.began,
            ended: tally.ended,
            due: self.due.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            lag: tally.lag,
            latencies: tally.latencies.into_values().collect(),
            calls: tally.calls,
            faults: tally.faults,
            ledger: Vec::new(),
            cut: self.cut.load(Ordering::Relaxed),
        })
    }

    /// It ends before its time.
    pub(super) fn cut_short(&self) {
        self.cut.store(true, Ordering::Relaxed);
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

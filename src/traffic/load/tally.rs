//! What was seen so far of a plan that is played.

use std::time::Duration;

use super::attack::AttackError;
use crate::observe::{
    CallRecord, IntervalRecorder, Latency, Log, Measured, OperationLatency, Operations, Seconds, ThresholdRun,
    Troubles, Watch,
};
use crate::scenario::Plan;
use crate::wire::{Failure, FailureKind, Fault, Response};

/// What was seen so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) began: Duration,
    pub(super) ended: Duration,
    pub(super) lag: Latency,
    pub(super) latencies: Vec<OperationLatency>,
    pub(super) intervals: Option<IntervalRecorder>,
    pub(super) operations: Operations,
    pub(super) troubles: Troubles,
    pub(super) measured: Measured,
    pub(super) calls: Log<CallRecord>,
    /// What was asked for, of operations of which nobody knows what became.
    pub(super) unknown: Log<CallRecord>,
    pub(super) faults: Vec<Fault>,
    pub(super) failed: Option<AttackError>,
    watch: Watch,
}

impl Tally {
    /// All begins now.
    pub(super) fn begin(&mut self, plan: &Plan, now: Duration) -> std::io::Result<()> {
        (self.began, self.ended) = (now, now);
        self.intervals = Some(IntervalRecorder::new()?);
        self.measured.warm_up = plan.warm_up;
        self.measured.seconds = Seconds::from(now);
        self.measured.cpus = std::thread::available_parallelism().map_or(1, usize::from);
        self.watch = Watch::new(&plan.thresholds, now + plan.warm_up);
        Ok(())
    }

    /// A run is due.
    pub(super) fn was_due(&mut self, now: Duration) {
        self.measured.seconds.at(now).due += 1;
        self.watch.due(now);
    }

    /// A run begins.
    pub(super) fn begins(&mut self, due: Duration, now: Duration) {
        self.measured.seconds.at(now).begun += 1;
        self.watch.begun(due);
    }

    /// A run that is due never begins.
    pub(super) fn dropped(&mut self, now: Duration) {
        self.measured.seconds.at(now).dropped += 1;
        self.watch.dropped(now);
    }

    /// A call asks for its turn, so much later than the generator should have.
    pub(super) fn lagged(&mut self, now: Duration, lag: Duration) {
        if now >= self.began + self.measured.warm_up {
            self.lag.record(lag);
        }
        self.was_late(now, lag);
    }

    /// A bare timer was so late, and this process used so much CPU since the
    /// last.
    pub(super) fn beat(&mut self, now: Duration, (lag, cpu): (Duration, Duration)) {
        if now >= self.began + self.measured.warm_up {
            self.measured.pulse.record(lag);
        }
        self.measured.cpu += cpu;
        self.measured.seconds.at(now).cpu += cpu;
        self.was_late(now, lag);
    }

    fn was_late(&mut self, now: Duration, lag: Duration) {
        let second = self.measured.seconds.at(now);
        second.lag = second.lag.max(lag);
        self.watch.lag(now, lag);
    }

    /// It is now so late: gives whether a threshold is broken that ends the
    /// scenario.
    pub(super) fn until(&mut self, now: Duration) -> bool {
        self.watch.until(now)
    }

    /// What became of the thresholds.
    pub(super) fn thresholds(&mut self) -> Vec<ThresholdRun> {
        std::mem::take(&mut self.watch).finish()
    }

    /// Takes note of a call and of how large its contents were.
    pub(super) fn call(&mut self, record: CallRecord, sizes: (u64, u64)) {
        self.ended = self.ended.max(record.done);
        // The first request is counted with the operation, whatever follows it
        // where it is sent again.
        self.operations.attempts += u64::from(record.attempt > 1);
        self.troubles.count(&record);
        self.measured.call(&record, sizes);
        if !record.poll && !record.refusable {
            self.latency(&record);
        }
        self.calls.push(record.mark(), record);
    }

    fn latency(&mut self, record: &CallRecord) {
        let warm_up = self.measured.is_warm_up(self.began, record.due);
        if let Some(intervals) = &mut self.intervals {
            intervals.record(record, warm_up);
        }
        self.watch.call(record);
        if warm_up {
            self.measured.warmed += 1;
            return;
        }
        let mut known = self.latencies.iter_mut();
        let known = known.find(|l| l.operation == record.operation && l.contract == record.contract);
        if let Some(latency) = known {
            latency.record(record);
        } else {
            let mut latency = OperationLatency::of(&record.contract, &record.operation);
            latency.record(record);
            self.latencies.push(latency);
        }
    }

    /// An operation has its result: whether that tells what became of it.
    pub(super) fn operation_ends(&mut self, outcome: Option<&Result<Response, Failure>>) -> bool {
        let operations = &mut self.operations;
        match outcome {
            // Whatever needs no more than a glance was done.
            None => operations.done += 1,
            Some(Ok(response)) if (200..300).contains(&response.status) => operations.done += 1,
            Some(Ok(response)) if matches!(response.status, 408 | 429 | 500..) => operations.given_up += 1,
            Some(Ok(_)) => operations.refused += 1,
            Some(Err(failure)) if matches!(failure.kind, FailureKind::Connect | FailureKind::Refused) => {
                operations.given_up += 1;
            }
            // It may have been done.
            Some(Err(_)) => return false,
        }
        true
    }
}

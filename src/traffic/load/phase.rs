//! One plan while it is played: who serves it, what it has seen.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Notify, watch};

use super::allowance::Allowances;
use super::attack::AttackError;
use super::errand::Errand;
use super::lines::{Lines, NOBODY};
use super::open::Roster;
use super::payloads::Payloads;
use super::tally::Tally;
use crate::flow::mix;
use crate::generate::Need;
use crate::observe::{CallRecord, Event, Glimpse, IntervalRecorder, LastPart, Live, OperationLatency, PhaseRun, Sink};
use crate::scenario::{Kept, Plan, Ticket};
use crate::target::{Target, TargetError};
use crate::traffic::armed::Armed;
use crate::traffic::connection::Pool;
use crate::wire::{Exchange, Failure, Response};

/// How long runs that are under way may go on when all is to stop, in real time.
const DRAIN: Duration = Duration::from_secs(2);

/// How many seconds tell how it stands now.
const RECENT: u64 = 5;

/// How many connections are opened at once before the start.
const CONNECTING: usize = 64;

/// A ticket that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    pub(super) ticket: Ticket,
    /// When, in real time since the run began.
    pub(super) at: Duration,
    /// When it could begin: later where it waited until another had ended.
    pub(super) ready: Duration,
}

/// A plan while it is played.
#[derive(Debug)]
pub(super) struct Phase {
    pub(super) target: Arc<Target>,
    pub(super) plan: Plan,
    /// It is to stop.
    halt: watch::Sender<bool>,
    /// Clients of others than the gateway.
    pub(super) pool: Pool,
    pub(super) lines: Lines,
    pub(super) payloads: Payloads,
    /// The runs that are under way, but for those of virtual users.
    pub(super) roster: Roster,
    pub(super) allowances: Allowances,
    /// Let go of at the end: virtual users keep the phase for longer.
    sink: Mutex<Option<Sink>>,
    /// The number of the last run that began without a ticket.
    run: AtomicU64,
    due: AtomicU64,
    dropped: AtomicU64,
    turned_away: AtomicU64,
    cut: AtomicBool,
    /// How many runs are under way.
    going: AtomicUsize,
    /// None is any more.
    rests: Notify,
    tally: Mutex<Tally>,
}

impl Phase {
    pub(super) fn new(target: Arc<Target>, plan: Plan, sink: Sink, stop: bool) -> Self {
        Self {
            pool: Pool::new(target.clone()),
            lines: Lines::new(target.clone(), &plan),
            payloads: Payloads::of(&plan),
            roster: Roster::of(&plan),
            allowances: Allowances::of(&plan),
            target,
            halt: watch::Sender::new(stop),
            sink: Mutex::new(Some(sink)),
            run: AtomicU64::new(plan.tickets.len()),
            due: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            cut: AtomicBool::new(false),
            going: AtomicUsize::new(0),
            rests: Notify::new(),
            tally: Mutex::default(),
            plan,
        }
    }

    /// Arms the plan's faults, counted from now.
    pub(super) async fn arm(&self, armed: &mut Armed) -> Result<(), AttackError> {
        if let Some(waits) = &self.plan.waits {
            armed.wait(waits).await?;
        }
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

    /// Makes a run; false where all is to stop, which may end it in its middle.
    /// `halted` comes back then, and serves for the runs that follow too.
    pub(super) async fn made(&self, due: Due, halted: Pin<&mut impl Future<Output = ()>>) -> bool {
        if self.is_halted() {
            self.cut_short();
            return false;
        }
        self.going.fetch_add(1, Ordering::SeqCst);
        self.tally().begins(due.at, self.target.elapsed());
        let made = self.went(due, halted).await;
        if self.going.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.rests.notify_waiters();
        }
        made
    }

    /// Waits until no run is under way.
    pub(super) async fn rest(&self) {
        loop {
            let rests = self.rests.notified();
            if self.going.load(Ordering::SeqCst) == 0 {
                return;
            }
            rests.await;
        }
    }

    /// It is to stop.
    pub(super) fn halt(&self) {
        self.halt.send_replace(true);
    }

    /// Whether it is to stop.
    pub(super) fn is_halted(&self) -> bool {
        *self.halt.borrow()
    }

    /// Comes back once it is to stop.
    pub(super) async fn halted(&self) {
        let _ = self.halt.subscribe().wait_for(|halt| *halt).await;
    }

    async fn went(&self, due: Due, halted: Pin<&mut impl Future<Output = ()>>) -> bool {
        let run = Errand::new(self, due);
        let mut going = pin!(run.go());
        tokio::select! {
            biased;
            _ = &mut going => return true,
            () = halted => {}
        }
        // What is under way may come to its end; what lasts is cut off.
        self.cut_short();
        let _ = tokio::time::timeout(DRAIN, going).await;
        false
    }

    /// The next run of a virtual user, which is due now: a trigger's event of
    /// its own.
    pub(super) fn at_once(&self, now: Duration, (flow, user): (usize, usize), only: Option<usize>) -> Due {
        let run = self.next_run();
        self.due.fetch_add(1, Ordering::Relaxed);
        let mut tally = self.tally();
        tally.was_due(now);
        let clone = user % self.plan.flows[flow].clones.len().max(1);
        let due = now.saturating_sub(tally.began);
        Due { ticket: Ticket { due, flow, clone, copied: false, event: run, run, only }, at: now, ready: now }
    }

    /// Makes its payloads beforehand.
    pub(super) fn prepare(&self) -> Result<(), AttackError> {
        self.payloads.fill(&self.plan, &self.target).map_err(|reason| AttackError::CouldNotMake {
            scenario: self.plan.scenario.clone(),
            reason: reason.to_string(),
        })
    }

    /// The number of a run that no ticket has.
    pub(super) fn next_run(&self) -> u64 {
        self.run.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Opens the connections that are to be open before the first run is due.
    pub(super) async fn connect(&self) -> Result<(), AttackError> {
        let open = (0..self.plan.connections.at_start()).map(|_| self.lines.connect());
        let opened: Result<Vec<()>, Failure> = stream::iter(open).buffer_unordered(CONNECTING).try_collect().await;
        opened.map(drop).map_err(|failure| AttackError::Connect(failure.detail))
    }

    /// Whose connections a flow's copy uses.
    pub(super) fn owner(&self, ticket: &Ticket) -> u64 {
        match self.plan.connections.kept {
            Kept::Shared | Kept::Never => NOBODY,
            Kept::ByFlow => mix(ticket.flow as u64 + 1, &[ticket.clone as u64, u64::from(ticket.copied)]).max(1),
        }
    }

    /// Its runs are due after now.
    pub(super) fn begin(&self) -> Result<(), AttackError> {
        let now = self.target.elapsed();
        Ok(self.tally().begin(&self.plan, now)?)
    }

    /// When it began, in real time since the run began.
    pub(super) fn began(&self) -> Duration {
        self.tally().began
    }

    /// A run that was due could not begin before now.
    pub(super) fn waited(&self, due: Due) -> Due {
        self.tally().measured.waited += 1;
        Due { ready: self.target.elapsed(), ..due }
    }

    /// A call waits for what its flow's owner may do.
    pub(super) fn slowed(&self) {
        self.tally().measured.slowed += 1;
    }

    pub(super) fn was_due(&self) {
        self.due.fetch_add(1, Ordering::Relaxed);
        self.tally().was_due(self.target.elapsed());
    }

    pub(super) async fn dropped(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
        self.tally().dropped(self.target.elapsed());
        self.send(Event::Dropped { scenario: self.plan.scenario.clone() }).await;
    }

    /// A flow's trigger takes no more runs.
    pub(super) fn turned_away(&self) {
        self.turned_away.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes note of an exchange and tells it.
    pub(super) async fn tell(&self, record: CallRecord, exchange: &Arc<Exchange>) {
        let received = exchange.response().map_or(0, |response| response.body.len() as u64);
        self.note(record.clone(), (exchange.request.body.len(), received));
        let (scenario, record) = (self.plan.scenario.clone(), Box::new(record));
        self.send(Event::Call { scenario, record, exchange: exchange.clone() }).await;
    }

    async fn send(&self, event: Event) {
        let sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(sink) = sink {
            sink.tell(event).await;
        }
    }

    /// Whether nobody wants to be told of an answer.
    pub(super) fn is_plain(&self, glimpse: &Glimpse<'_>) -> bool {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).as_ref().is_some_and(|sink| sink.is_plain(glimpse))
    }

    /// An operation begins.
    pub(super) fn operation_begins(&self) {
        let mut tally = self.tally();
        let operations = &mut tally.operations;
        operations.begun += 1;
        operations.attempts += 1;
    }

    /// An operation has its result: whether that tells what became of it.
    pub(super) fn operation_ends(&self, outcome: Option<&Result<Response, Failure>>) -> bool {
        self.tally().operation_ends(outcome)
    }

    /// Nobody knows what became of an operation.
    pub(super) fn unknown(&self, asked: CallRecord) {
        self.tally().unknown.push(asked.mark(), asked);
    }

    /// A first attempt asks for its turn that could have since then.
    pub(super) fn asks(&self, could: Duration) {
        let now = self.target.elapsed();
        self.tally().lagged(now, now.saturating_sub(could));
    }

    /// A bare timer was so late, and this process used so much CPU since the
    /// last.
    pub(super) fn beat(&self, late: Duration, cpu: Duration) {
        let now = self.target.elapsed();
        let mut tally = self.tally();
        tally.beat(now, (late, cpu));
        if tally.until(now) {
            self.halt();
        }
    }

    /// Takes note of an exchange, and of how large its contents were.
    pub(super) fn note(&self, record: CallRecord, sizes: (u64, u64)) {
        self.tally().call(record, sizes);
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

    /// How it stands.
    pub(super) fn live(&self) -> Live {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let (due, dropped, turned_away) = (load(&self.due), load(&self.dropped), load(&self.turned_away));
        let now = self.target.elapsed();
        let tally = self.tally();
        let mut all: Option<OperationLatency> = None;
        for latency in &tally.latencies {
            match &mut all {
                Some(all) => all.add(latency),
                None => all = Some(latency.clone()),
            }
        }
        let at = |quantile| all.as_ref().map_or(Duration::ZERO, |all| all.corrected.quantile(quantile));
        Live {
            scenario: self.plan.scenario.clone(),
            at: now.saturating_sub(tally.began),
            lasts: self.plan.lasts(),
            stops_within: self.is_halted().then_some(DRAIN),
            recent: tally.measured.seconds.last(now, RECENT),
            due,
            begun: due.saturating_sub(dropped + turned_away + self.roster.waiting() as u64),
            dropped,
            going: self.going.load(Ordering::SeqCst),
            p50: at(0.5),
            p99: at(0.99),
            troubles: tally.troubles,
            operations: tally.operations,
        }
    }

    /// What the whole phase was. Nothing is told any more.
    pub(super) fn finish(&self) -> Result<PhaseRun, AttackError> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut tally = std::mem::take(&mut *self.tally());
        tally.latencies.sort_by(|a, b| (&a.contract, &a.operation).cmp(&(&b.contract, &b.operation)));
        if let Some(failed) = tally.failed {
            return Err(failed);
        }
        let thresholds = tally.thresholds();
        Ok(PhaseRun {
            scenario: self.plan.scenario.clone(),
            began: tally.began,
            ended: tally.ended,
            due: self.due.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            turned_away: self.turned_away.load(Ordering::Relaxed),
            operations: tally.operations,
            lag: tally.lag,
            latencies: tally.latencies,
            intervals: tally.intervals.map(IntervalRecorder::finish).transpose()?.unwrap_or_default(),
            measured: tally.measured,
            thresholds,
            calls: tally.calls,
            unknown: tally.unknown,
            strays: Vec::new(),
            faults: tally.faults,
            ledger: Arc::default(),
            cut: self.cut.load(Ordering::Relaxed),
            last: LastPart::default(),
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

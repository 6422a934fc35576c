//! A job at work: delivered until it has ended, a few times at most.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::super::call::Call;
use super::super::callback::Letter;
use super::super::dataverse::{Condition, Errand, GivenUp, Trouble};
use super::super::defect::Defect;
use super::super::execution::Execution;
use super::super::ledger::{Begun, Place};
use super::super::memory::{Claim, Standing};
use super::super::problem::{Answer, FailureType, Fault};
use super::apply::{Applied, Work, unknown_account, write_all, write_one};
use super::batch::Entry;
use super::record::Record;
use super::result::{Completed, RecordResult, echoed};
use super::v2::{Part, Set};

/// How long one delivery goes on retrying, by the shared clock.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a job is delivered: what fails every time is poison.
const DELIVERIES: u32 = 3;
/// The wait before a job is delivered again, by the shared clock; grows.
const PAUSE: Duration = Duration::from_secs(2);

/// A job for which Dataverse asks to wait longer has failed.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What became of a record.
#[derive(Clone, Debug)]
enum Outcome {
    Updated,
    Invalid(Fault),
    Conflict,
    Failed,
}

/// A job that was taken, as it is stored until it has ended.
#[derive(Debug)]
pub(in super::super) struct Taken {
    /// Whose, and which.
    pub(in super::super) place: Place,
    call: Call,
    set: Set,
    /// With what it was begun, until the first delivery takes it.
    claim: Mutex<Option<Claim<bool>>>,
    begun: Mutex<Option<Begun>>,
    deliveries: AtomicU32,
}

impl Taken {
    pub(super) fn new(place: Place, call: Call, set: Set, (begun, claim): (Begun, Claim<bool>)) -> Self {
        let (claim, begun) = (Mutex::new(Some(claim)), Mutex::new(Some(begun)));
        Self { place, call, set, claim, begun, deliveries: AtomicU32::new(0) }
    }
}

fn take<T>(cell: &Mutex<Option<T>>) -> Option<T> {
    cell.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Works at a job until it has ended. After a crash the next process begins
/// here again, with what is stored.
pub(in super::super) async fn work(execution: Arc<Execution>, number: u64, taken: Arc<Taken>) {
    let lane = execution.lanes.of(&taken.place.principal);
    let _turn = lane.acquire().await;
    let forever = execution.defects.has(Defect::PoisonedForever);
    loop {
        let delivery = taken.deliveries.fetch_add(1, Ordering::Relaxed) + 1;
        let mut job = Delivery::new(&execution, &taken, delivery);
        let outcomes = job.run(delivery).await;
        let failed = outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed));
        if failed && execution.defects.has(Defect::StuckAfterFailure) {
            if let Some(begun) = take(&taken.begun) {
                begun.stick();
            }
            break;
        }
        let told = Duration::from_secs(job.told.load(Ordering::Relaxed));
        let pause = told.max(PAUSE * delivery.min(DELIVERIES));
        if failed && (forever || (delivery < DELIVERIES && pause <= LONGEST_PAUSE)) {
            execution.clock.sleep(pause).await;
            continue;
        }
        job.end(outcomes, failed);
        break;
    }
    execution.queue.remove(number);
}

/// One delivery of a job.
struct Delivery<'d> {
    execution: &'d Arc<Execution>,
    taken: &'d Taken,
    set: &'d Set,
    errand: Errand,
    standings: Vec<Standing<bool>>,
    claim: Option<Claim<bool>>,
    /// The longest wait that Dataverse has asked for, in seconds.
    told: AtomicU64,
}

impl<'d> Delivery<'d> {
    /// The first one has what the call claimed; each other claims anew what is
    /// not done.
    fn new(execution: &'d Arc<Execution>, taken: &'d Taken, delivery: u32) -> Self {
        let set = &taken.set;
        let mut errand = execution.errand(&taken.call, PATIENCE);
        errand.hurried |= execution.defects.has(Defect::JobsAllAtOnce);
        let (standings, claim) = match take(&taken.claim) {
            Some(claim) => (set.standings.clone(), Some(claim)),
            None if delivery > 1 && execution.defects.has(Defect::RedeliveredTwice) => {
                (vec![Standing::New; set.records.len()], None)
            }
            None => set.claim(execution, |_| true),
        };
        Self { execution, taken, set, errand, standings, claim, told: AtomicU64::new(0) }
    }

    async fn run(&mut self, delivery: u32) -> Vec<Outcome> {
        self.execution.hesitate().await;
        let mut outcomes: Vec<Option<Outcome>> = (0..self.set.records.len()).map(|n| self.known(n)).collect();
        if delivery <= DELIVERIES || self.execution.defects.has(Defect::PoisonedForever) {
            self.write(&mut outcomes).await;
        } else {
            // It took the process with it each time.
            outcomes.iter_mut().filter(|o| o.is_none()).for_each(|o| *o = Some(Outcome::Failed));
        }
        for (n, outcome) in outcomes.iter_mut().enumerate() {
            if outcome.is_none() {
                *outcome = Some(self.wait(n).await);
            }
        }
        outcomes.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Failed)).collect()
    }

    /// The job has ended: whoever asks is told, and the flow is called.
    fn end(&self, outcomes: Vec<Outcome>, failed: bool) {
        let defects = &self.execution.defects;
        let (content, told) = self.result(outcomes, failed);
        let open = failed && !defects.has(Defect::ThrottleRemembered);
        if self.execution.caller.is_some() {
            let letter = Letter::new(self.taken.place.clone(), &self.taken.call, told);
            // What is taken up again ends a second time, and is told once.
            if self.execution.outbox.put(&letter) {
                self.execution.call_back(letter);
            }
        }
        if let Some(begun) = take(&self.taken.begun) {
            begun.end(content.body, open);
        }
    }

    /// What is known of a record without doing anything.
    fn known(&self, n: usize) -> Option<Outcome> {
        let (index, record) = &self.set.records[n];
        match (&self.set.parts[n], &self.standings[n]) {
            (Part::Unknown, _) => Some(Outcome::Invalid(unknown_account(*index, record))),
            (_, Standing::Done(_)) => Some(Outcome::Updated),
            (_, Standing::Conflict) => Some(Outcome::Conflict),
            (_, Standing::Running | Standing::New | Standing::Open(_)) => None,
        }
    }

    /// Writes what was claimed.
    async fn write(&mut self, outcomes: &mut [Option<Outcome>]) {
        let Some(mut claim) = self.claim.take() else { return self.write_again(outcomes).await };
        let work: Vec<Work> = (0..self.set.records.len()).filter_map(|n| self.work(n, &claim)).collect();
        for work in &work {
            claim.intend(self.set.items[work.index].0, true);
        }
        let mut written = write_all(self.execution, &self.errand, work);
        let mut failed = false;
        while let Some((work, applied)) = written.next().await {
            // The index of this work is the place among the valid records.
            outcomes[work.index] = Some(self.settle(&mut claim, &work, applied));
            failed |= matches!(outcomes[work.index], Some(Outcome::Failed));
        }
        if failed && self.execution.defects.has(Defect::StuckAfterFailure) {
            claim.stick();
        }
    }

    /// The defect that begins from the beginning when a job is delivered again.
    async fn write_again(&self, outcomes: &mut [Option<Outcome>]) {
        let records = self.set.records.iter().enumerate().filter(|(n, _)| !matches!(self.set.parts[*n], Part::Unknown));
        let work = records.map(|(index, (_, record))| Work {
            index,
            record: record.clone(),
            condition: Condition::Unread,
            maybe_done: false,
        });
        let mut written = write_all(self.execution, &self.errand, work.collect());
        while let Some((work, applied)) = written.next().await {
            outcomes[work.index] = Some(if applied == Applied::Done { Outcome::Updated } else { Outcome::Failed });
        }
    }

    fn work(&self, n: usize, claim: &Claim<bool>) -> Option<Work> {
        let maybe_done = *claim.progress(self.set.items[n].0)?;
        let condition = match &self.set.parts[n] {
            Part::Version(etag) => Condition::Version(etag.clone()),
            Part::Unread | Part::Unknown => Condition::Unread,
        };
        Some(Work { index: n, record: self.set.records[n].1.clone(), condition, maybe_done })
    }

    fn settle(&self, claim: &mut Claim<bool>, work: &Work, applied: Applied) -> Outcome {
        let (n, maybe_done) = (work.index, work.maybe_done);
        let item = self.set.items[n].0;
        match applied {
            Applied::Done => {
                claim.done(item, false);
                Outcome::Updated
            }
            Applied::GivenUp(GivenUp { trouble, maybe_done }) => {
                if let Trouble::Unavailable { retry_after } = trouble {
                    self.told.fetch_max(retry_after, Ordering::Relaxed);
                }
                if !self.execution.defects.has(Defect::StuckAfterFailure) {
                    claim.open(item, maybe_done);
                }
                let (index, record) = &self.set.records[n];
                if trouble == Trouble::Gone {
                    Outcome::Invalid(unknown_account(*index, record))
                } else {
                    Outcome::Failed
                }
            }
            Applied::NotBegun => {
                claim.open(item, maybe_done);
                Outcome::Failed
            }
        }
    }

    /// Another call works at this record: what it leaves behind counts.
    async fn wait(&self, n: usize) -> Outcome {
        let mut changes = self.execution.records.changes();
        loop {
            changes.mark_unchanged();
            let item = [self.set.items[n]];
            let (standings, claim) = self
                .execution
                .records
                .claim(&self.set.scope, &item, |s| matches!(s[0], Standing::New | Standing::Open(_)));
            match (claim, &standings[0]) {
                (Some(mut claim), _) => {
                    let Some(work) = self.work(n, &claim) else { return Outcome::Failed };
                    claim.intend(self.set.items[n].0, true);
                    let applied = write_one(self.execution, &self.errand, &work).await;
                    return self.settle(&mut claim, &work, applied);
                }
                (None, Standing::Done(_)) => return Outcome::Updated,
                (None, Standing::Conflict) => return Outcome::Conflict,
                (None, _) => {}
            }
            // The sender lives as long as the memory that is asked.
            let _ = changes.changed().await;
        }
    }

    /// The answer to whoever asks, and what the flow is told.
    fn result(&self, outcomes: Vec<Outcome>, failed: bool) -> (Answer, Value) {
        let defects = &self.execution.defects;
        let broken = defects.has(Defect::ResponseEnumBroken);
        let mut valid = self.set.records.iter().zip(outcomes);
        let result = |(index, entry): (usize, &Entry)| match entry {
            Entry::Invalid { id, faults, .. } => RecordResult {
                id: id.clone(),
                index: Some(index),
                outcome: "invalid",
                errors: faults.clone(),
                ..RecordResult::default()
            },
            Entry::Valid(_) => {
                let ((_, record), outcome) = valid.next().expect("there is an outcome for each valid record");
                told_of(index, record, outcome, broken)
            }
        };
        let records: Vec<RecordResult> = self.set.batch.entries.iter().enumerate().map(result).collect();
        let updated = records.iter().filter(|r| r.outcome == "updated").count();
        let rest = records.len() - updated;
        let small = defects.has(Defect::SmallFailedJobCompleted) && records.len() <= 2;
        let failed = failed && !defects.has(Defect::JobCompletedThoughFailed) && !small;
        let status = if failed { "failed" } else { "completed" };
        let typed = failed && !defects.has(Defect::FailedJobWithoutType);
        let failure_type = typed.then(|| {
            let own = defects.has(Defect::FailedJobOfUnknownType);
            if own { "dataverse_error" } else { FailureType::DownstreamUnavailable.facts().0 }
        });
        let mut told = json!({ "jobId": self.set.id, "status": status, "updated": updated, "failed": rest });
        if let Some(failure_type) = failure_type {
            told["failureType"] = json!(failure_type);
        }
        let content = Completed { batch_id: &self.set.id, status, failure_type, updated, failed: Some(rest), records };
        (Answer::json(200, &content), told)
    }
}

fn told_of(index: usize, record: &Record, outcome: Outcome, broken: bool) -> RecordResult {
    let fault = |detail: &str| vec![Fault::new(format!("/records/{index}"), detail).of(Some(&record.id_text))];
    let (outcome, status, errors) = match outcome {
        Outcome::Updated => ("updated", echoed(record.status, broken), Vec::new()),
        Outcome::Invalid(fault) => ("invalid", None, vec![fault]),
        Outcome::Conflict => ("conflict", None, fault("was sent with other content under this correlation ID")),
        Outcome::Failed => ("failed", None, fault("was not taken by Dataverse; send the same call again")),
    };
    RecordResult { id: Some(record.id_text.clone()), index: Some(index), outcome, status, errors }
}

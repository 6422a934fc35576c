//! Version 2: the set is taken as a job that can be asked for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;

use super::super::call::Call;
use super::super::dataverse::{Condition, Errand, GivenUp, Trouble};
use super::super::defect::Defect;
use super::super::execution::Execution;
use super::super::ledger::{Begun, JobState, Place};
use super::super::memory::{Claim, Fingerprint, ItemId, Scope, Standing};
use super::super::problem::{Answer, Fault, Problem};
use super::super::route::Contract;
use super::apply::{Applied, Work, unknown_account, versions, write_ahead, write_all, write_one};
use super::batch::{Batch, Entry, OnInvalid, Rules};
use super::record::Record;
use super::result::{Completed, RecordResult, accepted, batch_id, echoed};
use super::v1::{all_valid, items, refusal, replay_key, told};

const RULES: Rules = Rules { most_records: 2000, on_invalid: true };
/// How long the part before the answer goes on retrying, by the shared clock.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long a job goes on retrying, by the shared clock.
const JOB_PATIENCE: Duration = Duration::from_mins(10);

/// Takes a set.
pub(in super::super) async fn submit(execution: &Arc<Execution>, call: &Call, body: &Bytes) -> Result<Answer, Problem> {
    let batch = Batch::read(body, RULES)?;
    let errand = execution.errand(call, PATIENCE);
    if batch.on_invalid == OnInvalid::RefuseAll {
        all_valid(execution, &errand, &batch).await?;
    }
    let id = batch_id(Contract::BulkUpdateV2, call, &batch);
    let place = Place::of(Contract::BulkUpdateV2, call, &id);
    let answer = accepted(&id, execution.location(Contract::BulkUpdateV2, call, &id));
    let racing = execution.defects.has(Defect::DuplicateRace);
    match execution.ledger.state(&place) {
        Some(JobState::Running) if !racing => return Ok(answer),
        Some(JobState::Ended { open: false, .. }) => return Ok(answer),
        _ => {}
    }
    let mut set = Set::new(execution, call, batch, id);
    let replay = replay_key(execution, &set.scope, &set.items);
    if let Some(answer) = execution.replays.get(replay.as_ref()) {
        return Ok(answer);
    }
    set.look(execution, &errand).await?;
    let begun = execution.ledger.begin(&place, racing, || set.take(execution))?;
    if let Some((begun, claim)) = begun {
        let errand = execution.errand(call, JOB_PATIENCE);
        let job = Job { execution: Arc::clone(execution), errand, set };
        execution.tasks.spawn(job.run(begun, claim));
    }
    execution.replays.keep(replay, || answer.clone());
    Ok(answer)
}

/// How one valid record of a job stands.
#[derive(Clone, Debug)]
enum Part {
    /// Its account was not asked for: it need not be written, or not now.
    Unread,
    /// It has this version.
    Version(String),
    /// It names no account.
    Unknown,
}

/// A set and what is known about it.
struct Set {
    id: String,
    batch: Batch,
    scope: Scope,
    records: Vec<(usize, Record)>,
    items: Vec<(ItemId, Fingerprint)>,
    parts: Vec<Part>,
    standings: Vec<Standing<bool>>,
}

impl Set {
    fn new(execution: &Execution, call: &Call, batch: Batch, id: String) -> Self {
        let records = batch.valid();
        let items = items(execution, &records);
        let parts = vec![Part::Unread; records.len()];
        let apart = execution.defects.has(Defect::ScopeWithVersion);
        let scope = Scope::with_step(if apart { "submitBatch 2" } else { "submitBatch" }, call);
        Self { id, batch, scope, records, items, parts, standings: Vec::new() }
    }

    /// Reads the accounts of what is likely to be written.
    async fn look(&mut self, execution: &Arc<Execution>, errand: &Errand) -> Result<(), Problem> {
        let standings = execution.records.standings(&self.scope, &self.items);
        let free = |n: &usize| matches!(standings[*n], Standing::New | Standing::Open(_));
        let asked: Vec<usize> = (0..self.records.len()).filter(free).collect();
        let records: Vec<_> = asked.iter().map(|n| self.records[*n].clone()).collect();
        let versions = versions(execution, errand, &records).await.map_err(|trouble| told(trouble, &[]))?;
        let mut faults = Vec::new();
        for (n, version) in asked.into_iter().zip(versions) {
            self.parts[n] = version.map_or(Part::Unknown, Part::Version);
            if let (Part::Unknown, (index, record)) = (&self.parts[n], &self.records[n]) {
                faults.push(unknown_account(*index, record));
            }
        }
        if faults.is_empty() || self.batch.on_invalid == OnInvalid::SkipInvalid {
            return Ok(());
        }
        if execution.defects.has(Defect::WriteBeforeValidation) {
            let known = |part: &Part| !matches!(part, Part::Unknown);
            let ahead = self.records.iter().zip(&self.parts).take_while(|(_, part)| known(part));
            write_ahead(execution, errand, ahead.map(|((_, record), _)| record.clone()).collect()).await;
        }
        Err(Problem::invalid(faults))
    }

    /// Claims what is free. What runs elsewhere is waited for by the job; a
    /// conflict refuses the set, unless the caller chose to skip it.
    fn take(&mut self, execution: &Execution) -> Result<Claim<bool>, Problem> {
        let skip = self.batch.on_invalid == OnInvalid::SkipInvalid;
        let may = |standings: &[Standing<bool>]| skip || !standings.contains(&Standing::Conflict);
        // Records without an account are no items: nothing is remembered of
        // them.
        let known = |n: &usize| !matches!(self.parts[*n], Part::Unknown);
        let known: Vec<usize> = (0..self.records.len()).filter(known).collect();
        let items: Vec<_> = known.iter().map(|n| self.items[*n]).collect();
        let (standings, claim) = execution.records.claim(&self.scope, &items, may);
        let mut all = vec![Standing::New; self.records.len()];
        for (n, standing) in known.into_iter().zip(standings) {
            all[n] = standing;
        }
        self.standings = all;
        claim.ok_or_else(|| refusal(execution, &self.records, &self.standings))
    }
}

/// What became of a record.
#[derive(Clone, Debug)]
enum Outcome {
    Updated,
    Invalid(Fault),
    Conflict,
    Failed,
}

struct Job {
    execution: Arc<Execution>,
    errand: Errand,
    set: Set,
}

impl Job {
    async fn run(self, begun: Begun, claim: Claim<bool>) {
        self.execution.hesitate().await;
        let defects = self.execution.defects.clone();
        let mut outcomes: Vec<Option<Outcome>> = (0..self.set.records.len()).map(|n| self.known(n)).collect();
        let stuck = self.write(claim, &mut outcomes).await;
        if stuck && defects.has(Defect::StuckAfterFailure) {
            begun.stick();
            return;
        }
        for (n, outcome) in outcomes.iter_mut().enumerate() {
            if outcome.is_none() {
                *outcome = Some(self.wait(n).await);
            }
        }
        let open = outcomes.iter().any(|o| matches!(o, Some(Outcome::Failed)));
        let result = self.result(outcomes);
        begun.end(result, open && !defects.has(Defect::ThrottleRemembered));
    }

    /// What is known of a record without doing anything.
    fn known(&self, n: usize) -> Option<Outcome> {
        let (index, record) = &self.set.records[n];
        match (&self.set.parts[n], &self.set.standings[n]) {
            (Part::Unknown, _) => Some(Outcome::Invalid(unknown_account(*index, record))),
            (_, Standing::Done(_)) => Some(Outcome::Updated),
            (_, Standing::Conflict) => Some(Outcome::Conflict),
            (_, Standing::Running | Standing::New | Standing::Open(_)) => None,
        }
    }

    /// Writes what was claimed; says whether something failed.
    async fn write(&self, mut claim: Claim<bool>, outcomes: &mut [Option<Outcome>]) -> bool {
        let work: Vec<Work> = (0..self.set.records.len()).filter_map(|n| self.work(n, &claim)).collect();
        for work in &work {
            claim.intend(self.set.items[work.index].0, true);
        }
        let mut written = write_all(&self.execution, &self.errand, work);
        let mut failed = false;
        while let Some((work, applied)) = written.next().await {
            // The index of this work is the place among the valid records.
            outcomes[work.index] = Some(self.settle(&mut claim, &work, applied));
            failed |= matches!(outcomes[work.index], Some(Outcome::Failed));
        }
        if failed && self.execution.defects.has(Defect::StuckAfterFailure) {
            claim.stick();
        }
        failed
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
                    let applied = write_one(&self.execution, &self.errand, &work).await;
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

    fn result(&self, outcomes: Vec<Option<Outcome>>) -> Bytes {
        let broken = self.execution.defects.has(Defect::ResponseEnumBroken);
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
                told_of(index, record, outcome.unwrap_or(Outcome::Failed), broken)
            }
        };
        let records: Vec<RecordResult> = self.set.batch.entries.iter().enumerate().map(result).collect();
        let updated = records.iter().filter(|r| r.outcome == "updated").count();
        let content = Completed {
            batch_id: &self.set.id,
            status: "completed",
            updated,
            failed: Some(records.len() - updated),
            records,
        };
        Answer::json(200, &content).body
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

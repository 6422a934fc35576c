//! Version 2: the set is taken as a job that can be asked for.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::super::call::Call;
use super::super::dataverse::Errand;
use super::super::defect::Defect;
use super::super::execution::Execution;
use super::super::ledger::{JobState, Place};
use super::super::memory::{Claim, Fingerprint, ItemId, Scope, Standing};
use super::super::problem::{Answer, FailureType, Problem};
use super::super::route::Contract;
use super::apply::{unknown_account, versions, write_ahead};
use super::batch::{Batch, Entry, OnInvalid, Rules};
use super::job::{Taken, work};
use super::record::Record;
use super::result::{accepted, batch_id};
use super::v1::{all_valid, items, refusal, replay_key, told};

const RULES: Rules = Rules { most_records: 2000, on_invalid: true };
/// How long the part before the answer goes on retrying, by the shared clock.
const PATIENCE: Duration = Duration::from_mins(1);

/// Takes a set.
pub(in super::super) async fn submit(execution: &Arc<Execution>, call: &Call, body: &Bytes) -> Result<Answer, Problem> {
    let short = execution.defects.has(Defect::ItemsOffByOne);
    let most_records = RULES.most_records - usize::from(short);
    let mut batch = Batch::read(body, Rules { most_records, ..RULES })?;
    misread(execution, &mut batch);
    let errand = execution.errand(call, PATIENCE);
    if batch.on_invalid == OnInvalid::RefuseAll {
        all_valid(execution, &errand, &batch).await?;
    }
    let id = batch_id(Contract::BulkUpdateV2, call, &batch);
    let place = Place::of(Contract::BulkUpdateV2, call, &id);
    let answer = told_where(execution, call, &id);
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
    let begun = execution.ledger.begin(&place, racing, || {
        if execution.queue.is_full(&place.principal) { Err(no_room(execution)) } else { set.take(execution) }
    });
    if begun.as_ref().is_err_and(|problem| problem.failure == FailureType::QueueFull) {
        full(execution, &errand, &set).await;
    }
    if let Some((begun, claim)) = begun? {
        let taken = Arc::new(Taken::new(place, call.clone(), set, (begun, claim)));
        let number = execution.queue.push(Arc::clone(&taken));
        execution.tasks.spawn(work(Arc::clone(execution), number, taken));
    }
    execution.replays.keep(replay, || answer.clone());
    Ok(answer)
}

/// What is to happen to invalid records, as two defects take it.
fn misread(execution: &Execution, batch: &mut Batch) {
    let invalid = |entry: &Entry| matches!(entry, Entry::Invalid { .. });
    let only_last = batch
        .entries
        .split_last()
        .is_some_and(|(last, rest)| invalid(last) && !rest.is_empty() && !rest.iter().any(invalid));
    if execution.defects.has(Defect::SkipIgnored) {
        batch.on_invalid = OnInvalid::RefuseAll;
    }
    if execution.defects.has(Defect::RefuseAllIgnored) && only_last {
        batch.on_invalid = OnInvalid::SkipInvalid;
    }
}

/// The 202 of a job.
fn told_where(execution: &Execution, call: &Call, id: &str) -> Answer {
    let mut named = id.to_owned();
    if execution.defects.has(Defect::LocationOfAnotherJob) {
        named = execution.previous(&call.principal, id);
    }
    let mut answer = accepted(id, execution.location(Contract::BulkUpdateV2, call, &named));
    if execution.defects.has(Defect::LocationMissing) {
        answer.location = None;
    }
    answer
}

/// There is no room for another job.
fn no_room(execution: &Execution) -> Problem {
    if execution.defects.has(Defect::QueueFullAs500) {
        return Problem::new(FailureType::Internal, "The job could not be stored");
    }
    Problem::queue_full()
}

/// The defect that has begun by the time it sees that there is no room.
async fn full(execution: &Arc<Execution>, errand: &Errand, set: &Set) {
    if execution.defects.has(Defect::QueueFullHalfDone) {
        write_ahead(execution, errand, set.records.iter().take(1).map(|(_, record)| record.clone()).collect()).await;
    }
}

/// How one valid record of a job stands.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// Its account was not asked for: it need not be written, or not now.
    Unread,
    /// It has this version.
    Version(String),
    /// It names no account.
    Unknown,
}

/// A set and what is known about it.
#[derive(Debug)]
pub(super) struct Set {
    pub(super) id: String,
    pub(super) batch: Batch,
    pub(super) scope: Scope,
    pub(super) records: Vec<(usize, Record)>,
    pub(super) items: Vec<(ItemId, Fingerprint)>,
    pub(super) parts: Vec<Part>,
    pub(super) standings: Vec<Standing<bool>>,
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
        let (standings, claim) = self.claim(execution, |standings| skip || !standings.contains(&Standing::Conflict));
        self.standings = standings;
        claim.ok_or_else(|| refusal(execution, &self.records, &self.standings))
    }

    /// Claims what is free where `may` agrees; how the records stand.
    pub(super) fn claim(
        &self,
        execution: &Execution,
        may: impl FnOnce(&[Standing<bool>]) -> bool,
    ) -> (Vec<Standing<bool>>, Option<Claim<bool>>) {
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
        (all, claim)
    }
}

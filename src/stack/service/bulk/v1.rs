//! Version 1: the answer comes when everything is done.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::super::call::Call;
use super::super::dataverse::{Condition, Errand, GivenUp, Trouble};
use super::super::defect::Defect;
use super::super::execution::Execution;
use super::super::ledger::Place;
use super::super::memory::{Claim, Fingerprint, ItemId, Scope, Standing};
use super::super::problem::{Answer, FailureType, Fault, Problem};
use super::super::route::Contract;
use super::apply::{Applied, Work, unknown_account, versions, write_ahead, write_all, write_one, write_together};
use super::batch::{Batch, Rules};
use super::record::Record;
use super::result::{Completed, RecordResult, batch_id, echoed};

const RULES: Rules = Rules { most_records: 500, on_invalid: false };
/// How long one call goes on retrying, by the shared clock: well under the
/// 100 s within which it must answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// How many records are validated and written at a time, by that defect.
const PAGE: usize = 2;

/// Does a set.
pub(in super::super) async fn submit(execution: &Arc<Execution>, call: &Call, body: &Bytes) -> Result<Answer, Problem> {
    let most_records = RULES.most_records + usize::from(execution.defects.has(Defect::OneItemMore));
    let batch = Batch::read(body, Rules { most_records, ..RULES })?;
    let errand = execution.errand(call, PATIENCE);
    let records = all_valid(execution, &errand, &batch).await?;
    let items = items(execution, &records);
    let scope = Scope::with_step("submitBatch", call);
    let replay = replay_key(execution, &scope, &items);
    if let Some(answer) = execution.replays.get(replay.as_ref()) {
        return Ok(answer);
    }
    let free =
        |standings: &[Standing<bool>]| standings.iter().all(|s| !matches!(s, Standing::Running | Standing::Conflict));
    let (standings, claim) = execution.records.claim(&scope, &items, free);
    let mut claim = claim.ok_or_else(|| refusal(execution, &records, &standings))?;
    execution.hesitate().await;
    let done = if execution.drops_set() {
        records.iter().for_each(|(_, record)| claim.done(record.item().0, false));
        Ok(())
    } else {
        work(execution, &errand, &records, &mut claim).await
    };
    if done.as_ref().is_err_and(|p| p.failure == FailureType::DownstreamUnavailable)
        && execution.defects.has(Defect::StuckAfterFailure)
    {
        claim.stick();
    }
    done?;
    let answer = completed(execution, &batch_id(Contract::BulkUpdateV1, call, &batch), &records, call);
    execution.replays.keep(replay, || answer.clone());
    Ok(answer)
}

/// The records of a set without a fault of form, or all its faults.
pub(super) async fn all_valid(
    execution: &Arc<Execution>,
    errand: &Errand,
    batch: &Batch,
) -> Result<Vec<(usize, Record)>, Problem> {
    let faults = batch.faults();
    if faults.is_empty() {
        return Ok(batch.valid());
    }
    if execution.defects.has(Defect::WriteBeforeValidation) {
        write_ahead(execution, errand, batch.before_first_fault()).await;
    }
    if execution.defects.has(Defect::ValidatedInPages) {
        let mut pages = batch.before_first_fault();
        pages.truncate(pages.len() / PAGE * PAGE);
        write_ahead(execution, errand, pages).await;
    }
    Err(Problem::invalid(faults))
}

/// The records as items. Who replays whatever comes ignores their content.
pub(super) fn items(execution: &Execution, records: &[(usize, Record)]) -> Vec<(ItemId, Fingerprint)> {
    let ignored = execution.defects.has(Defect::OtherContentReplayed);
    let item = |(_, record): &(usize, Record)| {
        let (id, content) = record.item();
        let content = if execution.defects.has(Defect::KeyOrderMatters) { record.as_written() } else { content };
        (id, if ignored { Fingerprint(0) } else { content })
    };
    let mut items: Vec<_> = records.iter().map(item).collect();
    if let ([_, .., last], true) = (&mut items[..], execution.defects.has(Defect::OtherContentOfLastItem)) {
        last.1 = Fingerprint(0);
    }
    items
}

/// Under what the first answer about these items is kept, by the defect that
/// gives it again whatever their content.
pub(super) fn replay_key(execution: &Execution, scope: &Scope, items: &[(ItemId, Fingerprint)]) -> Option<String> {
    let on = execution.defects.has(Defect::OtherContentReplayed);
    on.then(|| format!("items {scope:?} {:?}", items.iter().map(|(id, _)| id.0).collect::<Vec<_>>()))
}

/// Why the set was refused: a conflict, else something running.
pub(super) fn refusal(execution: &Execution, records: &[(usize, Record)], standings: &[Standing<bool>]) -> Problem {
    let mut faults = Vec::new();
    for ((index, record), standing) in records.iter().zip(standings) {
        if *standing == Standing::Conflict {
            let fault =
                Fault::new(format!("/records/{index}"), "was sent with other content under this correlation ID");
            faults.push(fault.of(Some(&record.id_text)));
        }
    }
    if faults.is_empty() { running(execution) } else { Problem::conflict(faults) }
}

/// The same is under way.
pub(in super::super) fn running(execution: &Execution) -> Problem {
    let defects = &execution.defects;
    match () {
        () if defects.has(Defect::ConflictWhileRunning) => Problem::conflict(Vec::new()),
        () if defects.has(Defect::CollisionAs500) => Problem::new(FailureType::Internal, "The key exists already"),
        () if defects.has(Defect::CollisionAs503) => Problem::unavailable(1),
        () => Problem::in_progress(),
    }
}

/// Reads all accounts that are to be written, then writes them.
async fn work(
    execution: &Arc<Execution>,
    errand: &Errand,
    records: &[(usize, Record)],
    claim: &mut Claim<bool>,
) -> Result<(), Problem> {
    let held = |record: &Record| claim.progress(record.item().0).copied();
    let todo: Vec<(usize, Record)> = records.iter().filter(|(_, r)| held(r).is_some()).cloned().collect();
    let versions = versions(execution, errand, &todo).await.map_err(|trouble| told(trouble, &[]))?;
    let mut faults = Vec::new();
    let mut work = Vec::with_capacity(todo.len());
    for ((index, record), version) in todo.into_iter().zip(versions) {
        let maybe_done = held(&record).unwrap_or_default();
        match version {
            Some(etag) => work.push(Work { index, record, condition: Condition::Version(etag), maybe_done }),
            None => faults.push(unknown_account(index, &record)),
        }
    }
    if !faults.is_empty() {
        if execution.defects.has(Defect::WriteBeforeValidation) {
            write_ahead(execution, errand, before(work, &faults)).await;
        }
        return Err(Problem::invalid(faults));
    }
    write(execution, errand, work, claim).await
}

async fn write(
    execution: &Arc<Execution>,
    errand: &Errand,
    work: Vec<Work>,
    claim: &mut Claim<bool>,
) -> Result<(), Problem> {
    for work in &work {
        claim.intend(work.record.item().0, true);
    }
    let work = careless_of_last(execution, errand, work, claim).await;
    let mut written = if stands_together(execution, &work) {
        stream::iter(write_together(execution, errand, work).await).left_stream()
    } else {
        write_all(execution, errand, work).right_stream()
    };
    let mut worst = None;
    while let Some((work, applied)) = written.next().await {
        let (item, _) = work.record.item();
        match applied {
            Applied::Done if work.index == 11 && execution.defects.has(Defect::TwelfthItemForgotten) => {
                claim.open(item, false);
            }
            Applied::Done => claim.done(item, false),
            Applied::NotBegun => claim.open(item, work.maybe_done),
            Applied::GivenUp(GivenUp { trouble, maybe_done }) => {
                if !execution.defects.has(Defect::StuckAfterFailure) {
                    claim.open(item, maybe_done);
                }
                let fault = unknown_account(work.index, &work.record);
                worst = Some(worse(worst, trouble, fault));
            }
        }
    }
    worst.map_or(Ok(()), |(trouble, faults)| Err(told(trouble, &faults)))
}

/// Whether records are written in one change set: version 1 does all of a set
/// or nothing. What fails in the middle of a set, or asks for everything at
/// once, writes one by one.
fn stands_together(execution: &Execution, work: &[Work]) -> bool {
    let singly = [Defect::FailureRememberedMidway, Defect::AllAtOnce];
    work.len() > 1 && !singly.iter().any(|defect| execution.defects.has(*defect))
}

/// By two defects the last of several records is not written, or once more
/// than it should be.
async fn careless_of_last(
    execution: &Arc<Execution>,
    errand: &Errand,
    mut work: Vec<Work>,
    claim: &mut Claim<bool>,
) -> Vec<Work> {
    let Some(last) = work.last().filter(|_| work.len() > 1).cloned() else { return work };
    if execution.defects.has(Defect::LastRecordNotWritten) {
        claim.done(last.record.item().0, false);
        work.pop();
    }
    if execution.defects.has(Defect::LastRecordTwice) {
        write_one(execution, errand, &last).await;
    }
    work
}

/// What to tell of several troubles: that the call is worth another try, and
/// the longest wait; else what is wrong.
fn worse(worst: Option<(Trouble, Vec<Fault>)>, trouble: Trouble, fault: Fault) -> (Trouble, Vec<Fault>) {
    let rank = |trouble: &Trouble| match trouble {
        Trouble::Unavailable { retry_after } => (2, *retry_after),
        Trouble::Refused(_) => (1, 0),
        Trouble::Gone => (0, 0),
    };
    let (mut known, mut faults) = worst.unwrap_or((trouble, Vec::new()));
    if trouble == Trouble::Gone {
        faults.push(fault);
    }
    if rank(&trouble) > rank(&known) {
        known = trouble;
    }
    (known, faults)
}

/// A trouble as the caller is told of it.
pub(super) fn told(trouble: Trouble, faults: &[Fault]) -> Problem {
    match trouble {
        Trouble::Unavailable { retry_after } => Problem::unavailable(retry_after),
        Trouble::Gone => Problem::invalid(faults.to_vec()),
        Trouble::Refused(_) => Problem::new(FailureType::Internal, "Dataverse did not take a record"),
    }
}

/// The records before the first that names no account.
pub(super) fn before(work: Vec<Work>, faults: &[Fault]) -> Vec<Record> {
    let number = |fault: &Fault| fault.pointer.split('/').nth(2).and_then(|n| n.parse::<usize>().ok());
    let first = faults.iter().filter_map(number).min().unwrap_or(0);
    work.into_iter().filter(|w| w.index < first).map(|w| w.record).collect()
}

fn completed(execution: &Execution, id: &str, records: &[(usize, Record)], call: &Call) -> Answer {
    let broken = execution.defects.has(Defect::ResponseEnumBroken);
    let result = |(_, record): &(usize, Record)| RecordResult {
        id: Some(record.id_text.clone()),
        outcome: "updated",
        status: echoed(record.status, broken),
        ..RecordResult::default()
    };
    let content = Completed {
        batch_id: id,
        status: "completed",
        failure_type: None,
        updated: records.len(),
        failed: None,
        records: records.iter().map(result).collect(),
    };
    let answer = Answer::json(200, &content);
    execution.ledger.put(Place::of(Contract::BulkUpdateV1, call, id), answer.body.clone(), false);
    answer
}

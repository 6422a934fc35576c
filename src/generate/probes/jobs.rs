//! Jobs that fail every time, that a crash leaves behind, and for which there
//! is no room.

use std::time::Duration;

use super::{Bench, Sequence, table};
use crate::contract::behaviour::Behaviour;
use crate::contract::openapi::StatusKey;
use crate::generate::payload::OperationGenerator;
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step};
use crate::wire::{Fault, FaultKind};

/// How many more jobs are sent than there is room for.
const TOO_MANY: u64 = 6;

/// Larger queues are not filled.
const LARGEST_QUEUE: u64 = 500;

/// Records of a job that a crash is to leave in the middle, within the bounds
/// of the contract.
const ITEMS: usize = 12;

fn takes_jobs(operation: &OperationGenerator, behaviour: &Behaviour) -> bool {
    behaviour.jobs.is_some() && operation.writes() && operation.operation.responses.contains_key(&StatusKey::Exact(202))
}

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    if takes_jobs(operation, behaviour) { 2 } else { 0 }
}

pub(super) fn count_crash(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let promised = behaviour.idempotency.as_ref().is_some_and(|i| i.unfinished_resumed);
    if promised && behaviour.effects.is_some() { count(operation, behaviour) } else { 0 }
}

/// One: where it is told how many jobs there is room for, and each job can be
/// another item of one run.
pub(super) fn count_full(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let bounded = behaviour
        .jobs
        .as_ref()
        .is_some_and(|jobs| jobs.queue_full.is_some() && jobs.queue_size.is_some_and(|size| size <= LARGEST_QUEUE));
    let told_apart = table::item(behaviour).is_some() && behaviour.effects.is_some();
    u32::from(bounded && told_apart && takes_jobs(operation, behaviour))
}

/// A fault of every write of a case.
fn of_writes(bench: &Bench<'_>, kind: FaultKind, correlation: Option<String>) -> Fault {
    let table = bench.behaviour.effects.as_ref().map(|effects| effects.table.clone());
    Fault { table, method: Some("PATCH".to_owned()), correlation, ..Fault::new(kind) }
}

/// Every write of the job fails; then the same call again.
pub(super) fn poisoned(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, bench.size(), 0)?;
    let steps = vec![
        Step::Inject(of_writes(bench, FaultKind::Unavailable, made.correlation.clone())),
        Step::Call(bench.call("first", &made, Expect::SuccessOrRetryable)),
        Step::ClearFaults,
        Step::Call(bench.call("again", &made, Expect::Success)),
    ];
    Ok(Sequence::new("a job that fails every time, then the same call again", steps))
}

/// The service dies while the job is at work; then it is asked for, or the same
/// call comes again.
pub(super) fn crash(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, ITEMS, 0)?;
    // Longer than the service lives: also where all items go in one batch, the
    // first ones are done for good, the next is on its way, and the rest was not
    // begun.
    let slow = of_writes(bench, FaultKind::Slow { milliseconds: 10_000 }, made.correlation.clone());
    let (title, then) = if bench.index.is_multiple_of(2) {
        ("the service dies in the middle of a job that is then asked for", Step::Follow(0))
    } else {
        let again = Step::Call(bench.call("again", &made, Expect::Success));
        ("the service dies in the middle of a job, then the same call again", again)
    };
    let steps = vec![
        Step::Inject(Fault { after: 3, ..slow }),
        Step::Unfollowed(vec![bench.call("first", &made, Expect::SuccessOrRetryable)]),
        Step::Advance(Duration::from_secs(3)),
        Step::Restart,
        Step::ClearFaults,
        then,
    ];
    Ok(Sequence::new(title, steps))
}

/// More jobs at once than there is room for, while none can end.
pub(super) fn full(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let size = bench.behaviour.jobs.as_ref().and_then(|jobs| jobs.queue_size);
    let size = size.ok_or_else(|| bench.fault("it is not told how many jobs may wait"))?;
    let calls = (0..size + TOO_MANY).map(|number| {
        let made = bench.conforming(number, 1, number as usize)?;
        let call = bench.call("one of many", &made, Expect::SuccessOrRetryable);
        Ok(Call { caller: Caller::Own(0), ..call })
    });
    let calls: Vec<Call> = calls.collect::<Result<_, CouldNotMake>>()?;
    let correlation = calls.first().and_then(|call| call.correlation.clone());
    let steps = vec![
        Step::Inject(of_writes(bench, FaultKind::Slow { milliseconds: 2500 }, correlation)),
        Step::Unfollowed(calls),
        Step::ClearFaults,
    ];
    Ok(Sequence::new(format!("{} jobs at once, and room for {size}", size + TOO_MANY), steps))
}

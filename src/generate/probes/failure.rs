//! The same again after Dataverse failed, throttled, or lost its answer.

use super::{Bench, Sequence};
use crate::generate::{CouldNotMake, Expect, Step};
use crate::wire::{Fault, FaultKind};

/// Dataverse fails until the service gives up; then the same again. Odd
/// numbers let a request pass first, so that the call fails in the middle.
pub(super) fn after_failure(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let fault = Fault { after: u64::from(bench.index % 2), ..Fault::new(FaultKind::Unavailable) };
    around(bench, fault, "the same call again after Dataverse was unavailable")
}

/// Dataverse throttles until the service gives up; then the same again. Even
/// numbers let everything be read and one row be written first.
pub(super) fn after_throttle(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let kind = FaultKind::Throttled { retry_after: 1 };
    let table = bench.behaviour.effects.as_ref().map(|e| e.table.clone()).filter(|_| bench.index.is_multiple_of(2));
    let method = table.is_some().then(|| "PATCH".to_owned());
    let fault = Fault { table, method, after: 1, ..Fault::new(kind) };
    around(bench, fault, "the same call again after Dataverse throttled")
}

/// Dataverse commits one write and its answer is lost; then the same again. The
/// second number takes whatever is asked of the table first: who makes rows by
/// POST is hit, too.
pub(super) fn lost_answer(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let table = bench.behaviour.effects.as_ref().map(|e| e.table.clone());
    let fault = Fault {
        table,
        method: (bench.index != 1).then(|| "PATCH".to_owned()),
        after: u64::from(matches!(bench.index, 2 | 4)),
        times: Some(1),
        ..Fault::new(FaultKind::AnswerLost)
    };
    around(bench, fault, "the same call again after Dataverse's answer was lost")
}

fn around(bench: &Bench<'_>, fault: Fault, title: &str) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, bench.size().max(1 + fault.after as usize * 2), 0)?;
    let fault = Fault { correlation: made.correlation.clone(), ..fault };
    let steps = vec![
        Step::Inject(fault),
        Step::Call(bench.call("first", &made, Expect::SuccessOrRetryable)),
        Step::ClearFaults,
        Step::Call(bench.call("again", &made, Expect::Success)),
    ];
    Ok(Sequence::new(title, steps))
}

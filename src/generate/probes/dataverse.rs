//! What Dataverse may do to a service that is innocent: it asks for patience,
//! others write in between, it is slow where many come at once.

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, DataPath};
use crate::generate::payload::OperationGenerator;
use crate::generate::{CouldNotMake, Expect, Probe, Step};
use crate::wire::{Fault, FaultError, FaultKind};

/// How often Dataverse asks for which wait, in seconds, whether also where the
/// service reads: one that is ignored, one that is cut short, more of them than
/// anybody's retries, and one that nobody can wait for.
const WAITS: [(u64, Option<u64>, bool); 5] =
    [(2, Some(1), false), (4, Some(1), false), (1, Some(4), false), (1, Some(5), true), (150, None, false)];

/// How many items go in at once.
const WIDE: usize = 64;

/// How many items go in where one of them is refused.
const SEVERAL: usize = 4;

/// How much later each write is answered, in real time.
const SLOW: u64 = 40;

/// How many cases of a probe an operation has.
pub(super) fn count(probe: Probe, operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let by_service = matches!(behaviour.data_path, Some(DataPath::Governed | DataPath::Direct));
    let promised = operation.writes() && behaviour.effects.is_some() && by_service;
    match probe {
        _ if !promised => 0,
        Probe::Throttled => WAITS.len() as u32,
        Probe::SomebodyElse if column(behaviour).is_some() => 4,
        Probe::Wide if most_items(operation, behaviour) > 48 => 1,
        Probe::PartRefused if most_items(operation, behaviour) >= SEVERAL => 2,
        _ => 0,
    }
}

/// The most items of one call.
fn most_items(operation: &OperationGenerator, behaviour: &Behaviour) -> usize {
    let limits = behaviour.limits.as_ref().map_or(&[][..], |limits| &limits.items);
    let most = limits.iter().map(|(_, most)| *most).max().unwrap_or(1);
    if operation.writes() { usize::try_from(most).unwrap_or(usize::MAX) } else { 0 }
}

/// A declared column that no call must set: the last one, its marks aside.
fn column(behaviour: &Behaviour) -> Option<&str> {
    let effects = behaviour.effects.as_ref()?;
    let carrier = effects.correlated_by.column();
    let columns = effects.columns.iter().map(String::as_str).rev();
    columns.into_iter().find(|name| Some(*name) != carrier && !name.ends_with("step"))
}

/// Makes one.
pub(super) fn make(probe: Probe, bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    match probe {
        Probe::Throttled => throttled(bench),
        Probe::SomebodyElse => somebody_else(bench),
        Probe::Wide => wide(bench),
        Probe::PartRefused => part_refused(bench),
        _ => Err(bench.fault("this probe is about something else")),
    }
}

/// Dataverse asks for patience, and the service has it or says so.
fn throttled(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let (retry_after, times, reads) = WAITS[bench.index as usize % WAITS.len()];
    let made = bench.conforming(0, 1, 0)?;
    let table = bench.behaviour.effects.as_ref().map(|effects| effects.table.clone());
    let fault = Fault {
        table: table.filter(|_| !reads),
        method: (!reads).then(|| "PATCH".to_owned()),
        correlation: made.correlation.clone(),
        times,
        ..Fault::new(FaultKind::Throttled { retry_after })
    };
    let patience = bench.behaviour.dataverse.as_ref().and_then(|d| d.patience).map_or(0, |span| span.as_secs());
    let waited_out = times.is_some_and(|times| times * retry_after <= patience);
    let expect = if waited_out { Expect::Success } else { Expect::SuccessOrRetryable };
    let steps = vec![Step::Inject(fault), Step::Call(bench.call("call", &made, expect))];
    let often = times.map_or_else(|| "every time".to_owned(), |times| format!("{times} times"));
    Ok(Sequence::new(format!("Dataverse asks {often} to come again after {retry_after} s"), steps))
}

/// Somebody else sets a column between the service's read and its write.
fn somebody_else(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, 1 + bench.index as usize % 3, 0)?;
    let column = column(bench.behaviour).ok_or_else(|| bench.fault("no column is left to somebody else"))?;
    let fault = Fault {
        table: bench.behaviour.effects.as_ref().map(|effects| effects.table.clone()),
        method: Some("GET".to_owned()),
        correlation: made.correlation.clone(),
        times: Some(1),
        ..Fault::new(FaultKind::SomebodyElse {
            column: column.to_owned(),
            // Short enough for any column, and nobody's but this case's.
            value: format!("E-{:012X}", bench.part(7) >> 16),
        })
    };
    let steps = vec![Step::Inject(fault), Step::Call(bench.call("call", &made, Expect::Success))];
    Ok(Sequence::new(format!("somebody else sets {column} between the service's read and its write"), steps))
}

/// One write of several is refused: for good, since its row is gone by then, or
/// for a second. What becomes of the others is the service's affair, and what it
/// says of them.
fn part_refused(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, SEVERAL, 0)?;
    let gone = || FaultError::preset("not_found").ok_or_else(|| bench.fault("there is no error of a row that is gone"));
    let (kind, expect, how) = match bench.index % 2 {
        0 => (FaultKind::Error { error: gone()? }, Expect::Nothing, "refuses one of several writes: its row is gone"),
        _ => (FaultKind::Throttled { retry_after: 1 }, Expect::SuccessOrRetryable, "throttles one of several writes"),
    };
    let fault = Fault {
        table: bench.behaviour.effects.as_ref().map(|effects| effects.table.clone()),
        method: Some("PATCH".to_owned()),
        correlation: made.correlation.clone(),
        after: 2,
        times: Some(1),
        ..Fault::new(kind)
    };
    let steps = vec![Step::Inject(fault), Step::Call(bench.call("call", &made, expect))];
    Ok(Sequence::new(format!("Dataverse {how}"), steps))
}

/// Many items in one call, and each write takes a while.
fn wide(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let most = most_items(bench.operation, bench.behaviour).min(WIDE);
    let made = bench.conforming(0, most, 0)?;
    let fault = Fault {
        table: bench.behaviour.effects.as_ref().map(|effects| effects.table.clone()),
        method: Some("PATCH".to_owned()),
        correlation: made.correlation.clone(),
        ..Fault::new(FaultKind::Slow { milliseconds: SLOW })
    };
    let steps = vec![Step::Inject(fault), Step::Call(bench.call("call", &made, Expect::Success))];
    Ok(Sequence::new(format!("{most} items at once at a slow Dataverse"), steps))
}

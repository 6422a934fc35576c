//! What a deprecated version says of itself, before its sunset and after it.

use std::time::Duration;

use super::{Bench, Sequence};
use crate::clock::Timestamp;
use crate::contract::behaviour::{AfterSunset, Behaviour, LifecycleStatus};
use crate::generate::{CouldNotMake, Step};

/// How long after a sunset is looked: a date without a time ends a day later.
const AFTER: Duration = Duration::from_hours(25);

pub(super) fn count(behaviour: &Behaviour) -> u32 {
    u32::from(behaviour.lifecycle.as_ref().is_some_and(|l| l.status == LifecycleStatus::Deprecated))
}

/// One where a deprecated version says what it answers after its sunset.
pub(super) fn count_after(behaviour: &Behaviour) -> u32 {
    u32::from(end(behaviour).is_some())
}

/// One plain call, for its header fields.
pub(super) fn plain(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    Ok(Sequence::new("a plain call of a deprecated version", vec![call(bench)?]))
}

/// One plain call after the sunset.
pub(super) fn after_sunset(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let end = end(bench.behaviour).ok_or_else(|| bench.fault("no sunset is declared"))?;
    let steps = vec![Step::AdvanceTo(end.plus(AFTER)), call(bench)?];
    Ok(Sequence::new("a plain call of a version whose sunset has passed", steps))
}

fn call(bench: &Bench<'_>) -> Result<Step, CouldNotMake> {
    let made = bench.conforming(0, 1, 0)?;
    Ok(Step::Call(bench.call("plain", &made, bench.operation.promised())))
}

fn end(behaviour: &Behaviour) -> Option<Timestamp> {
    let lifecycle = behaviour.lifecycle.as_ref()?;
    let ends =
        lifecycle.status == LifecycleStatus::Deprecated && matches!(lifecycle.after_sunset, Some(AfterSunset::Type(_)));
    lifecycle.sunset.filter(|_| ends)
}

//! One invalid item among valid ones.

use super::{Bench, Sequence};
use crate::contract::behaviour::OnInvalid;
use crate::generate::payload::{Aimed, Made, OperationGenerator, Sealing, Wish};
use crate::generate::{CouldNotMake, Expect, Step};

/// Violations that lie in one item: what breaks there leaves the others
/// valid.
fn aims(operation: &OperationGenerator) -> Vec<&Aimed> {
    operation.violating.iter().filter(|aimed| operation.within_item(aimed)).collect()
}

pub(super) fn ways(operation: &OperationGenerator) -> u32 {
    let effects = operation.behaviour.as_ref().and_then(|b| b.effects.as_ref());
    match effects.map(|e| &e.on_invalid) {
        Some(OnInvalid::Caller(_)) => 2,
        Some(_) => 1,
        None => 0,
    }
}

pub(super) fn count(operation: &OperationGenerator) -> u32 {
    if operation.writes() { (aims(operation).len() as u32).min(8) * ways(operation) } else { 0 }
}

/// Three items, the last one invalid: a service that writes before it has
/// validated all of them shows it.
pub(super) fn partly(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let (operation, ways) = (bench.operation, ways(bench.operation).max(1));
    let aims = aims(operation);
    // The list is walked in strides, so that few cases see many kinds.
    let at = (bench.index / ways) as usize * 5 % aims.len().max(1);
    let aimed = *aims.get(at).ok_or_else(|| bench.fault("no item can be made invalid"))?;
    let wish = Wish { target: Some(aimed), items: Some(3), last: true, plain: true, ..Wish::default() };
    let made = operation.make(bench.part(0), &wish, &Sealing { breaks: true, ..bench.sealing(0) })?;
    let skips = bench.index % ways == 1;
    let made = if skips { skipping(bench, &made, aimed)? } else { made };
    let expect = if skips { Expect::Success } else { operation.refusal(aimed, &made) };
    let title = format!("one invalid item among valid ones: {}", aimed.title(operation));
    let steps = vec![Step::Call(bench.call("partly invalid", &made, expect))];
    Ok(Sequence { title, steps, labels: made.labels })
}

/// The same with the caller's word that invalid items are skipped.
fn skipping(bench: &Bench<'_>, made: &Made, aimed: &Aimed) -> Result<Made, CouldNotMake> {
    let mut draft = made.draft.clone();
    if let Some((_, body)) = &mut draft.body {
        bench.operation.choose_on_invalid(body, "skip_invalid");
    }
    bench.operation.write(draft, Some(aimed), &Sealing { pools: None, breaks: true, ..bench.sealing(0) })
}

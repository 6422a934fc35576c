//! The same input under another ID and from another caller, and a model that
//! fails.

use super::{Bench, Sequence};
use crate::contract::behaviour::Behaviour;
use crate::generate::payload::{OperationGenerator, Sealing};
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step};
use crate::wire::{Downstream, Fault, FaultKind};

/// How many of each: each has an input of its own.
const VARIANTS: u32 = 6;

pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let promised = behaviour.determinism.as_ref().is_some_and(|determinism| {
        determinism.operation.as_ref().is_none_or(|named| **named == *operation.operation.id)
    });
    if promised && operation.writes() { VARIANTS } else { 0 }
}

/// The same input three times: under two IDs of one caller, and under an ID of
/// another.
pub(super) fn again(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let first = bench.conforming(0, bench.size(), 0)?;
    let under = |name: &str| {
        let id = bench.nonce.identity(bench.seed, name).to_string();
        let sealing = Sealing { pools: None, correlation: Some(&id), ..bench.sealing(0) };
        bench.operation.seal(first.draft.clone(), None, &sealing)
    };
    let (second, third) = (under("another ID")?, under("another caller")?);
    let by = |caller, call: Call| Step::Call(Call { caller, ..call });
    let steps = vec![
        by(Caller::Own(0), bench.call("first", &first, Expect::Success)),
        by(Caller::Own(0), bench.call("another ID", &second, Expect::Success)),
        by(Caller::Own(1), bench.call("another caller", &third, Expect::Success)),
    ];
    Ok(Sequence::new("the same input under another ID, and from another caller", steps))
}

/// The model fails until the service gives up, or once; then the same again.
pub(super) fn model_fault(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let (kind, times, title) = match bench.index % 4 {
        0 => (FaultKind::OffSchema, None, "the model answers what its schema does not have"),
        1 => (FaultKind::Throttled { retry_after: 1 }, None, "the model throttles"),
        2 => (FaultKind::Unavailable, None, "the model is not available"),
        _ => (FaultKind::OffSchema, Some(1), "the model answers once what its schema does not have"),
    };
    let made = bench.conforming(0, bench.size(), 0)?;
    let fault = Fault { tier: Downstream::Model, correlation: made.correlation.clone(), times, ..Fault::new(kind) };
    let steps = vec![
        Step::Inject(fault),
        Step::Call(bench.call("first", &made, Expect::SuccessOrRetryable)),
        Step::ClearFaults,
        Step::Call(bench.call("again", &made, Expect::Success)),
    ];
    Ok(Sequence::new(format!("{title}, then the same call again"), steps))
}

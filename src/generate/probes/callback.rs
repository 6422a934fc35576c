//! What the service does when the API that it calls back fails, and when a
//! request names another address.

use super::{Bench, Sequence};
use crate::contract::behaviour::Callback;
use crate::generate::generators::Generators;
use crate::generate::payload::OperationGenerator;
use crate::generate::{CouldNotMake, Expect, Step};
use crate::wire::{Downstream, Fault, FaultKind};

/// Header fields by which a request may try to be called back elsewhere, and
/// what they say: an address at which nobody listens.
const FIELDS: [&str; 3] = ["Callback-Url", "X-Callback-Url", "Reply-To"];
const ELSEWHERE: &str = "http://127.0.0.1:9/elsewhere";

fn is_called_back(generators: &Generators, operation: &OperationGenerator) -> bool {
    let named =
        |callback: &Callback| callback.operation.as_ref().is_none_or(|named| **named == *operation.operation.id);
    generators.contract().callback().is_some_and(|(callback, _)| named(callback)) && operation.writes()
}

pub(super) fn count(generators: &Generators, operation: &OperationGenerator) -> u32 {
    if is_called_back(generators, operation) { 4 } else { 0 }
}

pub(super) fn count_address(generators: &Generators, operation: &OperationGenerator) -> u32 {
    let promised = generators.contract().callback().is_some_and(|(callback, _)| callback.address_configured);
    u32::from(promised && is_called_back(generators, operation))
}

/// The call back fails in one way, for a while; then the same call again.
pub(super) fn fault(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let (kind, times, what) = match bench.index % 4 {
        0 => (FaultKind::Unavailable, 2, "is not available twice"),
        1 => (FaultKind::AnswerLost, 1, "loses its answer"),
        2 => (FaultKind::Throttled { retry_after: 2 }, 1, "throttles once"),
        _ => (FaultKind::Slow { milliseconds: 200 }, 1, "is slow"),
    };
    let made = bench.conforming(0, bench.size(), 0)?;
    let correlation = made.correlation.clone();
    let fault = Fault { tier: Downstream::Trigger, correlation, times: Some(times), ..Fault::new(kind) };
    let steps = vec![
        Step::Inject(fault),
        Step::Call(bench.call("first", &made, Expect::Success)),
        Step::AwaitCallbacks,
        Step::ClearFaults,
        Step::Call(bench.call("duplicate", &made, Expect::Replay { of: 0 })),
        Step::AwaitCallbacks,
    ];
    Ok(Sequence::new(format!("the flow that is called back {what}"), steps))
}

/// A request that names another address to call back.
pub(super) fn address(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let mut made = bench.conforming(0, bench.size(), 0)?;
    for field in FIELDS {
        made.request.headers.set(field, ELSEWHERE);
    }
    let steps = vec![Step::Call(bench.call("with an address", &made, Expect::Success)), Step::AwaitCallbacks];
    Ok(Sequence::new("a request that names another address to call back", steps))
}

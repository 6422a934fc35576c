//! Calls that a slow Dataverse holds: whoever does not need Dataverse is
//! answered meanwhile.

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, DataPath};
use crate::contract::openapi::StatusKey;
use crate::generate::payload::{Made, OperationGenerator, Sealing, Wish};
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step};
use crate::wire::{Fault, FaultKind};

/// How many calls are held at once: enough that each of a few processes has
/// one, and more than the threads of the usual pools.
const MANY: [usize; 2] = [8, 48];

/// How often that is done, so that one pause of the service is no finding.
const ROUNDS: usize = 2;

/// How long Dataverse holds a request, in real time.
const HELD: u64 = 1000;

/// How many cases an operation has: the second is about those calls that keep
/// a thread until they are answered; jobs don't.
pub(super) fn count(operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let by_service = matches!(behaviour.data_path, Some(DataPath::Governed | DataPath::Direct));
    let known = behaviour.correlation.is_some() && behaviour.effects.is_some();
    let job = operation.operation.responses.contains_key(&StatusKey::Exact(202));
    match operation.writes() && by_service && known {
        false => 0,
        true if job => 1,
        true => 2,
    }
}

/// Calls that have nothing in common, each held by Dataverse once.
pub(super) fn calls(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let many = MANY[bench.index as usize % MANY.len()];
    let mut steps = Vec::new();
    for round in 0..ROUNDS {
        let numbers = round * many..(round + 1) * many;
        let calls: Vec<Call> = numbers.map(|number| call(bench, number, round)).collect::<Result<_, _>>()?;
        for call in &calls {
            let slow = Fault::new(FaultKind::Slow { milliseconds: HELD });
            steps.push(Step::Inject(Fault { correlation: call.correlation.clone(), times: Some(1), ..slow }));
        }
        steps.push(Step::WhileHeld(calls));
        steps.push(Step::ClearFaults);
    }
    Ok(Sequence::new(format!("a slow Dataverse holds {many} calls, and the service is asked for its health"), steps))
}

/// The call of this number, under an ID of its own.
fn call(bench: &Bench<'_>, number: usize, round: usize) -> Result<Call, CouldNotMake> {
    let id = bench.nonce.identity(bench.seed, &format!("held {number}")).to_string();
    let wish = Wish { items: Some(1), plain: true, ..Wish::default() };
    let sealing = Sealing { correlation: Some(&id), ..bench.sealing(number) };
    let made: Made = bench.operation.make(bench.part(number as u64), &wish, &sealing)?;
    if made.correlation.is_none() {
        return Err(bench.fault("no correlation ID is sent, by which Dataverse could tell the calls"));
    }
    Ok(Call { caller: Caller::Own(round as u8), ..bench.call("held", &made, Expect::SuccessOrRetryable) })
}

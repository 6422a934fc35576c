//! More calls than the rate admits, and what 429 promises then.

use std::time::Duration;

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, ThrottlingPer};
use crate::generate::generators::Generators;
use crate::generate::payload::OperationGenerator;
use crate::generate::{Call, Caller, CouldNotMake, Expect, Step};

/// On top of a Retry-After before a call must be admitted.
const MARGIN: Duration = Duration::from_secs(1);

pub(super) fn count(generators: &Generators, operation: &OperationGenerator, behaviour: &Behaviour) -> u32 {
    let declared = behaviour.throttling.as_ref().is_some_and(|t| t.rate.is_some());
    let mut operations = generators.operations.values().filter_map(|o| o.as_ref().ok());
    let readable = operations.any(|o| o.operation.is_safe());
    u32::from(declared && readable && operation.writes())
}

/// A flood of reads by one client, then: a write by it is refused, another
/// client is admitted, and after Retry-After it is admitted itself.
pub(super) fn rate(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let throttling = bench.behaviour.throttling.as_ref();
    let (per, rate) =
        throttling.and_then(|t| Some((t.per, t.rate?))).ok_or_else(|| bench.fault("no rate is declared"))?;
    let reading = bench.reading().ok_or_else(|| bench.fault("nothing can be read in a flood"))?;
    let read = bench.of(reading, 1, 1, 0)?;
    let write = bench.conforming(2, 1, 0)?;
    let throttled = bench.operation.types(|t| t.status == 429);
    let own = |number, call: Call| Call { caller: Caller::Own(number), ..call };
    let most = rate.calls + rate.calls.div_ceil(20) + 20;
    let flood = own(0, bench.call_of(reading, "flood", &read, Expect::Nothing));
    let mut steps = vec![
        Step::Flood { call: flood, most },
        Step::Call(own(0, bench.call("refused", &write, Expect::Refused(throttled)))),
    ];
    if per == ThrottlingPer::Client {
        let other = bench.conforming(3, 1, 1)?;
        steps.push(Step::Call(own(1, bench.call("isolated", &other, Expect::Success))));
    }
    steps.push(Step::AwaitRetryAfter { call: 0, margin: MARGIN, longest: rate.per });
    let after = own(0, bench.call_of(reading, "admitted", &read, reading.promised()));
    steps.push(Step::Call(after));
    let title = format!("more than {} calls in {} s by one client", rate.calls, rate.per.as_secs());
    Ok(Sequence::new(title, steps))
}

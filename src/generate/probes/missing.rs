//! A call without a correlation ID, and with one that is none.

use super::{Bench, Sequence};
use crate::contract::behaviour::Behaviour;
use crate::generate::{CouldNotMake, Expect, Step};

pub(super) fn count(behaviour: &Behaviour) -> u32 {
    let correlation = behaviour.correlation.as_ref();
    correlation.filter(|c| c.missing.is_some()).map_or(0, |c| 1 + u32::from(c.uuid))
}

pub(super) fn correlation(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let declared = bench.behaviour.correlation.as_ref();
    let (header, missing) = declared
        .and_then(|c| Some((c.header.as_str(), c.missing.clone()?)))
        .ok_or_else(|| bench.fault("no correlation ID is demanded"))?;
    let mut made = bench.conforming(0, 1, 0)?;
    let title = if bench.index == 0 {
        made.request.headers.remove(header);
        made.correlation = None;
        "called without a correlation ID"
    } else {
        let value = format!("no-uuid-{}", &bench.correlation()[..8]);
        made.request.headers.set(header, &*value);
        made.correlation = Some(value);
        "called with a correlation ID that is no UUID"
    };
    let call = bench.call("refused", &made, Expect::Refused(vec![missing]));
    Ok(Sequence::new(title, vec![Step::Call(call)]))
}

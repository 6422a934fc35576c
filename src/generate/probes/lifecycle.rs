//! What a deprecated version says of itself.

use super::{Bench, Sequence};
use crate::contract::behaviour::{Behaviour, LifecycleStatus};
use crate::generate::{CouldNotMake, Step};

pub(super) fn count(behaviour: &Behaviour) -> u32 {
    u32::from(behaviour.lifecycle.as_ref().is_some_and(|l| l.status == LifecycleStatus::Deprecated))
}

/// One plain call, for its header fields.
pub(super) fn plain(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming(0, 1, 0)?;
    let call = bench.call("plain", &made, bench.operation.promised());
    Ok(Sequence::new("a plain call of a deprecated version", vec![Step::Call(call)]))
}

//! The same call again: after the first, and at once.

use super::{Bench, Sequence};
use crate::generate::{CouldNotMake, Expect, Step};

/// The same twice, sometimes three times, one after the other.
pub(super) fn sequential(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming_in_turn(bench.size())?;
    let mut steps = vec![Step::Call(bench.call("first", &made, Expect::Success))];
    for _ in 0..=bench.index % 2 {
        steps.push(Step::Call(bench.call("duplicate", &made, Expect::Replay { of: 0 })));
    }
    Ok(Sequence::new(format!("the same call {} times, one after the other", steps.len()), steps))
}

/// The same several times, released together, and once more afterwards.
pub(super) fn concurrent(bench: &Bench<'_>) -> Result<Sequence, CouldNotMake> {
    let made = bench.conforming_in_turn(bench.size())?;
    // Many at once leave no gap between two of them that a race could hide in.
    let width = [3, 12, 5, 20, 4, 8][bench.index as usize % 6];
    let together = vec![bench.call("together", &made, Expect::OneOfSame); width];
    let later = bench.call("later", &made, Expect::Replay { of: 0 });
    let title = format!("the same call {width} times at once, and once more");
    Ok(Sequence::new(title, vec![Step::Together(together), Step::Call(later)]))
}

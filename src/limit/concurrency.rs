//! How many may be inside at once.

use super::{Reading, Window};
use crate::clock::Timestamp;

/// Who is inside under one key.
#[derive(Clone, Debug, Default)]
pub struct Concurrency {
    inside: u64,
    max: u64,
}

impl Concurrency {
    /// Nobody inside.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets one in, if fewer than `max` are inside; there is no queue.
    #[must_use = "who was let in must leave again"]
    pub fn enter(&mut self, max: u64) -> bool {
        self.max = max;
        let admitted = self.inside < max;
        self.inside += u64::from(admitted);
        admitted
    }

    /// One who was let in leaves.
    pub fn leave(&mut self) {
        self.inside = self.inside.saturating_sub(1);
    }

    /// How many are inside.
    pub fn inside(&self) -> u64 {
        self.inside
    }
}

impl Window for Concurrency {
    fn is_idle(&self, _: Timestamp) -> bool {
        self.inside == 0
    }

    fn reading(&self, _: Timestamp) -> Reading {
        Reading { used: self.inside, limit: Some(self.max), resets_at: None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_more_than_max_are_inside(steps in prop::collection::vec(any::<bool>(), 0..100), max in 1_u64..5) {
            let mut gate = Concurrency::new();
            let mut inside = 0;
            for enters in steps {
                if enters {
                    let admitted = gate.enter(max);
                    prop_assert_eq!(admitted, inside < max);
                    inside += u64::from(admitted);
                } else if inside > 0 {
                    gate.leave();
                    inside -= 1;
                }
                prop_assert!(gate.inside() == inside && inside <= max);
            }
        }
    }
}

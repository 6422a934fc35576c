//! Counts in the order of time. Most keys have one, and a million keys are to
//! fit into memory, so a single one needs no allocation.

use std::collections::VecDeque;

use crate::clock::Timestamp;

/// Counts, the oldest first.
#[derive(Clone, Debug)]
pub(super) enum Log {
    /// One count, or none: 0.
    One(Timestamp, u64),
    /// Several.
    #[expect(clippy::box_collection, reason = "a single count stays small")]
    Many(Box<VecDeque<(Timestamp, u64)>>),
}

impl Default for Log {
    fn default() -> Self {
        Self::One(Timestamp::default(), 0)
    }
}

impl Log {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Timestamp, u64)> {
        let (one, many) = match self {
            Self::One(_, 0) => (None, None),
            Self::One(at, count) => (Some((*at, *count)), None),
            Self::Many(counts) => (None, Some(counts.iter().copied())),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }

    pub(super) fn oldest(&self) -> Option<(Timestamp, u64)> {
        match self {
            Self::One(_, 0) => None,
            Self::One(at, count) => Some((*at, *count)),
            Self::Many(counts) => counts.front().copied(),
        }
    }

    pub(super) fn newest(&self) -> Option<(Timestamp, u64)> {
        match self {
            Self::One(..) => self.oldest(),
            Self::Many(counts) => counts.back().copied(),
        }
    }

    /// Adds a count that is not older than the newest.
    pub(super) fn push(&mut self, at: Timestamp, count: u64) {
        match self {
            Self::One(_, 0) => *self = Self::One(at, count),
            Self::One(only, counted) if *only == at => *counted = counted.saturating_add(count),
            Self::One(only, counted) => *self = Self::Many(Box::new(VecDeque::from([(*only, *counted), (at, count)]))),
            Self::Many(counts) => match counts.back_mut() {
                Some((newest, counted)) if *newest == at => *counted = counted.saturating_add(count),
                _ => counts.push_back((at, count)),
            },
        }
    }

    pub(super) fn forget_oldest(&mut self) {
        let left = match self {
            Self::One(..) => 0,
            Self::Many(counts) => {
                counts.pop_front();
                counts.len()
            }
        };
        if left == 0 {
            *self = Self::default();
        }
    }

    /// Takes back the newest counts, up to so many; how many it was.
    pub(super) fn take_back(&mut self, count: u64) -> u64 {
        let mut left = count;
        match self {
            Self::One(_, counted) => {
                let taken = left.min(*counted);
                *counted -= taken;
                left -= taken;
            }
            Self::Many(counts) => {
                while left > 0
                    && let Some((_, counted)) = counts.back_mut()
                {
                    let taken = left.min(*counted);
                    *counted -= taken;
                    left -= taken;
                    if *counted == 0 {
                        counts.pop_back();
                    }
                }
                if counts.is_empty() {
                    *self = Self::default();
                }
            }
        }
        count - left
    }
}

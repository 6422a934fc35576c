//! What was used within a sliding window.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Timestamp;

/// Into how many slices a window is cut.
pub(super) const SLICES: u32 = 300;

/// How much was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Requests.
    pub requests: u64,
    /// Their execution time in microseconds.
    pub micros: u64,
}

impl Used {
    /// The execution time.
    pub fn execution(self) -> Duration {
        Duration::from_micros(self.micros)
    }
}

/// What was used within a window, in slices: never forgotten early, and at most
/// a slice's length late.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    slices: VecDeque<Slice>,
    total: Used,
}

#[derive(Clone, Copy, Debug)]
struct Slice {
    first: Timestamp,
    /// The latest use in it: all of it is forgotten a window after that.
    last: Timestamp,
    used: Used,
}

impl Usage {
    /// All that is in the window.
    pub(super) fn total(&self) -> Used {
        self.total
    }

    /// Forgets what has left the window.
    pub(super) fn forget(&mut self, now: Timestamp, window: Duration) {
        while let Some(oldest) = self.slices.front()
            && oldest.last.plus(window) <= now
        {
            self.total = minus(self.total, oldest.used);
            self.slices.pop_front();
        }
    }

    /// Counts a use.
    pub(super) fn add(&mut self, now: Timestamp, window: Duration, used: Used) {
        self.total.requests += used.requests;
        self.total.micros += used.micros;
        let length = window / SLICES;
        match self.slices.back_mut() {
            // Whoever read the clock before another may come after him.
            Some(slice) if now.since(slice.first) < length || now <= slice.last => {
                slice.last = slice.last.max(now);
                slice.used.requests += used.requests;
                slice.used.micros += used.micros;
            }
            _ => self.slices.push_back(Slice { first: now, last: now, used }),
        }
    }

    /// When so much has left the window that the rest fits; `None` where it
    /// never does.
    pub(super) fn free_at(&self, window: Duration, fits: impl Fn(Used) -> bool) -> Option<Timestamp> {
        let mut left = self.total;
        self.slices.iter().find_map(|slice| {
            left = minus(left, slice.used);
            fits(left).then(|| slice.last.plus(window))
        })
    }

    /// Whether nothing is in the window.
    pub(super) fn is_empty(&self) -> bool {
        self.slices.is_empty()
    }

    /// The latest use.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.slices.back().map(|slice| slice.last)
    }
}

fn minus(total: Used, gone: Used) -> Used {
    Used { requests: total.requests - gone.requests, micros: total.micros - gone.micros }
}

//! What keys have used of their limits: one table for the whole gateway,
//! whichever API or scope counts.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::Timestamp;
use crate::limit::{FixedWindow, Quota, Rate, Refused, SlidingWindow};

const SHARDS: usize = 16;

/// A shard with more keys than this forgets those that are idle.
const CROWDED: usize = 4096;

/// Counters of `rate-limit-by-key` and `quota-by-key`.
#[derive(Debug)]
pub(super) struct Counters {
    hasher: RandomState,
    rates: [Mutex<HashMap<Arc<str>, SlidingWindow>>; SHARDS],
    quotas: [Mutex<HashMap<Arc<str>, FixedWindow>>; SHARDS],
}

impl Counters {
    pub(super) fn new() -> Self {
        Self { hasher: RandomState::new(), rates: Default::default(), quotas: Default::default() }
    }

    fn shard<'s, T>(&self, shards: &'s [Mutex<T>; SHARDS], key: &str) -> MutexGuard<'s, T> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        shards[shard].lock().expect("nobody panics while he counts")
    }

    fn rate<R>(&self, key: &Arc<str>, now: Timestamp, count: impl FnOnce(&mut SlidingWindow) -> R) -> R {
        let mut shard = self.shard(&self.rates, key);
        if let Some(window) = shard.get_mut(key) {
            return count(window);
        }
        if shard.len() > CROWDED {
            shard.retain(|_, window| !window.is_idle(now));
        }
        count(shard.entry(Arc::clone(key)).or_default())
    }

    /// Counts a call, or only looks whether it may be counted.
    pub(super) fn admit_rate(&self, key: &Arc<str>, rate: Rate, now: Timestamp, count: Count) -> Result<u64, Refused> {
        self.rate(key, now, |window| match count {
            Count::Now(n) => window.admit(rate, now, n),
            Count::Later => window.check(rate, now, 1),
        })
    }

    pub(super) fn add_rate(&self, key: &Arc<str>, rate: Rate, now: Timestamp, count: u64) {
        self.rate(key, now, |window| window.add(rate, now, count));
    }

    /// Counts a call, or only looks whether it may be counted.
    pub(super) fn admit_quota(
        &self,
        key: &Arc<str>,
        quota: Quota,
        now: Timestamp,
        count: Count,
    ) -> Result<u64, Refused> {
        let mut shard = self.shard(&self.quotas, key);
        let window = shard.entry(Arc::clone(key)).or_default();
        match count {
            Count::Now(n) => window.admit(quota, now, n),
            Count::Later => window.check(quota, now, 1),
        }
    }

    pub(super) fn add_quota(&self, key: &Arc<str>, quota: Quota, now: Timestamp, count: u64) {
        self.shard(&self.quotas, key).entry(Arc::clone(key)).or_default().add(quota, now, count);
    }
}

/// When a call is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    /// Together with the check.
    Now(u64),
    /// After the response, if at all.
    Later,
}

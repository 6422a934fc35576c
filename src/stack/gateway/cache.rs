//! What is kept beyond a call for a while: values and responses, by key.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::Timestamp;

const SHARDS: usize = 16;

/// A shard with so many entries lets some go before it takes another.
const FULL: usize = 4096;

type Shard<T> = HashMap<Arc<str>, (T, Timestamp)>;

/// Entries with the instant, by the clock, at which each ends.
#[derive(Debug)]
pub(super) struct Cache<T> {
    hasher: RandomState,
    shards: [Mutex<Shard<T>>; SHARDS],
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default() }
    }
}

impl<T: Clone> Cache<T> {
    fn shard(&self, key: &str) -> MutexGuard<'_, Shard<T>> {
        let shard = self.hasher.hash_one(key) as usize % SHARDS;
        self.shards[shard].lock().expect("nobody panics while he looks up")
    }

    pub(super) fn get(&self, key: &str, now: Timestamp) -> Option<T> {
        let mut shard = self.shard(key);
        let (entry, ends) = shard.get(key)?;
        if *ends > now {
            return Some(entry.clone());
        }
        shard.remove(key);
        None
    }

    /// Takes an entry. Where there is no room, those that have ended go, and if
    /// that is not enough, any half of the others.
    pub(super) fn put(&self, key: Arc<str>, entry: T, now: Timestamp, ends: Timestamp) {
        let mut shard = self.shard(&key);
        if shard.len() >= FULL {
            shard.retain(|_, (_, ends)| *ends > now);
        }
        if shard.len() >= FULL {
            let mut stays = false;
            shard.retain(|_, _| {
                stays = !stays;
                stays
            });
        }
        shard.insert(key, (entry, ends));
    }

    pub(super) fn remove(&self, key: &str) {
        self.shard(key).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_end_and_there_is_a_bound_to_them() {
        let cache = Cache::default();
        let at = Timestamp::from_seconds;
        cache.put("a".into(), 1, at(0), at(10));
        assert_eq!((cache.get("a", at(9)), cache.get("a", at(10)), cache.get("a", at(9))), (Some(1), None, None));
        for n in 0..200_000 {
            cache.put(n.to_string().into(), n, at(0), at(10));
        }
        let kept = (0..200_000).filter(|n| cache.get(&n.to_string(), at(1)).is_some()).count();
        assert!(kept <= SHARDS * FULL && kept > SHARDS * FULL / 4, "{kept}");
        assert_eq!(cache.get("199999", at(1)), Some(199_999), "the last one is there");
    }
}

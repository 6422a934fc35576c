//! Writers of one record take turns.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Lock, OwnedMutexGuard};

use super::Target;

/// Locks by which writers of one record take turns, kept while somebody writes
/// or waits. Records don't share a lock: one whose writer waits out a
/// `Retry-After` would hold up others that nothing is wrong with.
#[derive(Debug, Default)]
pub(in super::super) struct Turns {
    locks: Mutex<HashMap<u64, Arc<Lock<()>>>>,
    hasher: RandomState,
}

/// A writer's turn; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    record: u64,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nobody else writes the record.
    pub(super) async fn take(&self, target: &Target) -> Turn<'_> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(target.table.as_bytes());
        hasher.write(target.key.as_bytes());
        let record = hasher.finish();
        // Made first: it clears up also if whoever waits here gives up.
        let mut turn = Turn { turns: self, record, held: None };
        let lock = Arc::clone(self.locks().entry(record).or_default());
        turn.held = Some(lock.lock_owned().await);
        turn
    }

    fn locks(&self) -> MutexGuard<'_, HashMap<u64, Arc<Lock<()>>>> {
        self.locks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut locks = self.turns.locks();
        self.held = None;
        // Whoever waits holds the lock as well.
        if locks.get(&self.record).is_some_and(|lock| Arc::strong_count(lock) == 1) {
            locks.remove(&self.record);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    fn record(number: usize) -> Target {
        Target { table: "accounts", key: number.to_string(), columns: Map::new(), has_step: false }
    }

    #[tokio::test]
    async fn one_record_has_one_writer_and_others_don_t_wait() {
        let turns = Turns::default();
        let same = record(0);
        let first = turns.take(&same).await;
        let second = turns.take(&same);
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        let mut others = Vec::new();
        for number in 1..10_000 {
            others.push(turns.take(&record(number)).await);
        }
        drop(first);
        drop(second.await);
        drop(others);
        assert!(turns.locks().is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_leaves_nothing_behind() {
        let turns = Turns::default();
        let same = record(0);
        let first = turns.take(&same).await;
        {
            let second = turns.take(&same);
            tokio::pin!(second);
            assert!(futures_util::poll!(&mut second).is_pending());
        }
        drop(first);
        assert!(turns.locks().is_empty());
    }
}

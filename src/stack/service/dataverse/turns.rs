//! Writers of one record take turns.

use std::collections::{BTreeSet, HashMap};
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
        self.of(self.record(target)).await
    }

    /// Waits until nobody else writes any of them. All take them in one order,
    /// so that no two wait for each other.
    pub(super) async fn take_all(&self, targets: impl Iterator<Item = &Target>) -> Vec<Turn<'_>> {
        let records: BTreeSet<u64> = targets.map(|target| self.record(target)).collect();
        let mut turns = Vec::with_capacity(records.len());
        for record in records {
            turns.push(self.of(record).await);
        }
        turns
    }

    fn record(&self, target: &Target) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(target.table.as_bytes());
        hasher.write(target.key.as_bytes());
        hasher.finish()
    }

    async fn of(&self, record: u64) -> Turn<'_> {
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
    async fn several_turns_are_taken_in_one_order() {
        let turns = Turns::default();
        let (a, b) = (record(0), record(1));
        let first = turns.take_all([&a, &b, &a].into_iter()).await;
        assert_eq!(first.len(), 2, "the same twice is one turn");
        let second = turns.take_all([&b, &a].into_iter());
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        drop(second.await);
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

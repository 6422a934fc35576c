//! Counters of many keys.
//!
//! The table is cut into shards, each behind a short lock. A key that is known
//! costs no allocation. A key whose window is empty goes: every key that comes
//! new looks at a few others, and [`Table::sweep`] goes on where that stopped,
//! so that nothing ever waits for a walk over all of them.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, MutexGuard};

use hashbrown::HashTable;

use crate::clock::Timestamp;

/// What a key has used, and when that is nothing any more.
pub trait Window {
    /// Whether nothing is counted any more at `now`: the key may go.
    fn is_idle(&self, now: Timestamp) -> bool;

    /// What it shows at `now`.
    fn reading(&self, now: Timestamp) -> Reading;
}

/// What a counter shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// How much is used.
    pub used: u64,
    /// Of how much; `None`: it is not bounded.
    pub limit: Option<u64>,
    /// When nothing will be used, if nothing comes; `None`: never, or already.
    pub resets_at: Option<Timestamp>,
}

/// Stands between the parts of a key that is kept.
pub const SEPARATOR: char = '\u{1f}';

/// At how many keys each new key looks whether they may go. More than one, so
/// that the table shrinks while keys come.
const LOOKS: usize = 4;

/// How many keys a table or a shard may hold and not shrink.
const SMALL: usize = 64;

/// Counters by key. A key has parts, which are never joined to look it up.
#[derive(Debug)]
pub struct Table<W> {
    hasher: RandomState,
    shards: Box<[Mutex<Shard<W>>]>,
}

#[derive(Debug)]
struct Shard<W> {
    /// Numbers of slots, by the hash of their keys.
    index: HashTable<u32>,
    slots: Vec<Slot<W>>,
    /// Where looking for idle keys goes on.
    hand: usize,
}

#[derive(Debug)]
struct Slot<W> {
    hash: u64,
    key: Box<str>,
    window: W,
}

impl<W: Window> Table<W> {
    /// An empty table of `shards` shards, a power of two.
    pub fn new(shards: usize) -> Self {
        let shard = |_| Mutex::new(Shard { index: HashTable::new(), slots: Vec::new(), hand: 0 });
        Self { hasher: RandomState::new(), shards: (0..shards.next_power_of_two()).map(shard).collect() }
    }

    /// Does something with the window of a key, which is made if the key is
    /// new.
    pub fn with<K: AsRef<str>, R>(
        &self,
        key: &[K],
        now: Timestamp,
        make: impl FnOnce() -> W,
        act: impl FnOnce(&mut W) -> R,
    ) -> R {
        let hash = self.hash(key);
        let mut shard = self.shard(hash);
        let slot = if let Some(slot) = shard.find(hash, key) {
            slot
        } else {
            shard.sweep(now, LOOKS);
            shard.insert(Slot { hash, key: joined(key), window: make() })
        };
        act(&mut shard.slots[slot].window)
    }

    /// Does something with the window of a key that is there, and forgets the
    /// key if nothing is counted then.
    pub fn leave<K: AsRef<str>, R>(&self, key: &[K], now: Timestamp, act: impl FnOnce(&mut W) -> R) -> Option<R> {
        let hash = self.hash(key);
        let mut shard = self.shard(hash);
        let slot = shard.find(hash, key)?;
        let window = &mut shard.slots[slot].window;
        let result = act(window);
        if window.is_idle(now) {
            shard.remove(slot);
        }
        Some(result)
    }

    /// Looks at up to `looks` keys of each shard, and forgets those whose window
    /// is empty.
    pub fn sweep(&self, now: Timestamp, looks: usize) {
        for shard in &self.shards {
            lock(shard).sweep(now, looks);
        }
    }

    /// Shows every key and its window, a shard after the other.
    pub fn each(&self, mut see: impl FnMut(&str, &W)) {
        for shard in &self.shards {
            for slot in &lock(shard).slots {
                see(&slot.key, &slot.window);
            }
        }
    }

    /// Forgets every key.
    pub fn clear(&self) {
        for shard in &self.shards {
            let mut shard = lock(shard);
            (shard.index, shard.slots, shard.hand) = (HashTable::new(), Vec::new(), 0);
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).slots.len()).sum()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn hash<K: AsRef<str>>(&self, key: &[K]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        for part in key {
            hasher.write(part.as_ref().as_bytes());
            hasher.write_u8(0xff);
        }
        hasher.finish()
    }

    /// The index takes its bits from both ends of the hash: the shard's are
    /// from the middle.
    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard<W>> {
        lock(&self.shards[(hash >> 32) as usize & (self.shards.len() - 1)])
    }
}

fn lock<W>(shard: &Mutex<Shard<W>>) -> MutexGuard<'_, Shard<W>> {
    shard.lock().expect("nobody panics while he counts")
}

impl<W: Window> Shard<W> {
    fn find<K: AsRef<str>>(&self, hash: u64, key: &[K]) -> Option<usize> {
        self.index.find(hash, |slot| is(&self.slots[*slot as usize].key, key)).map(|slot| *slot as usize)
    }

    fn insert(&mut self, slot: Slot<W>) -> usize {
        let (number, hash) = (self.slots.len(), slot.hash);
        self.slots.push(slot);
        let slots = &self.slots;
        self.index.insert_unique(hash, number as u32, |slot| slots[*slot as usize].hash);
        number
    }

    fn remove(&mut self, number: usize) {
        if let Ok(entry) = self.index.find_entry(self.slots[number].hash, |slot| *slot as usize == number) {
            entry.remove();
        }
        let last = self.slots.len() - 1;
        if number != last
            && let Some(slot) = self.index.find_mut(self.slots[last].hash, |slot| *slot as usize == last)
        {
            *slot = number as u32;
        }
        self.slots.swap_remove(number);
        if self.slots.capacity() > SMALL && self.slots.len() < self.slots.capacity() / 4 {
            let room = self.slots.len() * 2;
            self.slots.shrink_to(room);
            let slots = &self.slots;
            self.index.shrink_to(room, |slot| slots[*slot as usize].hash);
        }
    }

    /// Walks from the end to the beginning: new keys come at the end, and take
    /// the places of those that go, so none of them is in the way.
    fn sweep(&mut self, now: Timestamp, looks: usize) {
        for _ in 0..looks.min(self.slots.len()) {
            if self.hand == 0 || self.hand > self.slots.len() {
                self.hand = self.slots.len();
            }
            let Some(looked_at) = self.hand.checked_sub(1) else { return };
            self.hand = looked_at;
            if self.slots[looked_at].window.is_idle(now) {
                self.remove(looked_at);
            }
        }
    }
}

/// Whether a key that is kept has these parts.
fn is<K: AsRef<str>>(kept: &str, key: &[K]) -> bool {
    let mut rest = Some(kept);
    for (number, part) in key.iter().enumerate() {
        let separated = if number == 0 { rest } else { rest.and_then(|r| r.strip_prefix(SEPARATOR)) };
        rest = separated.and_then(|r| r.strip_prefix(part.as_ref()));
    }
    rest.is_some_and(str::is_empty)
}

fn joined<K: AsRef<str>>(key: &[K]) -> Box<str> {
    match key {
        [only] => Box::from(only.as_ref()),
        parts => {
            let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
            parts.join(SEPARATOR.encode_utf8(&mut [0; 4])).into_boxed_str()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{Algorithm, Rate, RateCounter, Throttling, Turn};
    use super::*;

    const RATE: Rate = Rate { calls: 3, period: Duration::from_secs(10) };

    fn admit(table: &Table<RateCounter>, key: &[&str], now: i64) -> bool {
        let throttling = Throttling::default();
        let turn = Turn { now: Timestamp::from_seconds(now), unit: 0, throttling: &throttling };
        let make = || RateCounter::new(Algorithm::SlidingWindow);
        table.with(key, turn.now, make, |counter| counter.admit(RATE, turn, 1).is_ok())
    }

    proptest! {
        #[test]
        fn keys_come_and_go_and_none_is_lost(calls in prop::collection::vec((0_u8..40, 0_i64..4), 1..400)) {
            let (table, mut naive, mut now) = (Table::new(2), BTreeMap::<u8, Vec<i64>>::new(), 0);
            for (key, gap) in calls {
                now += gap;
                let admitted = naive.entry(key).or_default();
                admitted.retain(|at| at + 10 > now);
                let fits = admitted.len() < 3;
                if fits {
                    admitted.push(now);
                }
                prop_assert_eq!(admit(&table, &["client", &key.to_string()], now), fits);
            }
            let alive = naive.values().filter(|at| at.iter().any(|at| at + 10 > now)).count();
            prop_assert!(table.len() >= alive);
            // One walk may miss what took the place of what it removed.
            table.sweep(Timestamp::from_seconds(now), 1000);
            table.sweep(Timestamp::from_seconds(now), 1000);
            prop_assert_eq!(table.len(), alive);
            table.sweep(Timestamp::from_seconds(now + 10), 1000);
            prop_assert!(table.is_empty());
        }
    }

    #[test]
    fn sixty_four_threads_are_admitted_as_often_as_a_naive_model_allows() {
        let table = Table::new(4);
        let mut before: Vec<(i64, usize)> = Vec::new();
        for now in [0, 1, 4, 9, 10, 11, 13, 19, 20, 40] {
            let admitted = std::thread::scope(|scope| {
                let clients: Vec<_> =
                    (0..64).map(|_| scope.spawn(|| (0..20).filter(|_| admit(&table, &["all"], now)).count())).collect();
                clients.into_iter().map(|client| client.join().expect("it counts")).sum::<usize>()
            });
            let used: usize = before.iter().filter(|(at, _)| at + 10 > now).map(|(_, n)| n).sum();
            assert_eq!(admitted, 3 - used, "at {now}");
            before.push((now, admitted));
        }
    }

    #[test]
    fn parts_are_not_confused() {
        let table = Table::new(1);
        for key in [&["a", "bc"][..], &["ab", "c"], &["abc"], &["a", "b", "c"]] {
            assert!((0..3).all(|_| admit(&table, key, 0)) && !admit(&table, key, 0), "{key:?}");
        }
        assert_eq!(table.len(), 4);
    }

    #[test]
    fn new_keys_push_out_those_whose_window_is_empty() {
        let table = Table::new(4);
        for n in 0..2000 {
            admit(&table, &[&n.to_string()], 0);
        }
        assert_eq!(table.len(), 2000);
        for n in 0..700 {
            admit(&table, &[&format!("late-{n}")], 20);
        }
        assert!(table.len() <= 720, "{}", table.len());
    }
}

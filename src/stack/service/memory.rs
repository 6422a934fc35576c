//! What was done under which ID: the memory that makes a second delivery
//! harmless.
//!
//! A claim is atomic: under one lock the standing of every item is looked up
//! and the free ones are marked as running. Whatever way the work ends, the
//! claim lets go of what it did not settle.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;
use tokio::sync::watch;
use uuid::Uuid;

use super::call::Call;
use crate::clock::{Clock, Timestamp};

/// How long an ID is remembered, by the shared clock.
pub(super) const WINDOW: Duration = Duration::from_hours(24);

/// After how many claims the memory is swept of what is over.
const SWEEP_EVERY: u32 = 2048;

/// What separates two uses of one item identity.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Scope {
    /// The application that calls.
    pub(super) principal: Arc<str>,
    /// What is called, whatever the version.
    pub(super) operation: &'static str,
    /// The correlation ID, however it is written.
    pub(super) correlation: Uuid,
    /// The step of the run.
    pub(super) step: Option<Arc<str>>,
}

impl Scope {
    /// The scope of a call of an operation whose items a step tells apart.
    pub(super) fn with_step(operation: &'static str, call: &Call) -> Self {
        Self { step: call.step.clone(), ..Self::without_step(operation, call) }
    }

    /// The scope of a call of an operation without steps.
    pub(super) fn without_step(operation: &'static str, call: &Call) -> Self {
        Self { principal: Arc::clone(&call.principal), operation, correlation: call.correlation, step: None }
    }
}

/// Which item inside a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ItemId(pub(super) u128);

/// A digest of an item's canonical content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint(pub(super) u128);

impl Fingerprint {
    /// Of a text that equal contents share: half of its SHA-256.
    pub(super) fn of(content: &[u8]) -> Self {
        let hash = digest::digest(&digest::SHA256, content);
        Self(hash.as_ref()[..16].iter().fold(0, |value, byte| (value << 8) | u128::from(*byte)))
    }
}

/// How an item stands when a call about it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing<P> {
    /// Never heard of.
    New,
    /// Begun and not finished, as far as this.
    Open(P),
    /// Somebody works at it.
    Running,
    /// Finished.
    Done(P),
    /// Known with other content.
    Conflict,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Open,
    Done,
}

#[derive(Debug)]
struct Item<P> {
    fingerprint: Fingerprint,
    state: State,
    progress: P,
    /// When it was claimed first, by the shared clock: its window begins.
    born: Timestamp,
    /// When it was claimed, in real time, and how many asked for it since.
    claimed: Instant,
    asked: u32,
}

impl<P> Item<P> {
    fn over(&self, now: Timestamp, window: Duration) -> bool {
        now.since(self.born) >= window && self.state != State::Running
    }
}

/// What a memory does wrong when it is told to: all of it defects.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flaws {
    /// What runs is not seen.
    pub(super) running_unseen: bool,
    /// What runs is not seen by whoever comes within 200 µs.
    pub(super) narrow_race: bool,
    /// What runs is not seen by the third.
    pub(super) third_passes: bool,
    /// An ID is forgotten an hour before its window ends.
    pub(super) forgets_early: bool,
}

/// How long what runs is not seen, where that defect is on.
const NARROW: Duration = Duration::from_micros(200);

impl Flaws {
    fn window(self) -> Duration {
        if self.forgets_early { WINDOW.saturating_sub(Duration::from_hours(1)) } else { WINDOW }
    }

    fn sees<P>(self, item: &Item<P>) -> bool {
        let raced = self.narrow_race && item.claimed.elapsed() < NARROW;
        let third = self.third_passes && item.asked >= 2;
        !(self.running_unseen || raced || third)
    }
}

#[derive(Debug)]
struct Entries<P> {
    scopes: HashMap<Scope, HashMap<ItemId, Item<P>>>,
    claims: u32,
}

/// The memory of one service; `P` is how far an item has come.
#[derive(Debug)]
pub(super) struct Memory<P> {
    entries: Mutex<Entries<P>>,
    changes: watch::Sender<u64>,
    clock: Clock,
    flaws: Flaws,
}

impl<P: Clone + Default + PartialEq> Memory<P> {
    /// An empty memory.
    pub(super) fn new(clock: Clock, flaws: Flaws) -> Self {
        let entries = Mutex::new(Entries { scopes: HashMap::new(), claims: 0 });
        Self { entries, changes: watch::Sender::new(0), clock, flaws }
    }

    fn lock(&self) -> MutexGuard<'_, Entries<P>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How these items stand now.
    pub(super) fn standings(&self, scope: &Scope, items: &[(ItemId, Fingerprint)]) -> Vec<Standing<P>> {
        let now = self.clock.now();
        let entries = self.lock();
        let known = entries.scopes.get(scope);
        let known = |id| known.and_then(|known| known.get(&id)).filter(|item| !item.over(now, self.flaws.window()));
        items.iter().map(|(id, fingerprint)| self.standing(known(*id), *fingerprint)).collect()
    }

    fn standing(&self, item: Option<&Item<P>>, fingerprint: Fingerprint) -> Standing<P> {
        let Some(item) = item else {
            return Standing::New;
        };
        match item.state {
            _ if item.fingerprint != fingerprint => Standing::Conflict,
            State::Running if self.flaws.sees(item) => Standing::Running,
            State::Running => Standing::New,
            State::Open => Standing::Open(item.progress.clone()),
            State::Done => Standing::Done(item.progress.clone()),
        }
    }

    /// Looks how the items stand and, where `may` agrees, takes those that are
    /// new or open, in one step.
    pub(super) fn claim(
        self: &Arc<Self>,
        scope: &Scope,
        items: &[(ItemId, Fingerprint)],
        may: impl FnOnce(&[Standing<P>]) -> bool,
    ) -> (Vec<Standing<P>>, Option<Claim<P>>) {
        let now = self.clock.now();
        let mut entries = self.lock();
        entries.claims += 1;
        if entries.claims.is_multiple_of(SWEEP_EVERY) {
            entries.scopes.retain(|_, known| {
                known.retain(|_, item| !item.over(now, self.flaws.window()));
                !known.is_empty()
            });
        }
        let known = entries.scopes.entry(scope.clone()).or_default();
        known.retain(|_, item| !item.over(now, self.flaws.window()));
        for (id, _) in items {
            known.entry(*id).and_modify(|item| item.asked += 1);
        }
        let standings: Vec<_> =
            items.iter().map(|(id, fingerprint)| self.standing(known.get(id), *fingerprint)).collect();
        let agreed = may(&standings);
        let mut held = HashMap::new();
        for ((id, fingerprint), standing) in items.iter().zip(&standings).filter(|_| agreed) {
            let progress = match standing {
                Standing::New => P::default(),
                Standing::Open(progress) => progress.clone(),
                Standing::Running | Standing::Done(_) | Standing::Conflict => continue,
            };
            let item = Item {
                fingerprint: *fingerprint,
                state: State::Running,
                progress: progress.clone(),
                born: known.get(id).map_or(now, |item| item.born),
                claimed: Instant::now(),
                asked: 0,
            };
            known.insert(*id, item);
            held.insert(*id, progress);
        }
        if known.is_empty() {
            entries.scopes.remove(scope);
        }
        if !agreed {
            return (standings, None);
        }
        (standings, Some(Claim { memory: Arc::clone(self), scope: scope.clone(), held }))
    }

    /// Forgets everything about a scope: a defect.
    pub(super) fn forget(&self, scope: &Scope) {
        self.lock().scopes.remove(scope);
    }

    /// Forgets everything: a defect.
    pub(super) fn clear(&self) {
        self.lock().scopes.clear();
    }

    /// Leaves all items of a scope running, for ever: a defect.
    pub(super) fn freeze(&self, scope: &Scope) {
        if let Some(known) = self.lock().scopes.get_mut(scope) {
            known.values_mut().for_each(|item| item.state = State::Running);
        }
    }

    /// Whether something of a scope is done.
    pub(super) fn has_done(&self, scope: &Scope) -> bool {
        let entries = self.lock();
        entries.scopes.get(scope).is_some_and(|known| known.values().any(|item| item.state == State::Done))
    }

    /// Wakes with each item that somebody let go of.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn set(&self, scope: &Scope, id: ItemId, state: State, progress: P) {
        let mut entries = self.lock();
        if let Some(known) = entries.scopes.get_mut(scope) {
            if state == State::Open && progress == P::default() {
                // Nothing was tried, so nothing is known about it. A racing
                // twin may have finished it meanwhile: that stays.
                if known.get(&id).is_some_and(|i| i.state == State::Running) {
                    known.remove(&id);
                }
            } else if let Some(item) = known.get_mut(&id)
                && item.state != State::Done
            {
                item.state = state;
                item.progress = progress;
            }
            if known.is_empty() {
                entries.scopes.remove(scope);
            }
        }
        drop(entries);
        self.changes.send_modify(|n| *n += 1);
    }
}

/// Items that nobody else may work at until they are settled or let go.
#[derive(Debug)]
#[must_use = "a claim that is dropped lets its items go"]
pub(super) struct Claim<P: Clone + Default + PartialEq> {
    memory: Arc<Memory<P>>,
    scope: Scope,
    held: HashMap<ItemId, P>,
}

impl<P: Clone + Default + PartialEq> Claim<P> {
    /// How far an item had come, where the claim holds it.
    pub(super) fn progress(&self, id: ItemId) -> Option<&P> {
        self.held.get(&id)
    }

    /// The item is done.
    pub(super) fn done(&mut self, id: ItemId, progress: P) {
        if self.held.remove(&id).is_some() {
            self.memory.set(&self.scope, id, State::Done, progress);
        }
    }

    /// The item is about to be tried: written down before, so that whoever finds
    /// the claim dropped knows that it may have been done.
    pub(super) fn intend(&mut self, id: ItemId, progress: P) {
        if let Some(held) = self.held.get_mut(&id) {
            *held = progress;
        }
    }

    /// The item is not done, and has come this far.
    pub(super) fn open(&mut self, id: ItemId, progress: P) {
        if self.held.remove(&id).is_some() {
            self.memory.set(&self.scope, id, State::Open, progress);
        }
    }

    /// Keeps everything that is held, for ever: a defect.
    pub(super) fn stick(&mut self) {
        self.held.clear();
    }
}

impl<P: Clone + Default + PartialEq> Drop for Claim<P> {
    fn drop(&mut self) {
        for (id, progress) in std::mem::take(&mut self.held) {
            self.memory.set(&self.scope, id, State::Open, progress);
        }
    }
}
#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;

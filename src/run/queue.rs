//! What is still to be played: probes and payloads in lanes of their own, so
//! that a probe that waits for a window holds up no payload.

use std::cmp::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{self, AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::session::Session;
use crate::generate::{CaseKey, CaseKind, Generators, Need, Payloads};

/// A case that is to be played: its contract's place, and its key.
pub(super) type Planned = (usize, CaseKey);

/// Which lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    /// Sequences; many of them wait most of their time.
    Probes,
    /// Calls one by one.
    Payloads,
}

/// All cases of a run, made up as somebody asks for them.
#[derive(Debug)]
pub(super) struct Queue {
    lanes: [Mutex<Alternating>; 2],
    /// Cases beside which nothing else may run, one by one.
    aside: Mutex<VecDeque<Planned>>,
    /// Of what kinds cases were played to their end, by contract.
    played: Mutex<BTreeSet<(usize, CaseKind)>>,
    /// Told whenever something is put aside, and when nothing more will be.
    put: Notify,
    closed: AtomicBool,
    taken: AtomicU64,
    planned: u64,
}

/// The contracts' cases, one with another: first all have been through their
/// targets at the same time, those with many more often; then in turn.
#[derive(Clone, Debug)]
struct Alternating {
    /// Those that may have more.
    lists: Vec<List>,
}

/// The cases of one contract in one lane that take part.
#[derive(Clone, Debug)]
struct List {
    contract: usize,
    keys: Keys,
    /// How many it takes to have been at every target once.
    targets: usize,
    given: usize,
}

#[derive(Clone, Debug)]
enum Keys {
    Probes(std::vec::IntoIter<CaseKey>),
    Payloads(Payloads<Arc<Generators>>),
}

impl Queue {
    /// `each` cases for each contract: the probes that the target offers, then
    /// payloads.
    pub(super) fn new(session: &Session, each: u32) -> Self {
        let offers: Vec<Need> = session.target.offers.iter().copied().collect();
        let (mut probes, mut payloads) = (Vec::new(), Vec::new());
        for (contract, generators) in session.generators.iter().enumerate() {
            let probes_of = if session.options.payloads { 0 } else { each as usize };
            let keys = generators.planned_probes(probes_of, &offers);
            let rest = Payloads::of(generators.clone(), each as usize - keys.len());
            let (some, all) = (keys.len(), generators.payload_targets().min(each as usize));
            probes.push(List { contract, keys: Keys::Probes(keys.into_iter()), targets: some, given: 0 });
            payloads.push(List { contract, keys: Keys::Payloads(rest), targets: all, given: 0 });
        }
        let [probes, payloads] = [probes, payloads].map(|lists| Alternating { lists });
        let takes = |planned: &Planned| session.takes(planned);
        let planned = [&probes, &payloads].map(|lane| lane.clone().filter(takes).count() as u64);
        Self {
            lanes: [probes, payloads].map(Mutex::new),
            aside: Mutex::default(),
            played: Mutex::default(),
            put: Notify::new(),
            closed: AtomicBool::new(false),
            taken: AtomicU64::new(0),
            planned: planned.iter().sum(),
        }
    }

    /// How many cases there are in all.
    pub(super) fn planned(&self) -> u64 {
        self.planned
    }

    /// How many were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(atomic::Ordering::Relaxed)
    }

    /// The next case of a lane, and where that one is empty, of the other.
    pub(super) fn next(&self, lane: Lane, session: &Session) -> Option<Planned> {
        let own = lane as usize;
        let next = self.of(own, session).or_else(|| self.of(1 - own, session))?;
        self.taken.fetch_add(1, atomic::Ordering::Relaxed);
        Some(next)
    }

    /// Puts a case that was taken aside, to be played where nothing else is.
    pub(super) fn put_aside(&self, planned: Planned) {
        self.taken.fetch_sub(1, atomic::Ordering::Relaxed);
        let mut aside = self.aside.lock().unwrap_or_else(PoisonError::into_inner);
        // Drawn sequences last: they take longer than those with a name.
        let named = |(_, key): &Planned| key.kind != CaseKind::Sequence;
        let place = if named(&planned) { aside.partition_point(named) } else { aside.len() };
        aside.insert(place, planned);
        self.put.notify_one();
    }

    /// Takes a case back that was cut off in the middle: it is left.
    pub(super) fn take_back(&self, planned: Planned) {
        self.taken.fetch_sub(1, atomic::Ordering::Relaxed);
        self.aside.lock().unwrap_or_else(PoisonError::into_inner).push_back(planned);
    }

    /// Notes that a case was played to its end.
    pub(super) fn note_played(&self, contract: usize, kind: CaseKind) {
        self.played.lock().unwrap_or_else(PoisonError::into_inner).insert((contract, kind));
    }

    /// Whether a case of this kind was played to its end.
    pub(super) fn has_played(&self, contract: usize, kind: CaseKind) -> bool {
        self.played.lock().unwrap_or_else(PoisonError::into_inner).contains(&(contract, kind))
    }

    /// Says that nothing more will be put aside.
    pub(super) fn close_aside(&self) {
        self.closed.store(true, atomic::Ordering::Release);
        self.put.notify_one();
    }

    /// The next of those that were put aside, once there is one; `None` where
    /// there will be none. For one who asks alone.
    pub(super) async fn next_apart(&self) -> Option<Planned> {
        loop {
            let closed = self.closed.load(atomic::Ordering::Acquire);
            if let Some(next) = self.next_aside() {
                return Some(next);
            }
            if closed {
                return None;
            }
            self.put.notified().await;
        }
    }

    /// The next of those that were put aside.
    pub(super) fn next_aside(&self) -> Option<Planned> {
        let next = self.aside.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
        self.taken.fetch_add(1, atomic::Ordering::Relaxed);
        Some(next)
    }

    fn of(&self, lane: usize, session: &Session) -> Option<Planned> {
        let mut lane = self.lanes[lane].lock().unwrap_or_else(PoisonError::into_inner);
        lane.find(|planned| session.takes(planned))
    }

    /// The cases that were never played, one after the other.
    pub(super) fn left(&self, session: &Session) -> impl Iterator<Item = Planned> {
        std::iter::from_fn(|| self.of(0, session).or_else(|| self.of(1, session)).or_else(|| self.next_aside()))
    }
}

impl Iterator for Alternating {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        loop {
            let next = (0..self.lists.len()).min_by(|a, b| self.lists[*a].progress(&self.lists[*b]))?;
            let list = &mut self.lists[next];
            let key = match &mut list.keys {
                Keys::Probes(keys) => keys.next(),
                Keys::Payloads(keys) => keys.next(),
            };
            list.given += 1;
            match key {
                Some(key) => return Some((list.contract, key)),
                None => drop(self.lists.remove(next)),
            }
        }
    }
}

impl List {
    /// Which of two has come less far.
    fn progress(&self, other: &Self) -> Ordering {
        match (self.given < self.targets, other.given < other.targets) {
            (true, true) => (self.given * other.targets).cmp(&(other.given * self.targets)),
            (false, false) => (self.given - self.targets).cmp(&(other.given - other.targets)),
            (one, two) => two.cmp(&one),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(contract: usize, targets: usize) -> List {
        List { contract, keys: Keys::Probes(Vec::new().into_iter()), targets, given: 0 }
    }

    #[test]
    fn contracts_are_through_their_targets_together_and_then_take_turns() {
        let mut lists = [list(0, 2), list(1, 6), list(2, 0)];
        let mut order = String::new();
        for _ in 0..14 {
            let next = (0..3).min_by(|a, b| lists[*a].progress(&lists[*b])).expect("three");
            lists[next].given += 1;
            order.push_str(&lists[next].contract.to_string());
        }
        assert_eq!(order, "01110111012012");
    }
}

//! Jobs that were taken and have not ended: stored, bounded for each caller,
//! and delivered again after a crash.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::bulk::Taken;

/// How many jobs of one caller may be unfinished.
const PLACES: usize = 64;

/// How many of them are worked at, at a time.
const AT_WORK: usize = 16;

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Queue(Mutex<Jobs>);

#[derive(Debug, Default)]
struct Jobs {
    taken: BTreeMap<u64, Arc<Taken>>,
    last: u64,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Jobs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a caller has no place left.
    pub(super) fn is_full(&self, principal: &str) -> bool {
        self.lock().taken.values().filter(|job| &*job.place.principal == principal).count() >= PLACES
    }

    /// Takes a job; gives its number.
    pub(super) fn push(&self, job: Arc<Taken>) -> u64 {
        let mut jobs = self.lock();
        jobs.last += 1;
        let number = jobs.last;
        jobs.taken.insert(number, job);
        number
    }

    /// A job has ended.
    pub(super) fn remove(&self, number: u64) {
        self.lock().taken.remove(&number);
    }

    /// All that have not ended, in their order.
    pub(super) fn all(&self) -> Vec<(u64, Arc<Taken>)> {
        self.lock().taken.iter().map(|(number, job)| (*number, Arc::clone(job))).collect()
    }

    /// Forgets all of them: a defect.
    pub(super) fn clear(&self) {
        let forgotten = std::mem::take(&mut self.lock().taken);
        drop(forgotten);
    }
}

/// How many jobs of one caller a process works at.
#[derive(Debug, Default)]
pub(super) struct Lanes(Mutex<HashMap<Arc<str>, Arc<Semaphore>>>);

impl Lanes {
    /// The places of a caller at work, in which jobs take turns.
    pub(super) fn of(&self, principal: &Arc<str>) -> Arc<Semaphore> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(lanes.entry(Arc::clone(principal)).or_insert_with(|| Arc::new(Semaphore::new(AT_WORK))))
    }
}

//! What became of each batch and file, for those who ask later.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::call::Call;
use super::memory::WINDOW;
use super::route::Contract;
use crate::clock::{Clock, Timestamp};

/// Whose batch or file, of which kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The application that sent it.
    pub(super) principal: Arc<str>,
    /// Contract and version, e.g. `bulk-update/v2`.
    pub(super) contract: &'static str,
    /// The batch's, the file's or the decision's id, in lower case.
    pub(super) id: String,
}

impl Place {
    /// A batch or file of whoever calls.
    pub(super) fn of(contract: Contract, call: &Call, id: &str) -> Self {
        Self { principal: Arc::clone(&call.principal), contract: contract.name(), id: id.to_ascii_lowercase() }
    }
}

#[derive(Debug)]
struct Job {
    born: Timestamp,
    /// `None` while it runs.
    result: Option<Bytes>,
    /// Ended with work left over: the same call takes it up again.
    open: bool,
}

/// How a job stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    /// At work.
    Running,
    /// Ended with this result.
    Ended {
        /// The content of the answer.
        result: Bytes,
        /// Whether work is left over.
        open: bool,
    },
}

/// Jobs and results, as long as IDs are remembered.
#[derive(Debug)]
pub(super) struct Ledger {
    jobs: Mutex<HashMap<Place, Job>>,
    clock: Clock,
}

const SWEEP_OVER: usize = 4096;

impl Ledger {
    /// An empty ledger.
    pub(super) fn new(clock: Clock) -> Self {
        Self { jobs: Mutex::new(HashMap::new()), clock }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Job>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn over(&self, job: &Job) -> bool {
        self.clock.now().since(job.born) >= WINDOW && job.result.is_some()
    }

    /// How a job stands; `None` where there is none.
    pub(super) fn state(&self, place: &Place) -> Option<JobState> {
        let jobs = self.lock();
        let job = jobs.get(place).filter(|job| !self.over(job))?;
        Some(match &job.result {
            None => JobState::Running,
            Some(result) => JobState::Ended { result: result.clone(), open: job.open },
        })
    }

    /// Begins a job unless it runs or has ended for good; `take` claims its
    /// items under the same lock, and may refuse.
    pub(super) fn begin<T, R>(
        self: &Arc<Self>,
        place: &Place,
        again: bool,
        take: impl FnOnce() -> Result<T, R>,
    ) -> Result<Option<(Begun, T)>, R> {
        let mut jobs = self.lock();
        let known = jobs.get(place).filter(|job| !self.over(job)).is_some_and(|job| match job.result {
            None => !again,
            Some(_) => !job.open,
        });
        if known {
            return Ok(None);
        }
        let taken = take()?;
        let born = self.clock.now();
        jobs.insert(place.clone(), Job { born, result: None, open: false });
        Ok(Some((Begun { ledger: Arc::clone(self), place: place.clone(), over: false }, taken)))
    }

    /// Writes down a result.
    pub(super) fn put(&self, place: Place, result: Bytes, open: bool) {
        let mut jobs = self.lock();
        if jobs.len() % SWEEP_OVER == SWEEP_OVER - 1 {
            jobs.retain(|_, job| !self.over(job));
        }
        let born = self.clock.now();
        jobs.insert(place, Job { born, result: Some(result), open });
    }
}

/// A job at work. Dropped without an end, it is forgotten, so that the same
/// call begins it again.
#[derive(Debug)]
#[must_use = "a job that is dropped is forgotten"]
pub(super) struct Begun {
    ledger: Arc<Ledger>,
    place: Place,
    over: bool,
}

impl Begun {
    /// The job has ended with this result.
    pub(super) fn end(mut self, result: Bytes, open: bool) {
        self.over = true;
        self.ledger.put(self.place.clone(), result, open);
    }

    /// Stays at work for ever: a defect.
    pub(super) fn stick(mut self) {
        self.over = true;
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.over {
            self.ledger.lock().remove(&self.place);
        }
    }
}

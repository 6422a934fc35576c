//! What the service has stored: it outlives a process that dies.

use std::io;
use std::sync::Arc;

use super::ServiceOptions;
use super::callback::Outbox;
use super::defect::{Defect, Defects};
use super::inference::Verdict;
use super::intake::RowState;
use super::ledger::Ledger;
use super::log::Log;
use super::memory::{Flaws, Memory};
use super::queue::Queue;

/// The durable store of one service, whichever process serves it.
#[derive(Debug)]
pub(super) struct Store {
    /// Records: whether a write may have been done unseen.
    pub(super) records: Arc<Memory<bool>>,
    /// Files: how far each line has come.
    pub(super) files: Arc<Memory<Vec<RowState>>>,
    /// Questions: what the model said.
    pub(super) decisions: Arc<Memory<Option<Arc<Verdict>>>>,
    /// Jobs that have not ended.
    pub(super) queue: Arc<Queue>,
    /// What the flow is to be told.
    pub(super) outbox: Arc<Outbox>,
    /// Jobs and results.
    pub(super) ledger: Arc<Ledger>,
    /// What is told of each call.
    pub(super) log: Arc<Log>,
}

impl Store {
    /// An empty one.
    ///
    /// # Errors
    /// There is no place for its log.
    pub(super) fn new(options: &ServiceOptions) -> io::Result<Self> {
        let defects = Defects::named(&options.defects);
        let flaws = Flaws {
            running_unseen: defects.has(Defect::DuplicateRace) || defects.has(Defect::RunningNotSeen),
            narrow_race: defects.has(Defect::RaceWithin200Us),
            third_passes: defects.has(Defect::RaceOfThree),
            forgets_early: defects.has(Defect::ForgottenEarly),
        };
        let clock = &options.clock;
        Ok(Self {
            records: Arc::new(Memory::new(clock.clone(), flaws)),
            files: Arc::new(Memory::new(clock.clone(), flaws)),
            decisions: Arc::new(Memory::new(clock.clone(), flaws)),
            queue: Arc::default(),
            outbox: Arc::default(),
            ledger: Arc::new(Ledger::new(clock.clone())),
            log: Arc::new(Log::new()?),
        })
    }

    /// The process has died. What should have been stored and was only in its
    /// memory is gone: a defect.
    pub(super) fn survive(&self, defects: &Defects) {
        if defects.has(Defect::RecordsForgottenOnRestart) {
            self.records.clear();
        }
        if defects.has(Defect::FilesForgottenOnRestart) {
            self.files.clear();
        }
    }
}

//! What the service has stored: it outlives a process that dies.

use std::sync::Arc;

use super::ServiceOptions;
use super::defect::{Defect, Defects};
use super::inference::Verdict;
use super::intake::RowState;
use super::ledger::Ledger;
use super::memory::Memory;

/// The durable store of one service, whichever process serves it.
#[derive(Debug)]
pub(super) struct Store {
    /// Records: whether a write may have been done unseen.
    pub(super) records: Arc<Memory<bool>>,
    /// Files: how far each line has come.
    pub(super) files: Arc<Memory<Vec<RowState>>>,
    /// Questions: what the model said.
    pub(super) decisions: Arc<Memory<Option<Arc<Verdict>>>>,
    /// Jobs and results.
    pub(super) ledger: Arc<Ledger>,
}

impl Store {
    /// An empty one.
    pub(super) fn new(options: &ServiceOptions) -> Self {
        let atomic = !Defects::named(&options.defects).has(Defect::DuplicateRace);
        let clock = &options.clock;
        Self {
            records: Arc::new(Memory::new(clock.clone(), atomic)),
            files: Arc::new(Memory::new(clock.clone(), atomic)),
            decisions: Arc::new(Memory::new(clock.clone(), atomic)),
            ledger: Arc::new(Ledger::new(clock.clone())),
        }
    }
}

//! What faults did, request by request.

use std::collections::VecDeque;

use serde::Serialize;

use crate::clock::Timestamp;

/// How many hits are remembered.
const REMEMBERED: usize = 10_000;

/// One request that a fault hit: reads and batches too, of which the ledger of
/// effects knows nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultHit {
    /// Counts up from 1.
    pub sequence: u64,
    /// When, by the shared clock.
    pub at: Timestamp,
    /// The numbers of the faults, in the order in which they were armed.
    pub faults: Vec<u64>,
    /// Their names, joined, as the ledger has them.
    pub fault: &'static str,
    /// The collection or function, or the path.
    pub table: String,
    /// The method.
    pub method: String,
    /// The application id of the identity.
    pub principal: String,
    /// Values of header fields that may carry a correlation ID, and the `tag`.
    pub correlations: Vec<String>,
}

/// The last hits.
#[derive(Debug, Default)]
pub(super) struct HitLog {
    hits: VecDeque<FaultHit>,
    last: u64,
}

impl HitLog {
    pub(super) fn enter(&mut self, mut hit: FaultHit) {
        self.last += 1;
        hit.sequence = self.last;
        if self.hits.len() >= REMEMBERED {
            self.hits.pop_front();
        }
        self.hits.push_back(hit);
    }

    /// Those after a number, at most so many, and the number to go on from.
    pub(super) fn after(&self, since: u64, limit: usize) -> (Vec<FaultHit>, u64) {
        let found: Vec<FaultHit> =
            self.hits.iter().filter(|hit| hit.sequence > since).take(limit.max(1)).cloned().collect();
        let next = found.last().map_or(self.last.max(since), |hit| hit.sequence);
        (found, next)
    }
}

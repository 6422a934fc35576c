//! The connections of a load.

use std::sync::{Arc, Mutex, PoisonError};

use crate::target::Target;
use crate::traffic::connection::Line;

/// Whose connections are that are no flow's own.
pub(super) const NOBODY: u64 = 0;

/// Connections to the gateway that nobody uses right now.
#[derive(Debug)]
pub(super) struct Lines {
    target: Arc<Target>,
    /// The most that are kept.
    kept: usize,
    /// Whose they are.
    idle: Mutex<Vec<(u64, Line)>>,
}

impl Lines {
    pub(super) fn new(target: Arc<Target>, kept: usize) -> Self {
        Self { target, kept, idle: Mutex::default() }
    }

    /// One that only this owner uses, open if there is one.
    pub(super) fn take(&self, owner: u64) -> Line {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|(own, _)| *own == owner) {
            Some(place) => idle.swap_remove(place).1,
            None => Line::new(self.target.clone(), self.target.gateway.clone()),
        }
    }

    /// Takes it back.
    pub(super) fn give(&self, line: Line, owner: u64) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.kept {
            idle.push((owner, line));
        }
    }
}

//! What a read sees: the state of now, or that of some time ago where a fault
//! wants it so.

use std::ops::Deref;
use std::sync::RwLockReadGuard;
use std::time::Duration;

use super::operate::Call;
use super::organization::Organization;
use super::store::Store;
use crate::wire::{Fault, FaultKind};

/// The state that a read sees.
#[derive(Debug)]
pub(super) enum Seen<'o> {
    /// That of now, under the reader's lock.
    Now(RwLockReadGuard<'o, Store>),
    /// That of some time ago.
    Then(Box<Store>),
}

impl Deref for Seen<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        match self {
            Self::Now(store) => store,
            Self::Then(store) => store,
        }
    }
}

impl Organization {
    /// What a call reads.
    pub(super) fn seen_by(&self, call: &Call) -> Seen<'_> {
        match call.as_of {
            None => Seen::Now(self.view()),
            Some(then) => Seen::Then(Box::new(self.view().as_of(then))),
        }
    }

    /// Arms a fault; gives its number.
    pub(super) fn arm(&self, fault: Fault) -> u64 {
        let wants_history = matches!(fault.kind, FaultKind::StaleRead { .. });
        let number = self.faults.arm(fault);
        if wants_history {
            self.remember();
        }
        number
    }

    /// Whether a fault of this number was armed.
    pub(super) fn disarm(&self, id: u64) -> bool {
        let disarmed = self.faults.disarm(id);
        self.remember();
        disarmed
    }

    /// Disarms all of them.
    pub(super) fn clear_faults(&self) {
        self.faults.clear();
        self.remember();
    }

    /// Keeps what rows were as long as a fault wants to know it.
    fn remember(&self) {
        let spans = self.faults.list().into_iter().filter_map(|armed| match armed.fault.kind {
            FaultKind::StaleRead { milliseconds } => Some(Duration::from_millis(milliseconds)),
            _ => None,
        });
        let longest = spans.max();
        if longest.is_some() || self.view().remembers() {
            self.store().remember(longest);
        }
    }
}

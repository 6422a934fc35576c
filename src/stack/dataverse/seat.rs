//! Which tables the environment has at the moment, and how they are exchanged
//! for others while requests are under way.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, Weak};

use super::organization::Organization;

/// Where the environment is found as it is now.
#[derive(Debug)]
pub(super) struct Seat(RwLock<Arc<Organization>>);

/// Tables stay as they are while it lives.
pub(super) type Steady<'a> = RwLockReadGuard<'a, ()>;

impl Seat {
    /// A seat that its environment knows of.
    pub(super) fn new(make: impl FnOnce(Weak<Self>) -> Organization) -> Arc<Self> {
        Arc::new_cyclic(|seat| Self(RwLock::new(Arc::new(make(seat.clone())))))
    }

    /// The environment as it is now.
    pub(super) fn current(&self) -> Arc<Organization> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Another environment in its place.
    pub(super) fn replace(&self, organization: Arc<Organization>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = organization;
    }
}

impl Organization {
    /// Holds the tables as they are; `None` where they are others by now.
    pub(super) fn steady(&self) -> Option<Steady<'_>> {
        let steady = self.steady.read().unwrap_or_else(PoisonError::into_inner);
        (self.changes.load(Ordering::Acquire) == self.generation).then_some(steady)
    }

    /// The environment as it is now; `None` where it was stopped.
    pub(super) fn current(&self) -> Option<Arc<Self>> {
        self.seat.upgrade().map(|seat| seat.current())
    }
}

//! Bytes of a call, counted by quotas once they are known.

use std::sync::Arc;

use super::call::{Call, Metered};
use super::counters::Counters;
use super::server::Shared;
use crate::clock::Clock;

/// The quotas that count the bytes of one call, of its request and of its
/// response.
#[derive(Debug)]
pub(super) struct Meter {
    quotas: Vec<Metered>,
    counters: Arc<Counters>,
    clock: Clock,
}

impl Meter {
    /// The quotas of a call that has some.
    pub(super) fn of(shared: &Shared, call: &mut Call) -> Option<Self> {
        let quotas = std::mem::take(&mut call.metered);
        let (counters, clock) = (Arc::clone(&shared.counters), call.clock.clone());
        (!quotas.is_empty()).then_some(Self { quotas, counters, clock })
    }

    /// Counts them.
    pub(super) fn count(self, bytes: u64) {
        let now = self.clock.now();
        for Metered { whose, key, quota } in &self.quotas {
            self.counters.quota(*whose, key, now, |window| window.add_bytes(*quota, now, bytes));
        }
    }
}

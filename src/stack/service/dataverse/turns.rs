//! Writers of one record take turns.

use std::hash::{BuildHasher, Hasher};

use super::Target;

/// How many groups of records take turns, each among itself.
const TURNS: usize = 4096;

/// Locks by which writers of one record take turns. Records share a lock by
/// chance; a holder never waits for a second one, so nobody waits for ever.
#[derive(Debug)]
pub(in super::super) struct Turns {
    locks: Vec<tokio::sync::Mutex<()>>,
    hasher: std::hash::RandomState,
}

impl Turns {
    pub(in super::super) fn new() -> Self {
        let locks = (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect();
        Self { locks, hasher: std::hash::RandomState::new() }
    }

    pub(super) async fn take(&self, target: &Target) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(target.table.as_bytes());
        hasher.write(target.key.as_bytes());
        self.locks[hasher.finish() as usize % TURNS].lock().await
    }
}

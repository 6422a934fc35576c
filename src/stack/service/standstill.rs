//! Whether the service can be reached at all; and what keeps callers outside,
//! by defects.

use tokio::sync::{RwLock, RwLockWriteGuard, Semaphore, SemaphorePermit};

use super::defect::{Defect, Defects};

/// Where the service tells that it is well.
pub(super) const HEALTH: &str = "/health";

/// How many threads a defect has for all callers.
const THREADS: usize = 40;

/// What stops callers at the door, where a defect is on that does.
#[derive(Debug)]
pub(super) struct Standstill {
    held: RwLock<()>,
    threads: Semaphore,
}

impl Default for Standstill {
    fn default() -> Self {
        Self { held: RwLock::new(()), threads: Semaphore::new(THREADS) }
    }
}

impl Standstill {
    /// Lets a caller in; what is given back is kept until it is answered.
    pub(super) async fn enter(&self, defects: &Defects) -> Option<SemaphorePermit<'_>> {
        if defects.has(Defect::BlocksWhileDataverseIsSlow) {
            drop(self.held.read().await);
        }
        if defects.has(Defect::ThreadsRunDry) { self.threads.acquire().await.ok() } else { None }
    }

    /// Lets nobody in while Dataverse is asked, by that defect.
    pub(super) async fn hold(&self, defects: &Defects) -> Option<RwLockWriteGuard<'_, ()>> {
        if defects.has(Defect::BlocksWhileDataverseIsSlow) { Some(self.held.write().await) } else { None }
    }
}

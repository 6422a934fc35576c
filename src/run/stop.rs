//! Why and when everybody stops.

use std::sync::Arc;

use tokio::sync::watch;

/// Why a run stops before its end. The heavier one stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// Its wall time is used up.
    Budget,
    /// There is a finding, and that was enough.
    FailFast,
    /// A tier went away by itself.
    TargetLost,
    /// The user said so.
    Interrupted,
}

/// One signal for everybody; clones share it.
#[derive(Clone, Debug)]
pub struct Stop {
    reason: Arc<watch::Sender<Option<StopReason>>>,
    stopped: Arc<watch::Sender<bool>>,
}

impl Stop {
    /// Nobody stops yet.
    pub fn new() -> Self {
        Self { reason: Arc::new(watch::Sender::new(None)), stopped: Arc::new(watch::Sender::new(false)) }
    }

    /// Tells everybody to stop.
    pub fn stop(&self, reason: StopReason) {
        self.reason.send_modify(|known| *known = (*known).max(Some(reason)));
        self.stopped.send_replace(true);
    }

    /// Why, if at all.
    pub fn reason(&self) -> Option<StopReason> {
        *self.reason.borrow()
    }

    /// The signal as traffic takes it.
    pub fn signal(&self) -> watch::Receiver<bool> {
        self.stopped.subscribe()
    }

    /// Comes back once somebody has said stop.
    pub async fn stopped(&self) {
        let mut signal = self.signal();
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = signal.wait_for(|stopped| *stopped).await;
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

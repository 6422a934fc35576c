//! The service's health, asked while Dataverse held its calls.

use std::time::Duration;

/// What came of asking while Dataverse held some of the service's calls.
/// Instants are real time since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthRun {
    /// How many calls were sent to be held.
    pub calls: usize,
    /// How long Dataverse held each, in real time.
    pub held: Duration,
    /// Until here nothing was held: what is held goes on until `held` later at
    /// least.
    pub free_until: Duration,
    /// The longest wait for an answer, for each connection.
    pub waits: Vec<HealthWait>,
}

/// One wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HealthWait {
    /// When the service was asked.
    pub asked: Duration,
    /// When it answered, or the wait was given up.
    pub until: Duration,
}

impl HealthWait {
    /// How long it was.
    pub fn lasted(&self) -> Duration {
        self.until.saturating_sub(self.asked)
    }
}

impl HealthRun {
    /// On how many connections the service told nothing from the first quarter
    /// on until Dataverse had let go of what it held. Whoever has answered in
    /// between is slow, and stands still for nobody.
    pub fn stuck(&self) -> usize {
        let let_go = self.free_until + self.held;
        self.waits.iter().filter(|wait| wait.until >= let_go && wait.lasted() >= self.held / 4 * 3).count()
    }

    /// The longest wait of all.
    pub fn longest(&self) -> Duration {
        self.waits.iter().map(HealthWait::lasted).max().unwrap_or_default()
    }
}

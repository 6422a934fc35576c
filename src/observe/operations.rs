//! What became of what flows asked for.

/// The calls of flows, each counted once with all its attempts and polls: each
/// has been done, refused, given up, or nobody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operations {
    /// How many began.
    pub begun: u64,
    /// Those that ended with success.
    pub done: u64,
    /// Those that ended with a refusal that no flow repeats.
    pub refused: u64,
    /// Those that ended with an error after the last attempt: throttled, 5xx, no
    /// connection.
    pub given_up: u64,
    /// First requests and whatever was sent again; polls, further pages and parts
    /// of content count only where they were.
    pub attempts: u64,
    /// Unknown ones that had been done by the end, as the ledger tells.
    pub unknown_done: u64,
    /// Unknown ones that had not. Where it can't be told they are in neither.
    pub unknown_undone: u64,
}

impl Operations {
    /// Those of which nobody knows what became: the last answer did not come, or
    /// they were under way when all ended.
    pub fn unknown(&self) -> u64 {
        self.begun.saturating_sub(self.done + self.refused + self.given_up)
    }

    /// Requests for each operation: 1 where nothing is sent again.
    pub fn amplification(&self) -> f64 {
        if self.begun == 0 { 1.0 } else { self.attempts as f64 / self.begun as f64 }
    }
}

//! What a web server allows each user.

use std::time::Duration;

/// What a web server allows each user, and what becomes of those who ask for
/// more. [`ProtectionRules::default`] is the platform's own (reference B1);
/// what it does not publish is a value here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProtectionRules {
    /// Requests within the window.
    pub requests: u64,
    /// Execution time of all requests within the window.
    pub execution: Duration,
    /// Requests at once.
    pub concurrent: u64,
    /// The window, which slides.
    pub window: Duration,
    /// By how much each request during a wait prolongs it.
    pub penalty: Duration,
    /// What `Retry-After` says of the first request too many at once.
    pub crowded: Duration,
    /// Whether a refusal for too many at once also refuses what comes until
    /// its wait is over, as the two other limits do.
    pub crowding_blocks: bool,
    /// The longest wait that is ever told.
    pub longest: Duration,
}

impl Default for ProtectionRules {
    fn default() -> Self {
        Self {
            requests: 6000,
            execution: Duration::from_mins(20),
            concurrent: 52,
            window: Duration::from_mins(5),
            penalty: Duration::from_millis(100),
            crowded: Duration::from_secs(1),
            crowding_blocks: false,
            longest: Duration::from_mins(5),
        }
    }
}

/// Which limit was met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProtectionLimit {
    /// Requests within the window: `0x80072322`.
    #[default]
    Requests,
    /// Execution time within the window: `0x80072321`.
    ExecutionTime,
    /// Requests at once: `0x80072326`.
    Concurrency,
}

//! The performance profile of a flow's owner: his plan decides about limits and
//! defaults (Power Automate, limits of automated, scheduled and instant flows).

use std::time::Duration;

use super::retry::RetryPolicy;

const FIVE_MINUTES: Duration = Duration::from_mins(5);
const A_DAY: Duration = Duration::from_hours(24);

/// A performance profile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Free, Microsoft 365, Power Apps per app.
    Low,
    /// Premium, Power Apps per user, application users.
    #[default]
    Medium,
    /// Process: a plan of the flow itself.
    High,
}

impl Profile {
    /// The retry policy of actions that name none.
    pub fn retry(self) -> RetryPolicy {
        match self {
            Self::Low => RetryPolicy::PA_LOW,
            Self::Medium | Self::High => RetryPolicy::PA_MEDIUM,
        }
    }

    /// How many calls of one flow may be under way at once; more wait.
    pub fn outbound(self) -> u32 {
        if self == Self::Low { 500 } else { 2_500 }
    }

    /// How many items an apply-to-each takes.
    pub fn items(self) -> u32 {
        if self == Self::Low { 5_000 } else { 100_000 }
    }

    /// How many actions a flow makes in five minutes and in 24 hours; more wait.
    pub fn actions(self) -> [(Duration, u64); 2] {
        let a_day = match self {
            Self::Low => 10_000,
            Self::Medium => 100_000,
            Self::High => 500_000,
        };
        [(FIVE_MINUTES, 100_000), (A_DAY, a_day)]
    }

    /// How many bytes they send and receive in these times.
    pub fn content(self) -> [(Duration, u64); 2] {
        let (soon, a_day) = match self {
            Self::Low => (600_000_000, 1_000_000_000),
            Self::Medium => (6_000_000_000, 10_000_000_000),
            Self::High => (6_000_000_000, 50_000_000_000),
        };
        [(FIVE_MINUTES, soon), (A_DAY, a_day)]
    }
}

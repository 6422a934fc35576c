//! The performance profile of a flow's owner: his plan decides about limits and
//! defaults (Power Automate, limits of automated, scheduled and instant flows).

use super::retry::RetryPolicy;

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
}

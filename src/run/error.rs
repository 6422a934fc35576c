//! Why a run has no verdict.

use crate::diagnose::Diagnostics;

/// Why a run has no verdict.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A user's file has faults.
    #[error("{0}")]
    Input(Diagnostics),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A tier can't be reached or did not start.
    #[error("{0}")]
    CouldNotRun(String),
    /// There is nothing to execute.
    #[error("{0}")]
    Nothing(String),
    /// The user stopped it, and it did not come to an end in time.
    #[error("interrupted; it did not come to an end in time, so there is no report")]
    Interrupted,
}

impl RunError {
    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Input(_) | Self::Usage(_) => 2,
            Self::CouldNotRun(_) => 3,
            Self::Nothing(_) => 4,
            Self::Interrupted => 130,
        }
    }
}

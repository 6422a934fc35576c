//! Why a service does not run.

use std::io;
use std::time::Duration;

use crate::clock::format_duration;
use crate::door::Origin;

/// Why a service does not run. Its own last lines stand with it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProcessError {
    /// The shell, a file or a folder could not be had.
    #[error("the service could not be started: {0}")]
    Start(String),
    /// Somebody else listens at its port.
    #[error(
        "port {0} is in use by another program, so the service can't have it; stop that one, or give another --service-port"
    )]
    PortInUse(u16),
    /// It ended by itself.
    #[error("the service ended by itself ({status}){}", told(.lines))]
    Ended {
        /// How, as the system tells it.
        status: String,
        /// What it printed last.
        lines: Vec<String>,
    },
    /// It does not say that it is well.
    #[error(
        "the service did not answer GET {origin}{path} with 2xx within {}: {last}{}\nhint: does it listen on HOST and PORT of its environment? --service-health PATH names its health path, --service-within TIME gives it longer",
        format_duration(*.within), told(.lines)
    )]
    NotHealthy {
        /// Where it was asked.
        origin: Origin,
        /// On which path.
        path: String,
        /// How long.
        within: Duration,
        /// What came of the last question.
        last: String,
        /// What the service printed last.
        lines: Vec<String>,
    },
}

impl ProcessError {
    pub(super) fn start(fault: &io::Error) -> Self {
        Self::Start(fault.to_string())
    }
}

/// The last lines of the output, below each other.
fn told(lines: &[String]) -> String {
    if lines.is_empty() {
        return "; it printed nothing".to_owned();
    }
    format!("; its last lines:\n  | {}", lines.join("\n  | "))
}

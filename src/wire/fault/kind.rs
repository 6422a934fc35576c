//! What goes wrong.

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::error::FaultError;
use super::model::Downstream;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// 429 with `0x80072322` and this `Retry-After`.
    Throttled {
        /// Seconds.
        retry_after: u64,
    },
    /// 503.
    Unavailable,
    /// The answer comes this much later, in real time, after the commit.
    Slow {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// The connection is reset before anything is done.
    Reset,
    /// The write is committed, then the connection is reset.
    AnswerLost,
    /// Once a row was read, somebody else sets one of its columns: whoever
    /// writes what he has read takes it back. Not part of the request itself.
    SomebodyElse {
        /// The column's logical name.
        column: String,
        /// What it is set to.
        value: String,
    },
    /// The answer breaks its own schema; of the model only, the others answer
    /// as ever.
    OffSchema,
    /// An error of the platform; nothing is done.
    Error {
        /// Which.
        error: FaultError,
    },
    /// The answer comes later by a span that is drawn, in real time, after the
    /// commit.
    Latency {
        /// In milliseconds.
        distribution: Distribution,
    },
    /// The write is committed later; the caller is answered at once, or then.
    CommitLater {
        /// By how many milliseconds of the shared clock.
        milliseconds: u64,
        /// What the caller gets.
        #[serde(default)]
        answer: InsteadOf,
    },
    /// The write is committed; of the answer comes half of the body, then the
    /// connection is reset. An answer without a body loses its connection.
    HalfBody,
    /// The body of the answer comes in pieces over this time, which is real.
    SlowBody {
        /// Milliseconds.
        milliseconds: u64,
    },
    /// Reads are answered as of some time ago.
    StaleRead {
        /// How long ago, in milliseconds of the shared clock.
        milliseconds: u64,
    },
    /// The link to the next page leads to the same page again.
    StuckCookie,
    /// Every request is refused with 429, each with a longer `Retry-After` than
    /// the one before it of the same principal.
    Storm {
        /// The first `Retry-After`, in seconds.
        first: u64,
        /// How many times as long the next one is.
        growth: f64,
        /// The longest, in seconds.
        longest: u64,
    },
}

/// What a caller gets whose write is committed later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsteadOf {
    /// 503.
    #[default]
    Unavailable,
    /// 504.
    Timeout,
    /// A reset connection.
    Reset,
    /// Nothing, until the write is committed; then the connection is reset.
    Silence,
    /// Its own answer, once the write is committed.
    Own,
}

impl InsteadOf {
    /// Each with its name in texts.
    pub const NAMES: [(&str, Self); 5] = [
        ("unavailable", Self::Unavailable),
        ("timeout", Self::Timeout),
        ("reset", Self::Reset),
        ("silence", Self::Silence),
        ("own", Self::Own),
    ];
}

impl FaultKind {
    /// Its name, as the ledger has it: of an error, the error's.
    pub fn name(&self) -> &str {
        match self {
            Self::Throttled { .. } => "throttled",
            Self::Unavailable => "unavailable",
            Self::Slow { .. } => "slow",
            Self::Reset => "reset",
            Self::AnswerLost => "answer_lost",
            Self::SomebodyElse { .. } => "somebody_else",
            Self::OffSchema => "off_schema",
            Self::Error { error } => &error.name,
            Self::Latency { .. } => "latency",
            Self::CommitLater { .. } => "commit_later",
            Self::HalfBody => "half_body",
            Self::SlowBody { .. } => "slow_body",
            Self::StaleRead { .. } => "stale_read",
            Self::StuckCookie => "stuck_cookie",
            Self::Storm { .. } => "storm",
        }
    }

    /// Whether it leaves what is answered as it is, so that another fault can
    /// hit the same request.
    pub fn goes_with_others(&self) -> bool {
        matches!(
            self,
            Self::Slow { .. }
                | Self::Latency { .. }
                | Self::SlowBody { .. }
                | Self::StaleRead { .. }
                | Self::StuckCookie
        )
    }

    /// Whether a tier can do it.
    pub(super) fn befits(&self, tier: Downstream) -> bool {
        match self {
            Self::CommitLater { .. }
            | Self::HalfBody
            | Self::SlowBody { .. }
            | Self::StaleRead { .. }
            | Self::StuckCookie
            | Self::SomebodyElse { .. } => tier == Downstream::Dataverse,
            _ => true,
        }
    }

    pub(super) fn check(&self) -> Result<(), String> {
        match self {
            Self::Error { error } => error.check(),
            Self::Latency { distribution } => distribution.check(),
            Self::Storm { growth, .. } if !(1.0..=1000.0).contains(growth) => {
                Err(format!("`growth` is {growth}: expected a number from 1 to 1000"))
            }
            _ => Ok(()),
        }
    }
}

//! What a scenario must not go beyond: a quantile, a share of calls, the rate
//! that was reached; over all of it or over any window of so many seconds.

mod held;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use watch::Watch;

use crate::clock::format_duration;
use crate::contract::ContractId;
use crate::diagnose::Place;

/// A bound and where it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// What is bounded.
    pub bound: Bound,
    /// Of calls to this contract; `None`: to any.
    pub contract: Option<ContractId>,
    /// Of calls to this operation; `None`: to any.
    pub operation: Option<Arc<str>>,
    /// Over any so many seconds that lie together; `None`: over the scenario.
    pub over: Option<u64>,
    /// Whether the scenario ends where it is broken.
    pub abort: bool,
    /// Where it stands.
    pub place: Place,
}

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A quantile of latency from the due instant, at most.
    Quantile(f64, Duration),
    /// A share of the calls that ended, at most.
    Share(Share, f64),
    /// Of the runs that were due, those that were dropped, at most.
    Dropped(f64),
    /// Of the runs that were due, those that began, at least.
    Reached(f64),
}

/// Calls that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// No answer, or 5xx.
    Failed,
    /// 5xx of the gateway.
    FailedByGateway,
    /// 5xx of the service.
    FailedByService,
    /// No answer.
    Unanswered,
    /// A rate's or a quota's refusal.
    Throttled,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// A quantile of so many calls.
    Span(Duration, u64),
    /// So many of so many.
    Share(u64, u64),
}

/// What became of a threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdRun {
    /// The threshold.
    pub threshold: Threshold,
    /// In how many windows it was judged.
    pub judged: u64,
    /// In how many of them it was broken.
    pub broken: u64,
    /// In how many it would have been, had the generator not been late itself.
    pub doubtful: u64,
    /// The worst that was measured, of those that are broken where there are
    /// any, and when that window began, in real time since the run began.
    pub worst: Option<(Measure, Duration)>,
    /// The latest that the generator itself was in that window.
    pub lag: Duration,
    /// Whether the scenario ended because of it.
    pub aborted: bool,
}

impl Share {
    /// Its key in a file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::FailedByGateway => "failed_by_gateway",
            Self::FailedByService => "failed_by_service",
            Self::Unanswered => "unanswered",
            Self::Throttled => "throttled",
        }
    }
}

impl Bound {
    /// What it bounds, as a file calls it.
    pub fn name(self) -> String {
        match self {
            Self::Quantile(quantile, _) => format!("p{}", (quantile * 1e5).round() / 1e3),
            Self::Share(share, _) => share.name().to_owned(),
            Self::Dropped(_) => "dropped".to_owned(),
            Self::Reached(_) => "reached".to_owned(),
        }
    }

    /// Whether what was measured is beyond it. The number that is allowed is
    /// rounded up, so that one call of a few breaks no share but none.
    fn is_broken(self, measure: Measure) -> bool {
        match (self, measure) {
            (Self::Quantile(_, most), Measure::Span(span, _)) => span > most,
            (Self::Share(_, most) | Self::Dropped(most), Measure::Share(count, of)) => {
                count > (most * of as f64).ceil() as u64
            }
            (Self::Reached(least), Measure::Share(count, of)) => count < (least * of as f64).floor() as u64,
            _ => false,
        }
    }

    /// Whether a generator that was late by so much may have made it: who sends
    /// late measures late, and sends what was due in another second.
    fn may_be_made_by(self, measure: Measure, lag: Duration, over: u64) -> bool {
        match (self, measure) {
            (Self::Quantile(_, most), Measure::Span(span, _)) => span <= most + lag * 2,
            (Self::Reached(least), _) => lag.as_secs_f64() >= (1.0 - least) * over as f64,
            (Self::Dropped(_), _) => lag >= Duration::from_secs(1),
            _ => false,
        }
    }
}

impl Measure {
    /// Whether this is farther beyond a bound.
    fn is_worse(self, other: Self, bound: Bound) -> bool {
        let share = |count: u64, of: u64| count as f64 / of.max(1) as f64;
        match (self, other) {
            (Self::Span(span, _), Self::Span(other, _)) => span > other,
            (Self::Share(a, of_a), Self::Share(b, of_b)) => match bound {
                Bound::Reached(_) => share(a, of_a) < share(b, of_b),
                _ => share(a, of_a) > share(b, of_b),
            },
            _ => false,
        }
    }

    /// In words, beside the name of what is bounded.
    pub fn shown(self, bound: Bound) -> String {
        match self {
            Self::Span(span, calls) => format!("{} {} of {calls} calls", bound.name(), format_duration(span)),
            Self::Share(count, of) => {
                let what = match bound {
                    Bound::Dropped(_) => "runs that were due dropped",
                    Bound::Reached(_) => "runs that were due began",
                    _ => &format!("calls {}", bound.name().replace('_', " ")),
                };
                format!("{count} of {of} {what} ({})", percent(count as f64 / of.max(1) as f64))
            }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}

/// In words: `p99 at most 300 ms over any 10 s`.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.bound.name().replace('_', " ");
        match self.bound {
            Bound::Quantile(_, most) => write!(f, "{name} at most {}", format_duration(most))?,
            Bound::Share(_, most) | Bound::Dropped(most) => write!(f, "{name} at most {}", percent(most))?,
            Bound::Reached(least) => write!(f, "{name} at least {}", percent(least))?,
        }
        if let Some(over) = self.over {
            write!(f, " over any {}", format_duration(Duration::from_secs(over)))?;
        }
        Ok(())
    }
}

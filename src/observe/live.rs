//! How a scenario stands while it goes on.

use std::sync::Arc;
use std::time::Duration;

use super::{CallRecord, Operations, Second};
use crate::wire::Tier;

/// How a scenario stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    /// The scenario.
    pub scenario: Arc<str>,
    /// How long it has been going on, in real time.
    pub at: Duration,
    /// How long it takes until its last run is due and its virtual users leave.
    pub lasts: Duration,
    /// All is to stop: how long what is under way may go on.
    pub stops_within: Option<Duration>,
    /// How long the last whole seconds are that are looked at, and what they
    /// held.
    pub recent: (Duration, Second),
    /// Runs that were due so far.
    pub due: u64,
    /// Runs that have begun so far.
    pub begun: u64,
    /// Runs that were due and never began.
    pub dropped: u64,
    /// Runs that are under way.
    pub going: usize,
    /// The median from the due instant, over all operations.
    pub p50: Duration,
    /// The quantile 0.99.
    pub p99: Duration,
    /// What went wrong.
    pub troubles: Troubles,
    /// What became of what was asked for.
    pub operations: Operations,
}

/// What went wrong, and who said it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Troubles {
    /// Answers that were a rate's or a quota's.
    pub throttled: u64,
    /// Those of them that the service gave: a limit of its own or of Dataverse.
    pub passed_on: u64,
    /// 5xx by the gateway.
    pub gateway: u64,
    /// 5xx by the service.
    pub service: u64,
    /// 5xx by whoever it was.
    pub somebody: u64,
    /// No answer.
    pub silent: u64,
}

impl Troubles {
    /// Counts a call.
    pub fn count(&mut self, call: &CallRecord) {
        match call.status {
            None => self.silent += 1,
            Some(429) => self.throttled(call),
            Some(403) if call.retry_after.is_some() => self.throttled(call),
            Some(500..) => match call.tier {
                Some(Tier::Gateway) => self.gateway += 1,
                Some(Tier::Service) => self.service += 1,
                _ => self.somebody += 1,
            },
            Some(_) => {}
        }
    }

    fn throttled(&mut self, call: &CallRecord) {
        self.throttled += 1;
        self.passed_on += u64::from(call.tier == Some(Tier::Service));
    }

    /// Each kind of failure with its name, where there was any.
    pub fn named(self) -> impl Iterator<Item = (u64, &'static str)> {
        let all = [
            (self.service, "5xx of the service"),
            (self.gateway, "5xx of the gateway"),
            (self.somebody, "5xx"),
            (self.silent, "without answer"),
        ];
        all.into_iter().filter(|(count, _)| *count > 0)
    }
}

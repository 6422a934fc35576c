//! A circuit breaker: a backend that fails too often is left alone for a while.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::clock::Timestamp;

/// When a circuit breaks, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakerRule {
    /// How many failures break it.
    pub failures: usize,
    /// The time in which they must come.
    pub interval: Duration,
    /// The statuses that are failures.
    pub statuses: Vec<RangeInclusive<u16>>,
    /// Whether no answer at all is one.
    pub no_answer: bool,
    /// How long it stays broken.
    pub trip: Duration,
    /// Whether a `Retry-After` of the backend says so instead.
    pub heeds_retry_after: bool,
}

/// How a call of a backend ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered with a status, and perhaps said when to come again.
    Answered(u16, Option<Duration>),
    /// It did not answer.
    Silent,
}

/// The state of a circuit; time is an argument.
#[derive(Clone, Debug, Default)]
pub struct Breaker {
    failed: VecDeque<Timestamp>,
    broken_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether the backend is left alone.
    pub fn is_broken(&self, now: Timestamp) -> bool {
        self.broken_until.is_some_and(|until| now < until)
    }

    /// Learns how a call ended.
    pub fn learn(&mut self, rule: &BreakerRule, now: Timestamp, outcome: Outcome) {
        let (fails, asks) = match outcome {
            Outcome::Answered(status, asks) => (rule.statuses.iter().any(|range| range.contains(&status)), asks),
            Outcome::Silent => (rule.no_answer, None),
        };
        if !fails || self.is_broken(now) {
            return;
        }
        while self.failed.front().is_some_and(|at| now.since(*at) >= rule.interval) {
            self.failed.pop_front();
        }
        self.failed.push_back(now);
        if self.failed.len() >= rule.failures.max(1) {
            let trip = asks.filter(|_| rule.heeds_retry_after).unwrap_or(rule.trip);
            self.broken_until = Some(now.plus(trip));
            self.failed.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(heeds_retry_after: bool) -> BreakerRule {
        BreakerRule {
            failures: 2,
            interval: Duration::from_mins(1),
            statuses: vec![429..=429, 500..=599],
            no_answer: true,
            trip: Duration::from_secs(30),
            heeds_retry_after,
        }
    }

    #[test]
    fn a_circuit_breaks_after_so_many_failures_in_time_and_heals() {
        let at = Timestamp::from_seconds;
        let (rule, mut breaker) = (rule(false), Breaker::default());
        breaker.learn(&rule, at(0), Outcome::Answered(503, None));
        breaker.learn(&rule, at(30), Outcome::Answered(404, None));
        breaker.learn(&rule, at(60), Outcome::Silent);
        assert!(!breaker.is_broken(at(60)), "the first is too long ago, and 404 is none");
        breaker.learn(&rule, at(61), Outcome::Answered(429, Some(Duration::from_secs(5))));
        assert!(breaker.is_broken(at(61)) && breaker.is_broken(at(90)) && !breaker.is_broken(at(91)));
        breaker.learn(&rule, at(91), Outcome::Answered(500, None));
        assert!(!breaker.is_broken(at(91)), "counting begins anew");
    }

    #[test]
    fn retry_after_is_heeded_where_the_rule_says_so() {
        let at = Timestamp::from_seconds;
        let (rule, mut breaker) = (rule(true), Breaker::default());
        for _ in 0..2 {
            breaker.learn(&rule, at(0), Outcome::Answered(429, Some(Duration::from_secs(5))));
        }
        assert!(breaker.is_broken(at(4)) && !breaker.is_broken(at(5)));
    }
}

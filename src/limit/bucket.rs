//! A bucket of tokens: the rate limit of the v2 tiers.

use super::Refused;
use super::rate::{Rate, whole_seconds};
use crate::clock::Timestamp;
use std::time::Duration;

/// What one key has taken out of its bucket, which holds the calls of a rate
/// and is refilled evenly over its period. Whole numbers: a token is as many
/// parts as the period has microseconds, and each microsecond brings back as
/// many parts as the rate has calls.
#[derive(Clone, Debug, Default)]
pub struct TokenBucket {
    missing: u128,
    at: Timestamp,
    calls: u64,
    period: u64,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is left for a call that counts `count`, without taking it, where
    /// `unseen` of what is missing is not known.
    ///
    /// # Errors
    /// There are not enough tokens.
    pub fn check(&mut self, rate: Rate, now: Timestamp, count: u64, unseen: u64) -> Result<u64, Refused> {
        self.forward(rate, now);
        let token = u128::from(self.period);
        let capacity = u128::from(rate.calls) * token;
        let missing = self.missing.saturating_sub(u128::from(unseen) * token);
        let wanted = missing + u128::from(count) * token;
        if wanted <= capacity {
            return Ok(((capacity - missing) / token) as u64);
        }
        let wait = (wanted - capacity).div_ceil(u128::from(rate.calls.max(1)));
        let wait = if count > rate.calls { token } else { wait };
        Err(Refused { retry_after: whole_seconds(micros(wait)) })
    }

    /// Takes tokens for a call that is admitted already; more than there are
    /// leave nothing.
    pub fn add(&mut self, rate: Rate, now: Timestamp, count: u64) {
        self.forward(rate, now);
        self.missing += u128::from(count) * u128::from(self.period);
    }

    /// Puts tokens back.
    pub fn take_back(&mut self, count: u64) {
        self.missing = self.missing.saturating_sub(u128::from(count) * u128::from(self.period));
    }

    /// When it is full again.
    pub fn full_at(&self) -> Timestamp {
        self.at.plus(micros(self.missing.div_ceil(u128::from(self.calls.max(1)))))
    }

    /// How many tokens are missing at `now`, rounded up.
    pub fn missing(&self, now: Timestamp) -> u64 {
        let back = now.since(self.at).as_micros() * u128::from(self.calls);
        self.missing.saturating_sub(back).div_ceil(u128::from(self.period.max(1))) as u64
    }

    /// Refills it up to `now`. Where the rate is another one, as many tokens
    /// are missing as before, but not more than it holds.
    fn forward(&mut self, rate: Rate, now: Timestamp) {
        let back = now.since(self.at).as_micros() * u128::from(self.calls);
        self.missing = self.missing.saturating_sub(back);
        self.at = self.at.max(now);
        let period = (rate.period.as_micros() as u64).max(1);
        if (rate.calls, period) != (self.calls, self.period) {
            self.missing = self.missing * u128::from(period) / u128::from(self.period.max(1));
            (self.calls, self.period) = (rate.calls, period);
        }
        self.missing = self.missing.min(u128::from(rate.calls) * u128::from(period));
    }
}

fn micros(span: u128) -> Duration {
    Duration::from_micros(u64::try_from(span).unwrap_or(u64::MAX))
}

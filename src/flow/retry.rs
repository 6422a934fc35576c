//! The retry policy of an action: what is retried, how often, and when.

use std::time::Duration;

use rand::Rng;

use crate::clock::Timestamp;
use crate::wire::{Failure, FailureKind, Response};

/// How the waits grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryKind {
    /// No retry.
    None,
    /// The same interval before each.
    Fixed,
    /// A uniformly random wait whose bounds double.
    Exponential,
}

/// What an answer's `Retry-After` does to the policy's wait. Microsoft's
/// documents don't say what the engine does, so it is a switch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfterHandling {
    /// Nothing.
    Ignore,
    /// The longer of the two counts.
    #[default]
    Max,
    /// It replaces the policy's wait.
    Replace,
}

/// `retryPolicy` of an action, as a flow's definition writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// `type`.
    pub kind: RetryKind,
    /// `count`: retries after the first attempt.
    pub count: u32,
    /// `interval`.
    pub interval: Duration,
    /// `minimumInterval`.
    pub minimum: Duration,
    /// `maximumInterval`.
    pub maximum: Duration,
    /// What `Retry-After` does.
    pub retry_after: RetryAfterHandling,
}

impl RetryPolicy {
    /// Nothing is retried.
    pub const NONE: Self = Self::exponential(0, Duration::ZERO).of_kind(RetryKind::None);
    /// The default of Power Automate's profile Low: 2 retries, scale 5 min.
    pub const PA_LOW: Self = Self::exponential(2, Duration::from_mins(5));
    /// The default of Power Automate's profiles Medium and High: 8 retries,
    /// scale 7 s; the last wait is up to 15 min.
    pub const PA_MEDIUM: Self = Self::exponential(8, Duration::from_secs(7));
    /// The default of Logic Apps: 4 retries, scale 7 s.
    pub const LOGIC_APPS: Self = Self::exponential(4, Duration::from_secs(7));

    /// Exponential with the documented bounds `PT5S` and `PT1H`.
    pub const fn exponential(count: u32, interval: Duration) -> Self {
        Self {
            kind: RetryKind::Exponential,
            count,
            interval,
            minimum: Duration::from_secs(5),
            maximum: Duration::from_hours(1),
            retry_after: RetryAfterHandling::Max,
        }
    }

    /// The same interval before each retry.
    pub const fn fixed(count: u32, interval: Duration) -> Self {
        Self::exponential(count, interval).of_kind(RetryKind::Fixed)
    }

    const fn of_kind(mut self, kind: RetryKind) -> Self {
        self.kind = kind;
        self
    }

    /// The shortest and the longest wait before a retry (from 1), by the
    /// documented table: between `max(2^(n-2)·interval, minimum)` and
    /// `min(2^(n-1)·interval, maximum)`, the first from `minimum`.
    pub fn bounds(&self, retry: u32) -> (Duration, Duration) {
        if self.kind != RetryKind::Exponential {
            return (self.interval, self.interval);
        }
        let doubled = |times: u32| self.interval.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX));
        let low = if retry <= 1 { Duration::ZERO } else { doubled(retry - 2) };
        let high = doubled(retry.max(1) - 1).min(self.maximum);
        (low.max(self.minimum).min(high), high)
    }

    /// How long to wait before the next attempt; `None`: the action has its
    /// outcome. `attempt` is the number of the attempt that ended, from 1;
    /// `now` is what the shared clock shows, for the date form of
    /// `Retry-After`.
    pub fn wait(
        &self,
        attempt: u32,
        outcome: &Result<Response, Failure>,
        now: Timestamp,
        rng: &mut impl Rng,
    ) -> Option<Duration> {
        if self.kind == RetryKind::None || attempt > self.count || !is_retried(outcome) {
            return None;
        }
        let (low, high) = self.bounds(attempt);
        let own = Duration::from_micros(rng.random_range(low.as_micros() as u64..=high.as_micros() as u64));
        let told = outcome.as_ref().ok().and_then(|response| retry_after(response, now));
        Some(match (self.retry_after, told) {
            (RetryAfterHandling::Ignore, _) | (_, None) => own,
            (RetryAfterHandling::Max, Some(told)) => own.max(told),
            (RetryAfterHandling::Replace, Some(told)) => told,
        })
    }
}

/// Whether the engine retries an outcome: 408, 429, any 5xx, no answer. All
/// other statuses are final. A call that our own door refused was never made.
pub fn is_retried(outcome: &Result<Response, Failure>) -> bool {
    match outcome {
        Ok(response) => matches!(response.status, 408 | 429 | 500..=599),
        Err(failure) => failure.kind != FailureKind::Refused,
    }
}

/// What `Retry-After` says (RFC 9110 §10.2.3), in either form; a date that has
/// passed is no wait.
pub fn retry_after(response: &Response, now: Timestamp) -> Option<Duration> {
    let text = response.headers.get("retry-after")?.trim();
    match text.parse::<u64>() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Timestamp::parse_http_date(text).map(|at| at.since(now)),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::wire::Headers;

    fn answer(status: u16, told: Option<&str>) -> Response {
        let headers: Headers = told.map(|t| ("Retry-After", t)).into_iter().collect();
        Response { status, headers, body: Bytes::new(), truncated: false }
    }

    #[test]
    fn the_documented_table_holds_for_the_medium_profile() {
        let seconds: Vec<(u64, u64)> = (1..=8)
            .map(|n| RetryPolicy::PA_MEDIUM.bounds(n))
            .map(|(low, high)| (low.as_secs(), high.as_secs()))
            .collect();
        let table = [(5, 7), (7, 14), (14, 28), (28, 56), (56, 112), (112, 224), (224, 448), (448, 896)];
        assert_eq!(seconds, table);
        assert_eq!(RetryPolicy::PA_LOW.bounds(2), (Duration::from_mins(5), Duration::from_mins(10)));
    }

    #[test]
    fn the_date_form_is_understood_and_dates_that_passed_are_no_wait() {
        let now = Timestamp::parse("2026-09-01T08:00:00Z").unwrap();
        let response = answer(429, Some("Tue, 01 Sep 2026 08:00:30 GMT"));
        assert_eq!(retry_after(&response, now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after(&response, now.plus(Duration::from_mins(1))), Some(Duration::ZERO));
        assert_eq!(retry_after(&answer(429, Some("soon")), now), None);
    }

    #[test]
    fn our_own_refusal_is_not_retried_and_no_answer_is() {
        for (kind, retried) in [(FailureKind::Refused, false), (FailureKind::Reset, true), (FailureKind::Timeout, true)]
        {
            assert_eq!(is_retried(&Err(Failure { kind, detail: String::new() })), retried);
        }
    }

    proptest! {
        #[test]
        fn exactly_the_documented_statuses_are_retried(status in 100_u16..600) {
            let documented = status == 408 || status == 429 || status >= 500;
            prop_assert_eq!(is_retried(&Ok(answer(status, None))), documented);
        }

        #[test]
        fn a_wait_lies_between_the_bounds_and_the_bounds_never_shrink(
            count in 1_u32..=90, interval in 5_u64..600, seed in any::<u64>(),
        ) {
            let policy = RetryPolicy::exponential(count, Duration::from_secs(interval));
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut before = (Duration::ZERO, Duration::ZERO);
            for attempt in 1..=count {
                let (low, high) = policy.bounds(attempt);
                prop_assert!(low <= high && low >= before.0 && high >= before.1);
                prop_assert!(high <= policy.maximum);
                let wait = policy.wait(attempt, &Ok(answer(503, None)), Timestamp::default(), &mut rng);
                prop_assert!(wait.is_some_and(|w| low <= w && w <= high));
                before = (low, high);
            }
            let over = policy.wait(count + 1, &Ok(answer(503, None)), Timestamp::default(), &mut rng);
            prop_assert_eq!(over, None);
        }

        #[test]
        fn retry_after_does_what_the_switch_says(told in 0_u64..4000, seed in any::<u64>()) {
            let wait = |handling| {
                let policy = RetryPolicy { retry_after: handling, ..RetryPolicy::PA_MEDIUM };
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                policy.wait(1, &Ok(answer(429, Some(&told.to_string()))), Timestamp::default(), &mut rng).unwrap()
            };
            let (told, own) = (Duration::from_secs(told), wait(RetryAfterHandling::Ignore));
            prop_assert_eq!(wait(RetryAfterHandling::Max), own.max(told));
            prop_assert_eq!(wait(RetryAfterHandling::Replace), told);
        }
    }
}

//! A sliding window over admitted calls: the rate limit of the classic tiers.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Timestamp;

/// So many calls in any span of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub calls: u64,
    /// The span's length.
    pub period: Duration,
}

/// A refusal, and when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whole seconds until a call is admitted, if nobody else takes its place.
    /// At least 1.
    pub retry_after: u64,
}

/// What one key has used. Refused calls use nothing: otherwise the seconds
/// that a refusal names would not be true for a client that hammers.
#[derive(Clone, Debug, Default)]
pub struct SlidingWindow {
    admitted: VecDeque<(Timestamp, u64)>,
    sum: u64,
    longest: Duration,
    latest: Option<Timestamp>,
}

impl SlidingWindow {
    /// Nothing used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits a call that counts `count`, and gives what is left, or refuses
    /// it.
    ///
    /// # Errors
    /// The window is full.
    pub fn admit(&mut self, rate: Rate, now: Timestamp, count: u64) -> Result<u64, Refused> {
        let left = self.check(rate, now, count)?;
        self.add(rate, now, count);
        Ok(left.saturating_sub(count))
    }

    /// What is left for a call that counts `count`, without counting it.
    ///
    /// # Errors
    /// The window is full.
    pub fn check(&mut self, rate: Rate, now: Timestamp, count: u64) -> Result<u64, Refused> {
        let now = self.forward(rate, now);
        let used = self.used(rate.period, now);
        if used.saturating_add(count) <= rate.calls {
            return Ok(rate.calls - used);
        }
        Err(Refused { retry_after: self.retry_after(rate, now, used.saturating_add(count)) })
    }

    /// Counts a call that is admitted already (counting after the response).
    pub fn add(&mut self, rate: Rate, now: Timestamp, count: u64) {
        let now = self.forward(rate, now);
        if count > 0 {
            self.admitted.push_back((now, count));
            self.sum += count;
        }
    }

    /// Whether nothing is counted any more at `now`.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.admitted.back().is_none_or(|(at, _)| at.plus(self.longest) <= now)
    }

    /// Forgets what has left the longest window of this key. Callers read the
    /// clock before they hold the state, so time may seem to run backwards:
    /// the latest instant stands.
    fn forward(&mut self, rate: Rate, now: Timestamp) -> Timestamp {
        let now = self.latest.map_or(now, |latest| latest.max(now));
        self.latest = Some(now);
        self.longest = self.longest.max(rate.period);
        while let Some((at, count)) = self.admitted.front() {
            if at.plus(self.longest) > now {
                break;
            }
            self.sum -= count;
            self.admitted.pop_front();
        }
        now
    }

    fn used(&self, period: Duration, now: Timestamp) -> u64 {
        if period == self.longest {
            return self.sum;
        }
        self.admitted.iter().rev().take_while(|(at, _)| at.plus(period) > now).map(|(_, count)| count).sum()
    }

    fn retry_after(&self, rate: Rate, now: Timestamp, mut wanted: u64) -> u64 {
        for (at, count) in self.admitted.iter().filter(|(at, _)| at.plus(rate.period) > now) {
            wanted -= count;
            if wanted <= rate.calls {
                return whole_seconds(at.plus(rate.period).since(now));
            }
        }
        whole_seconds(rate.period)
    }
}

/// A span in whole seconds, rounded up, at least 1.
pub(super) fn whole_seconds(span: Duration) -> u64 {
    span.as_micros().div_ceil(1_000_000).max(1) as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate { calls: 5, period: Duration::from_secs(10) };

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_calls(gaps in prop::collection::vec(0_i64..4_000_000, 1..200)) {
            let (mut window, mut now, mut admitted) = (SlidingWindow::new(), Timestamp::from_micros(0), Vec::new());
            for gap in gaps {
                now = now.plus_micros(gap);
                if window.admit(RATE, now, 1).is_ok() {
                    admitted.push(now);
                }
            }
            for start in &admitted {
                let end = start.plus(RATE.period);
                prop_assert!(admitted.iter().filter(|at| *at >= start && **at < end).count() <= 5);
            }
        }

        #[test]
        fn a_call_after_retry_after_is_admitted_and_one_second_earlier_mostly_not(
            gaps in prop::collection::vec(0_i64..3_000_000, 1..100), count in 1_u64..=5,
        ) {
            let (mut window, mut now) = (SlidingWindow::new(), Timestamp::from_micros(0));
            for gap in gaps {
                now = now.plus_micros(gap);
                if let Err(refused) = window.clone().admit(RATE, now, count) {
                    let later = now.plus(Duration::from_secs(refused.retry_after));
                    prop_assert!(window.clone().admit(RATE, later, count).is_ok());
                    let earlier = now.plus(Duration::from_secs(refused.retry_after - 1));
                    prop_assert!(window.clone().admit(RATE, earlier, count).is_err());
                }
                let _ = window.admit(RATE, now, count);
            }
        }
    }

    #[test]
    fn the_window_slides_and_refusals_are_free() {
        let (mut window, at) = (SlidingWindow::new(), Timestamp::from_seconds);
        for second in 0..5 {
            assert_eq!(window.admit(RATE, at(second), 1), Ok(4 - second as u64));
        }
        for _ in 0..100 {
            assert_eq!(window.admit(RATE, at(6), 1), Err(Refused { retry_after: 4 }));
        }
        assert_eq!(window.admit(RATE, at(10), 1), Ok(0));
        assert_eq!(window.admit(RATE, at(10), 1), Err(Refused { retry_after: 1 }));
        assert!(!window.is_idle(at(19)) && window.is_idle(at(20)));
    }

    #[test]
    fn one_key_may_be_judged_by_two_periods() {
        let (mut window, at) = (SlidingWindow::new(), Timestamp::from_seconds);
        let short = Rate { calls: 2, period: Duration::from_secs(1) };
        assert!(window.admit(RATE, at(0), 1).is_ok());
        assert!(window.admit(short, at(0), 1).is_ok());
        assert_eq!(window.admit(short, at(0), 1), Err(Refused { retry_after: 1 }));
        assert!(window.admit(short, at(1), 1).is_ok());
        assert_eq!(window.check(RATE, at(1), 1), Ok(2));
    }
}

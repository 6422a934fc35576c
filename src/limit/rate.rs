//! A sliding window over admitted calls: the rate limit of the classic tiers.

use std::time::Duration;

use super::log::Log;
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

/// What one key has used. Refused calls use nothing unless that is asked for:
/// otherwise the seconds that a refusal names would not be true for a client
/// that hammers.
#[derive(Clone, Debug)]
pub struct SlidingWindow {
    log: Log,
    sum: u64,
    /// The longest period that was asked for, in microseconds.
    longest: i64,
    latest: Timestamp,
}

impl Default for SlidingWindow {
    fn default() -> Self {
        Self { log: Log::default(), sum: 0, longest: 0, latest: Timestamp::from_micros(i64::MIN) }
    }
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
        let left = self.check(rate, now, count, 0)?;
        self.add(rate, now, count);
        Ok(left.saturating_sub(count))
    }

    /// What is left for a call that counts `count`, without counting it, where
    /// `unseen` of what is used is not known.
    ///
    /// # Errors
    /// The window is full.
    pub fn check(&mut self, rate: Rate, now: Timestamp, count: u64, unseen: u64) -> Result<u64, Refused> {
        let now = self.forward(rate, now);
        let used = self.used(rate.period, now).saturating_sub(unseen);
        let wanted = used.saturating_add(count);
        if wanted <= rate.calls {
            return Ok(rate.calls - used);
        }
        Err(Refused { retry_after: self.retry_after(rate, now, wanted - rate.calls) })
    }

    /// Counts a call that is admitted already (counting after the response).
    pub fn add(&mut self, rate: Rate, now: Timestamp, count: u64) {
        let now = self.forward(rate, now);
        if count > 0 {
            self.log.push(counted_at(rate, now), count);
            self.sum = self.sum.saturating_add(count);
        }
    }

    /// Counts a call although it is refused. What was counted before the last
    /// calls that fill the window decides nothing any more, and goes.
    pub fn add_refused(&mut self, rate: Rate, now: Timestamp, count: u64) {
        self.add(rate, now, count);
        while let Some((_, oldest)) = self.log.oldest()
            && self.sum.saturating_sub(oldest) >= rate.calls
        {
            self.sum = self.sum.saturating_sub(oldest);
            self.log.forget_oldest();
        }
    }

    /// Takes back what was counted last: the call was refused after all.
    pub fn take_back(&mut self, count: u64) {
        self.sum = self.sum.saturating_sub(self.log.take_back(count));
    }

    /// Whether nothing is counted any more at `now`.
    pub fn is_idle(&self, now: Timestamp) -> bool {
        self.empty_at().is_none_or(|at| at <= now)
    }

    /// When the last call that is counted leaves; `None` where there is none.
    pub fn empty_at(&self) -> Option<Timestamp> {
        self.log.newest().map(|(at, _)| at.plus_micros(self.longest))
    }

    /// How much is counted in the longest window at `now`.
    pub fn counted(&self, now: Timestamp) -> u64 {
        self.log
            .iter()
            .filter(|(at, _)| at.plus_micros(self.longest) > now)
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Forgets what has left the longest window of this key. Callers read the
    /// clock before they hold the state, so time may seem to run backwards:
    /// the latest instant stands.
    fn forward(&mut self, rate: Rate, now: Timestamp) -> Timestamp {
        self.latest = self.latest.max(now);
        self.longest = self.longest.max(rate.period.as_micros() as i64);
        while let Some((at, count)) = self.log.oldest() {
            if at.plus_micros(self.longest) > self.latest {
                break;
            }
            self.sum = self.sum.saturating_sub(count);
            self.log.forget_oldest();
        }
        self.latest
    }

    fn used(&self, period: Duration, now: Timestamp) -> u64 {
        if period.as_micros() as i64 == self.longest {
            return self.sum;
        }
        self.log
            .iter()
            .rev()
            .take_while(|(at, _)| at.plus(period) > now)
            .fold(0, |sum, (_, count)| sum.saturating_add(count))
    }

    /// Until so much has left the window.
    fn retry_after(&self, rate: Rate, now: Timestamp, mut over: u64) -> u64 {
        for (at, count) in self.log.iter().filter(|(at, _)| at.plus(rate.period) > now) {
            over = over.saturating_sub(count);
            if over == 0 {
                return whole_seconds(at.plus(rate.period).since(now));
            }
        }
        whole_seconds(rate.period)
    }
}

/// In how many parts a period is counted where the calls are more: a call then
/// leaves up to a part of the period late, never early.
const PARTS: u64 = 16_384;

/// At which instant a call is noted: at its own, unless so many calls are
/// allowed that the notes would take more memory than they are worth.
fn counted_at(rate: Rate, now: Timestamp) -> Timestamp {
    let part = rate.period.as_micros() as i64 / PARTS as i64;
    if rate.calls <= PARTS || part < 2 {
        return now;
    }
    Timestamp::from_micros(now.micros().saturating_add(part - 1).div_euclid(part).saturating_mul(part))
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
    fn a_large_limit_is_counted_in_parts_of_its_period_and_admits_no_more() {
        let rate = Rate { calls: 40_000, period: Duration::from_mins(1) };
        let (mut window, mut admitted) = (SlidingWindow::new(), Vec::new());
        for n in 0..60_000 {
            let now = Timestamp::from_micros(n * 2_000);
            if window.admit(rate, now, 1).is_ok() {
                admitted.push(now);
            }
        }
        assert!(window.log.iter().count() as u64 <= PARTS + 2);
        let most = admitted
            .iter()
            .enumerate()
            .map(|(i, first)| admitted[i..].partition_point(|at| *at < first.plus(rate.period)) as u64);
        assert_eq!(most.max(), Some(30_000), "every call was admitted: two a millisecond are fewer than the limit");
        let tight = Rate { calls: 20_000, ..rate };
        let mut window = SlidingWindow::new();
        let admitted =
            (0..60_000).filter(|n| window.admit(tight, Timestamp::from_micros(n * 2_000), 1).is_ok()).count();
        assert_eq!(admitted, 40_000, "two windows");
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
        assert_eq!(window.check(RATE, at(1), 1, 0), Ok(2));
    }
}

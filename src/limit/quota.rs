//! A fixed, anchored window: the quota.

use std::time::Duration;

use super::Refused;
use super::rate::whole_seconds;
use crate::clock::Timestamp;

/// So many calls from one boundary to the next; boundaries lie `period` apart,
/// counted from `anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub calls: u64,
    /// From boundary to boundary; zero: a lifetime.
    pub period: Duration,
    /// Where counting of periods begins.
    pub anchor: Timestamp,
}

impl Quota {
    /// The anchor where a policy names none: `0001-01-01T00:00:00Z`.
    pub const DEFAULT_ANCHOR: Timestamp = Timestamp::from_seconds(-62_135_596_800);

    fn index(&self, now: Timestamp) -> i64 {
        let period = self.period.as_micros() as i64;
        if period == 0 { 0 } else { (now.micros() - self.anchor.micros()).div_euclid(period) }
    }

    /// When the period that `now` lies in ends; `None` for a lifetime.
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let period = self.period.as_micros() as i64;
        (period != 0).then(|| self.anchor.plus_micros((self.index(now) + 1) * period))
    }
}

/// What one key has used of the current period.
#[derive(Clone, Debug, Default)]
pub struct FixedWindow {
    index: i64,
    used: u64,
}

impl FixedWindow {
    /// Nothing used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits a call that counts `count`, and gives what is left, or refuses
    /// it. A quota for a lifetime names the largest span as the wait.
    ///
    /// # Errors
    /// The quota of this period is used up.
    pub fn admit(&mut self, quota: Quota, now: Timestamp, count: u64) -> Result<u64, Refused> {
        let left = self.check(quota, now, count)?;
        self.used += count;
        Ok(left - count)
    }

    /// What is left for a call that counts `count`, without counting it.
    ///
    /// # Errors
    /// The quota of this period is used up.
    pub fn check(&mut self, quota: Quota, now: Timestamp, count: u64) -> Result<u64, Refused> {
        self.forward(quota, now);
        if self.used.saturating_add(count) <= quota.calls {
            return Ok(quota.calls - self.used);
        }
        let wait = quota.ends(now).map_or(Duration::from_secs(u64::from(u32::MAX)), |end| end.since(now));
        Err(Refused { retry_after: whole_seconds(wait) })
    }

    /// Counts a call that is admitted already (counting after the response).
    pub fn add(&mut self, quota: Quota, now: Timestamp, count: u64) {
        self.forward(quota, now);
        self.used = self.used.saturating_add(count);
    }

    /// A period never comes back, even if a caller read the clock before the
    /// boundary and arrives after it.
    fn forward(&mut self, quota: Quota, now: Timestamp) {
        let index = quota.index(now);
        if index > self.index {
            *self = Self { index, used: 0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quota(calls: u64, seconds: u64) -> Quota {
        Quota { calls, period: Duration::from_secs(seconds), anchor: Quota::DEFAULT_ANCHOR }
    }

    #[test]
    fn boundaries_are_counted_from_the_anchor() {
        let now = Timestamp::from_seconds(1000);
        assert_eq!(quota(1, 300).ends(now), Some(Timestamp::from_seconds(1200)));
        let mut window = FixedWindow::new();
        assert_eq!(window.admit(quota(1, 300), now, 1), Ok(0));
        assert_eq!(window.admit(quota(1, 300), now, 1), Err(Refused { retry_after: 200 }));
        assert_eq!(window.admit(quota(1, 300), Timestamp::from_seconds(1200), 1), Ok(0));
    }

    #[test]
    fn a_lifetime_never_ends() {
        let mut window = FixedWindow::new();
        assert!(window.admit(quota(1, 0), Timestamp::from_seconds(0), 1).is_ok());
        assert!(window.admit(quota(1, 0), Timestamp::from_seconds(i64::from(u32::MAX)), 1).is_err());
    }

    proptest! {
        #[test]
        fn no_period_holds_more_than_the_calls_and_the_wait_is_honest(
            gaps in prop::collection::vec(0_i64..90_000_000, 1..200),
        ) {
            let quota = quota(7, 300);
            let (mut window, mut now) = (FixedWindow::new(), Timestamp::from_seconds(1_790_000_000));
            let mut admitted = std::collections::BTreeMap::<i64, u32>::new();
            for gap in gaps {
                now = now.plus_micros(gap);
                match window.admit(quota, now, 1) {
                    Ok(_) => *admitted.entry(quota.index(now)).or_default() += 1,
                    Err(refused) => {
                        let later = now.plus(Duration::from_secs(refused.retry_after));
                        prop_assert!(window.clone().admit(quota, later, 1).is_ok());
                    }
                }
            }
            prop_assert!(admitted.values().all(|n| *n <= 7));
        }
    }
}

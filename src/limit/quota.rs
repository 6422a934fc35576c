//! A fixed, anchored window: the quota.

use std::time::Duration;

use super::rate::whole_seconds;
use super::throttling::{Turn, Units, note, unseen};
use super::{Reading, Window};
use crate::clock::Timestamp;

/// So many calls, so many bytes, or both, from one boundary to the next;
/// boundaries lie `period` apart, counted from `anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many calls.
    pub calls: Option<u64>,
    /// How many bytes, of requests and responses together.
    pub bandwidth: Option<u64>,
    /// From boundary to boundary; zero: a lifetime.
    pub period: Duration,
    /// Where counting of periods begins.
    pub anchor: Timestamp,
}

/// What a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// Calls.
    Calls,
    /// Bytes.
    Bandwidth,
}

/// A quota that is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted {
    /// Of what.
    pub volume: Volume,
    /// Whole seconds until it is replenished, at least 1; `None`: never.
    pub replenished_in: Option<u64>,
}

impl Quota {
    /// The anchor where a policy names none: `0001-01-01T00:00:00Z`.
    pub const DEFAULT_ANCHOR: Timestamp = Timestamp::from_seconds(-62_135_596_800);

    /// Bytes of a kilobyte, in which bandwidth is given. The reference marks it
    /// unsure (§2.4).
    pub const KILOBYTE: u64 = 1024;

    /// When the period that `now` lies in ends; `None` for a lifetime.
    pub fn ends(&self, now: Timestamp) -> Option<Timestamp> {
        let period = self.period.as_micros() as i64;
        (period != 0).then(|| {
            let index = (now.micros() - self.anchor.micros()).div_euclid(period);
            self.anchor.plus_micros((index + 1).saturating_mul(period))
        })
    }
}

/// Where a lifetime ends.
const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

/// What one key has used of the current period.
#[derive(Clone, Debug)]
pub struct FixedWindow {
    end: Timestamp,
    calls: u64,
    bytes: u64,
    units: Units,
    /// The quota that was asked for last; what it does not bound is the largest
    /// number.
    most_calls: u64,
    most_bytes: u64,
}

impl Default for FixedWindow {
    fn default() -> Self {
        let end = Timestamp::from_micros(i64::MIN);
        Self { end, calls: 0, bytes: 0, units: None, most_calls: u64::MAX, most_bytes: u64::MAX }
    }
}

impl FixedWindow {
    /// Nothing used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Admits a call that counts `count`, and gives how many calls are left
    /// (the largest number where they are not bounded), or refuses it.
    ///
    /// # Errors
    /// The quota of this period is used up.
    pub fn admit(&mut self, quota: Quota, turn: Turn<'_>, count: u64) -> Result<u64, Exhausted> {
        let left = self.check(quota, turn, count);
        if left.is_ok() || turn.throttling.count_refused {
            self.add(quota, turn, count);
        }
        left.map(|left| left.saturating_sub(count))
    }

    /// What is left for a call that counts `count`, without counting it.
    ///
    /// # Errors
    /// The quota of this period is used up.
    pub fn check(&mut self, quota: Quota, turn: Turn<'_>, count: u64) -> Result<u64, Exhausted> {
        self.forward(quota, turn.now);
        let used = self.calls.saturating_sub(unseen(&self.units, turn, turn.throttling.quotas_synchronised_every));
        let volume = if used.saturating_add(count) > self.most_calls {
            Volume::Calls
        } else if self.bytes >= self.most_bytes {
            Volume::Bandwidth
        } else {
            return Ok(self.most_calls - used);
        };
        let replenished_in = (self.end != NEVER).then(|| whole_seconds(self.end.since(turn.now)));
        Err(Exhausted { volume, replenished_in })
    }

    /// Counts a call that is admitted already (counting after the response).
    pub fn add(&mut self, quota: Quota, turn: Turn<'_>, count: u64) {
        self.forward(quota, turn.now);
        note(&mut self.units, turn, turn.throttling.quotas_synchronised_every, count);
        self.calls = self.calls.saturating_add(count);
    }

    /// Counts the bytes of a call, which are known when it is through.
    pub fn add_bytes(&mut self, quota: Quota, now: Timestamp, bytes: u64) {
        self.forward(quota, now);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Takes back what was counted last: the call was refused after all.
    pub fn take_back(&mut self, count: u64) {
        self.calls = self.calls.saturating_sub(count);
    }

    /// A period never comes back, even if a caller read the clock before the
    /// boundary and arrives after it.
    fn forward(&mut self, quota: Quota, now: Timestamp) {
        self.most_calls = quota.calls.unwrap_or(u64::MAX);
        self.most_bytes = quota.bandwidth.unwrap_or(u64::MAX);
        if now >= self.end {
            (self.end, self.calls, self.bytes) = (quota.ends(now).unwrap_or(NEVER), 0, 0);
        }
    }
}

impl Window for FixedWindow {
    fn is_idle(&self, now: Timestamp) -> bool {
        now >= self.end || (self.calls == 0 && self.bytes == 0)
    }

    fn reading(&self, now: Timestamp) -> Reading {
        let bounded = |most: u64| (most != u64::MAX).then_some(most);
        let (used, limit) = match (bounded(self.most_calls), bounded(self.most_bytes)) {
            (None, Some(bytes)) => (self.bytes, Some(bytes)),
            (calls, _) => (self.calls, calls),
        };
        let used = if now >= self.end { 0 } else { used };
        Reading { used, limit, resets_at: (self.end != NEVER).then_some(self.end) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Throttling;
    use super::*;

    fn quota(calls: u64, seconds: u64) -> Quota {
        let period = Duration::from_secs(seconds);
        Quota { calls: Some(calls), bandwidth: None, period, anchor: Quota::DEFAULT_ANCHOR }
    }

    fn turn(throttling: &Throttling, now: Timestamp) -> Turn<'_> {
        Turn { now, unit: 0, throttling }
    }

    fn calls_in(seconds: u64) -> Exhausted {
        Exhausted { volume: Volume::Calls, replenished_in: Some(seconds) }
    }

    #[test]
    fn boundaries_are_counted_from_the_anchor() {
        let (exact, now) = (Throttling::default(), Timestamp::from_seconds(1000));
        assert_eq!(quota(1, 300).ends(now), Some(Timestamp::from_seconds(1200)));
        let mut window = FixedWindow::new();
        assert_eq!(window.admit(quota(1, 300), turn(&exact, now), 1), Ok(0));
        assert_eq!(window.admit(quota(1, 300), turn(&exact, now), 1), Err(calls_in(200)));
        assert_eq!(window.admit(quota(1, 300), turn(&exact, Timestamp::from_seconds(1200)), 1), Ok(0));
    }

    #[test]
    fn a_lifetime_never_ends_and_names_no_wait() {
        let (exact, mut window) = (Throttling::default(), FixedWindow::new());
        assert!(window.admit(quota(1, 0), turn(&exact, Timestamp::from_seconds(0)), 1).is_ok());
        let late = turn(&exact, Timestamp::from_seconds(i64::from(u32::MAX)));
        let never = Exhausted { volume: Volume::Calls, replenished_in: None };
        assert_eq!(window.admit(quota(1, 0), late, 1), Err(never));
        assert!(!window.is_idle(late.now));
    }

    #[test]
    fn bytes_are_counted_after_the_call_and_refuse_the_next() {
        let (exact, now) = (Throttling::default(), Timestamp::from_seconds(1000));
        let quota = Quota { calls: None, bandwidth: Some(2048), ..quota(0, 300) };
        let mut window = FixedWindow::new();
        assert_eq!(window.admit(quota, turn(&exact, now), 1), Ok(u64::MAX - 1));
        window.add_bytes(quota, now, 2047);
        assert!(window.admit(quota, turn(&exact, now), 1).is_ok());
        window.add_bytes(quota, now, 1);
        let refused = Exhausted { volume: Volume::Bandwidth, replenished_in: Some(200) };
        assert_eq!(window.admit(quota, turn(&exact, now), 1), Err(refused));
        assert_eq!(window.reading(now).used, 2048);
        assert!(window.is_idle(Timestamp::from_seconds(1200)));
    }

    #[test]
    fn units_count_apart_until_they_synchronise() {
        let throttling = Throttling { units: 2, ..Throttling::default() };
        let mut window = FixedWindow::new();
        let mut admitted = |unit: u16, second: i64| {
            let turn = Turn { unit, ..turn(&throttling, Timestamp::from_seconds(second)) };
            (0..5).filter(|_| window.admit(quota(3, 300), turn, 1).is_ok()).count()
        };
        assert_eq!([admitted(0, 1), admitted(1, 1), admitted(0, 10), admitted(1, 10)], [3, 3, 0, 0]);
    }

    proptest! {
        #[test]
        fn a_window_admits_what_a_naive_model_admits_and_the_wait_is_honest(
            gaps in prop::collection::vec(0_i64..90_000_000, 1..200), calls in 1_u64..9,
        ) {
            let (exact, quota) = (Throttling::default(), quota(calls, 300));
            let (mut window, mut now) = (FixedWindow::new(), Timestamp::from_seconds(1_790_000_000));
            let mut admitted = std::collections::BTreeMap::<Option<Timestamp>, u64>::new();
            for gap in gaps {
                now = now.plus_micros(gap);
                let used = admitted.entry(quota.ends(now)).or_default();
                match window.admit(quota, turn(&exact, now), 1) {
                    Ok(left) => {
                        *used += 1;
                        prop_assert_eq!(left, calls - *used);
                    }
                    Err(refused) => {
                        prop_assert_eq!(*used, calls);
                        let later = now.plus(Duration::from_secs(refused.replenished_in.expect("it ends")));
                        prop_assert!(window.clone().admit(quota, turn(&exact, later), 1).is_ok());
                    }
                }
            }
        }
    }
}

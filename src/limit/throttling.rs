//! How limits count: exactly, or as the platform does.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::Rate;
use crate::clock::Timestamp;

/// How limits count. The default is exact, so that a test that fails has found
/// something; the platform itself says that its limiting is never completely
/// accurate (reference §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Throttling {
    /// How rates are counted.
    pub algorithm: Algorithm,
    /// Whether a refused call uses the limit up as well. Then the seconds that
    /// a refusal names are not true for a client that hammers.
    pub count_refused: bool,
    /// Whether a limit by key whose condition or count is an expression counts
    /// after the response, and refuses one call later than it should: the
    /// platform judges such a limit on the next call.
    pub late_by_one: bool,
    /// How many units share the load. Each counts for itself and learns what
    /// the others counted at the next synchronisation; at least 1.
    pub units: u16,
    /// How often units tell each other their rates, by the clock.
    pub rates_synchronised_every: Duration,
    /// How often units tell each other their quotas, by the clock; the platform
    /// does that less often than with rates.
    pub quotas_synchronised_every: Duration,
    /// Whether a restart of the gateway loses quotas as well. Rates are always
    /// lost.
    pub quotas_lost_on_restart: bool,
}

impl Default for Throttling {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::SlidingWindow,
            count_refused: false,
            late_by_one: false,
            units: 1,
            rates_synchronised_every: Duration::from_secs(1),
            quotas_synchronised_every: Duration::from_secs(10),
            quotas_lost_on_restart: false,
        }
    }
}

impl Throttling {
    /// How many calls of a burst a rate may admit, from the fewest to the most:
    /// a burst that is over before units synchronise is counted by each of
    /// them alone.
    pub fn admitted(&self, rate: Rate, burst: u64) -> RangeInclusive<u64> {
        let late = u64::from(self.late_by_one);
        let most = rate.calls.saturating_add(late).saturating_mul(u64::from(self.units.max(1)));
        burst.min(rate.calls)..=burst.min(most)
    }
}

/// How rates are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// No span of the period's length holds more than the calls: the classic
    /// tiers.
    #[default]
    SlidingWindow,
    /// The calls may come at once, and come back evenly over the period: the
    /// v2 tiers.
    TokenBucket,
}

/// When a call comes, which unit it meets, and how that counts.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'t> {
    /// The instant.
    pub now: Timestamp,
    /// Which unit, from 0.
    pub unit: u16,
    /// How limits count.
    pub throttling: &'t Throttling,
}

/// What units counted since they last told each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    interval: i64,
    by_unit: Vec<u64>,
}

/// What a counter keeps of units: nothing, where there is one.
pub(super) type Units = Option<Box<Recent>>;

/// How much others have counted that this unit has not been told.
pub(super) fn unseen(units: &Units, turn: Turn<'_>, every: Duration) -> u64 {
    let Some(recent) = units.as_deref().filter(|r| r.interval == interval(turn.now, every)) else { return 0 };
    let others = recent.by_unit.iter().enumerate().filter(|(unit, _)| *unit != usize::from(turn.unit));
    others.map(|(_, count)| count).sum()
}

/// Notes what a unit counted.
pub(super) fn note(units: &mut Units, turn: Turn<'_>, every: Duration, count: u64) {
    if turn.throttling.units <= 1 {
        return;
    }
    let recent = units.get_or_insert_default();
    let interval = interval(turn.now, every);
    if recent.interval != interval {
        recent.interval = interval;
        recent.by_unit.clear();
    }
    let unit = usize::from(turn.unit);
    if recent.by_unit.len() <= unit {
        recent.by_unit.resize(unit + 1, 0);
    }
    recent.by_unit[unit] += count;
}

/// Which interval between two synchronisations an instant lies in.
fn interval(now: Timestamp, every: Duration) -> i64 {
    now.micros().div_euclid((every.as_micros() as i64).max(1))
}

//! What keys have used of their limits: tables for the whole gateway, whichever
//! API or scope counts.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::limit::{
    Concurrency, Exhausted, FixedWindow, Quota, Rate, RateCounter, Reading, Refused, SEPARATOR, Table, Throttling,
    Turn, Window,
};

/// Into how many shards the keys of one kind are cut. Many, so that a shard
/// that grows is small.
const SHARDS: usize = 256;

/// The same for subscriptions, of which there are fewer.
const FEW: usize = 16;

/// How often [`Counters::sweep`] is called, in real time, and at how many keys
/// of each shard it then looks: a million keys that nobody uses any more are
/// gone after a second.
pub(super) const SWEEP_EVERY: Duration = Duration::from_millis(250);
const LOOKS: usize = 1024;

/// What keys have used of their limits.
#[derive(Debug)]
pub struct Counters {
    throttling: Throttling,
    rates: [Table<RateCounter>; 2],
    quotas: [Table<FixedWindow>; 2],
    concurrency: Table<Concurrency>,
}

/// Who counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// A limit by key.
    Key,
    /// A limit of a subscription.
    Subscription,
}

/// What a counter shows: one limit of one key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CounterReading {
    /// The policy's name.
    pub policy: &'static str,
    /// The key; parts of a subscription's are separated by ` / `.
    pub key: String,
    /// How many calls are counted, or bytes where a quota bounds only those, or
    /// calls inside.
    pub used: u64,
    /// Of how many; `None`: they are not bounded.
    pub limit: Option<u64>,
    /// How many are left.
    pub remaining: Option<u64>,
    /// When nothing will be used if nobody calls; `None`: never.
    pub resets_at: Option<Timestamp>,
    /// How many calls of a burst a rate may admit, from the fewest to the most,
    /// where limits are inexact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admits: Option<[u64; 2]>,
}

impl Counters {
    /// Nobody has used anything.
    pub fn new(throttling: Throttling) -> Self {
        Self {
            throttling,
            rates: [Table::new(SHARDS), Table::new(FEW)],
            quotas: [Table::new(SHARDS), Table::new(FEW)],
            concurrency: Table::new(FEW),
        }
    }

    /// How limits count.
    pub fn throttling(&self) -> &Throttling {
        &self.throttling
    }

    /// The turn of a call, which meets one unit with all of its limits.
    pub(super) fn turn(&self, call: Uuid, now: Timestamp) -> Turn<'_> {
        let units = u128::from(self.throttling.units.max(1));
        Turn { now, unit: (call.as_u128() % units) as u16, throttling: &self.throttling }
    }

    /// Does something with the counter of a rate.
    pub(super) fn rate<K: AsRef<str>, R>(
        &self,
        whose: Whose,
        key: &[K],
        now: Timestamp,
        act: impl FnOnce(&mut RateCounter) -> R,
    ) -> R {
        let make = || RateCounter::new(self.throttling.algorithm);
        self.rates[whose as usize].with(key, now, make, act)
    }

    /// Does something with the counter of a quota.
    pub(super) fn quota<K: AsRef<str>, R>(
        &self,
        whose: Whose,
        key: &[K],
        now: Timestamp,
        act: impl FnOnce(&mut FixedWindow) -> R,
    ) -> R {
        self.quotas[whose as usize].with(key, now, FixedWindow::new, act)
    }

    /// Lets a call in if fewer than `max` are inside. Who is let in leaves when
    /// the guard is dropped.
    pub(super) fn enter(this: &Arc<Self>, key: Arc<str>, max: u64, now: Timestamp) -> Option<Inside> {
        let entered = this.concurrency.with(&[&key], now, Concurrency::new, |inside| inside.enter(max));
        entered.then(|| Inside { counters: Arc::clone(this), key })
    }

    /// Forgets some keys whose window is empty.
    pub(super) fn sweep(&self, now: Timestamp) {
        for table in &self.rates {
            table.sweep(now, LOOKS);
        }
        for table in &self.quotas {
            table.sweep(now, LOOKS);
        }
    }

    /// Forgets what a restart of the gateway's compute loses: rates, and quotas
    /// where the settings say so.
    pub fn restart(&self) {
        self.rates.iter().for_each(Table::clear);
        if self.throttling.quotas_lost_on_restart {
            self.quotas.iter().for_each(Table::clear);
        }
    }

    /// How many keys have a counter.
    pub fn len(&self) -> usize {
        let rates: usize = self.rates.iter().map(Table::len).sum();
        let quotas: usize = self.quotas.iter().map(Table::len).sum();
        rates + quotas + self.concurrency.len()
    }

    /// Whether nobody has used anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `most` counters that have used the largest part of their limit, at
    /// `now`. Of a million keys only those are copied.
    pub fn snapshot(&self, now: Timestamp, most: usize) -> Vec<CounterReading> {
        let mut fullest = Fullest { most, now, found: Vec::new() };
        let [by_key, by_subscription] = &self.rates;
        fullest.look("rate-limit-by-key", by_key);
        fullest.look("rate-limit", by_subscription);
        let [by_key, by_subscription] = &self.quotas;
        fullest.look("quota-by-key", by_key);
        fullest.look("quota", by_subscription);
        fullest.look("limit-concurrency", &self.concurrency);
        fullest.trim();
        let admits = |reading: CounterReading| CounterReading { admits: self.admits(&reading), ..reading };
        fullest.found.into_iter().map(|(_, reading)| admits(reading)).collect()
    }

    fn admits(&self, reading: &CounterReading) -> Option<[u64; 2]> {
        let rate = Rate { calls: reading.limit?, period: Duration::ZERO };
        let admits = self.throttling.admitted(rate, u64::MAX);
        (reading.policy.starts_with("rate-limit") && admits.start() < admits.end())
            .then_some([*admits.start(), *admits.end()])
    }
}

/// A call that `limit-concurrency` let in. It leaves when this is dropped: also
/// where something raised, or the client went away.
#[derive(Debug)]
pub(super) struct Inside {
    counters: Arc<Counters>,
    key: Arc<str>,
}

impl Drop for Inside {
    fn drop(&mut self) {
        // Whether anybody is inside does not depend on the time.
        self.counters.concurrency.leave(&[&self.key], Timestamp::default(), Concurrency::leave);
    }
}

/// The counters that have used the largest part of their limit.
struct Fullest {
    most: usize,
    now: Timestamp,
    found: Vec<(u64, CounterReading)>,
}

impl Fullest {
    fn look<W: Window>(&mut self, policy: &'static str, table: &Table<W>) {
        let mut least = 0;
        table.each(|key, window| {
            if window.is_idle(self.now) {
                return;
            }
            let reading = window.reading(self.now);
            let share = share(reading);
            if share >= least {
                self.found.push((share, shown(policy, key, reading)));
            }
            if self.found.len() > self.most.saturating_mul(2).max(64) {
                self.trim();
                least = self.found.last().map_or(0, |(share, _)| *share);
            }
        });
    }

    fn trim(&mut self) {
        self.found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1.policy, &a.1.key).cmp(&(b.1.policy, &b.1.key))));
        self.found.truncate(self.most);
    }
}

/// How much is used, in parts per million.
fn share(reading: Reading) -> u64 {
    reading.limit.map_or(0, |limit| (u128::from(reading.used) * 1_000_000 / u128::from(limit.max(1))) as u64)
}

fn shown(policy: &'static str, key: &str, reading: Reading) -> CounterReading {
    // A quota by key counts each period for itself: which one is no part of
    // the key as it was given.
    let key = if policy == "quota-by-key" { key.rsplit_once(SEPARATOR).map_or(key, |(key, _)| key) } else { key };
    CounterReading {
        policy,
        key: key.replace(SEPARATOR, " / "),
        used: reading.used,
        limit: reading.limit,
        remaining: reading.limit.map(|limit| limit.saturating_sub(reading.used)),
        resets_at: reading.resets_at,
        admits: None,
    }
}

/// What a limit asks its counter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ask {
    /// To count so much, if that fits.
    Count(u64),
    /// Whether so much would fit.
    Fits(u64),
}

impl Ask {
    pub(super) fn rate(self, counter: &mut RateCounter, rate: Rate, turn: Turn<'_>) -> Result<u64, Refused> {
        match self {
            Self::Count(count) => counter.admit(rate, turn, count),
            Self::Fits(count) => counter.check(rate, turn, count),
        }
    }

    pub(super) fn quota(self, window: &mut FixedWindow, quota: Quota, turn: Turn<'_>) -> Result<u64, Exhausted> {
        match self {
            Self::Count(count) => window.admit(quota, turn, count),
            Self::Fits(count) => window.check(quota, turn, count),
        }
    }
}

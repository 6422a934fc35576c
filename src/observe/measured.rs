//! What is counted of a scenario beside its latencies: each second of it, how
//! large contents were, who was refused, how late the generator itself was.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{CallRecord, Latency, Seconds, Troubles};

/// Kinds of sizes: by powers of two.
const SIZES: usize = 40;

/// What is counted of a scenario beside its latencies.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// So long after the beginning latencies and objectives begin.
    pub warm_up: Duration,
    /// Calls before that: sent, checked and accounted for, but not measured.
    pub warmed: u64,
    /// Calls that the contract promises to refuse.
    pub refusable: u64,
    /// Second by second.
    pub seconds: Seconds,
    /// Contents of requests.
    pub requests: Sizes,
    /// Contents of answers.
    pub answers: Sizes,
    /// Whose calls were refused, by the caller's name.
    pub refused: BTreeMap<Arc<str>, Refusals>,
    /// How late a bare timer was that only the generator itself could hold up.
    pub pulse: Latency,
    /// CPU time that this process used meanwhile, with the tiers that run in it.
    pub cpu: Duration,
    /// How many processors the machine has.
    pub cpus: usize,
    /// How many runs that were due waited until another had ended.
    pub waited: u64,
    /// How many calls waited since their flow had done what its owner's profile
    /// lets it do in a time.
    pub slowed: u64,
}

impl Measured {
    /// Whether a call that was due then is of the warm-up.
    pub fn is_warm_up(&self, began: Duration, due: Duration) -> bool {
        due < began + self.warm_up
    }

    /// Counts a call that is over.
    pub fn call(&mut self, call: &CallRecord, (sent, received): (u64, u64)) {
        self.refusable += u64::from(call.refusable);
        self.seconds.call(call);
        self.requests.add(sent);
        if call.status.is_some() {
            self.answers.add(received);
        }
        let refusal = Refusals::of(call);
        if refusal != Refusals::default() {
            match self.refused.get_mut(&call.client) {
                Some(known) => known.add(refusal),
                None => _ = self.refused.insert(call.client.clone(), refusal),
            }
        }
    }

    /// The share of the machine that this process used.
    pub fn cpu_share(&self, took: Duration) -> f64 {
        let all = took.as_secs_f64() * self.cpus.max(1) as f64;
        if all > 0.0 { (self.cpu.as_secs_f64() / all).min(1.0) } else { 0.0 }
    }
}

/// How large contents were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// How many have so many bytes as fit into so many bits.
    counts: [u64; SIZES],
    /// All bytes together.
    pub bytes: u64,
    /// The largest.
    pub most: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { counts: [0; SIZES], bytes: 0, most: 0 }
    }
}

impl Sizes {
    /// Adds one.
    pub fn add(&mut self, bytes: u64) {
        let bits = (u64::BITS - bytes.leading_zeros()) as usize;
        self.counts[bits.min(SIZES - 1)] += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        self.most = self.most.max(bytes);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The kinds that there are, from the smallest: up to how many bytes, and
    /// how many have so many.
    pub fn each(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let kinds = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        kinds.map(|(bits, count)| ((1_u64 << bits) - 1, *count))
    }
}

/// How often somebody was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// By a rate or a quota.
    pub throttled: u64,
    /// For who asked: 401, and 403 that is no quota's.
    pub denied: u64,
    /// For what was asked: any other 4xx.
    pub rejected: u64,
}

impl Refusals {
    fn of(call: &CallRecord) -> Self {
        let mut refusals = Self::default();
        match call.status {
            Some(429) => refusals.throttled = 1,
            Some(403) if call.retry_after.is_some() => refusals.throttled = 1,
            Some(401 | 403) => refusals.denied = 1,
            Some(400..=499) if !call.refusable => refusals.rejected = 1,
            _ => {}
        }
        refusals
    }

    fn add(&mut self, other: Self) {
        self.throttled += other.throttled;
        self.denied += other.denied;
        self.rejected += other.rejected;
    }

    /// All together.
    pub fn all(&self) -> u64 {
        self.throttled + self.denied + self.rejected
    }
}

impl Troubles {
    /// Adds what another one counted.
    pub fn add(&mut self, other: Self) {
        self.throttled += other.throttled;
        self.passed_on += other.passed_on;
        self.gateway += other.gateway;
        self.service += other.service;
        self.somebody += other.somebody;
        self.silent += other.silent;
    }

    /// No answer, or 5xx.
    pub fn failed(self) -> u64 {
        self.gateway + self.service + self.somebody + self.silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_counted_by_powers_of_two() {
        let mut sizes = Sizes::default();
        for bytes in [0, 1, 200, 255, 256, 1024, u64::MAX] {
            sizes.add(bytes);
        }
        let kinds: Vec<_> = sizes.each().collect();
        assert_eq!(kinds, [(0, 1), (1, 1), (255, 2), (511, 1), (2047, 1), ((1 << 39) - 1, 1)]);
        assert_eq!((sizes.count(), sizes.most), (7, u64::MAX));
    }
}

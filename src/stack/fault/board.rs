//! Faults that are armed, in the order in which they were armed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::hits::{FaultHit, HitLog};
use super::matching::matches;
use super::name::lasting;
use crate::clock::Timestamp;
use crate::wire::{Downstream, Fault, FaultKind, FaultOperation};

/// How many principals one storm tells apart.
const STORMED: usize = 10_000;

/// An armed fault and what it has done so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ArmedFault {
    /// The number to disarm it by.
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// How many requests matched its filters.
    pub matched: u64,
    /// How many of them it hit.
    pub hits: u64,
}

/// What a fault is matched with.
#[derive(Debug)]
pub(in crate::stack) struct Subject<'a> {
    pub(in crate::stack) tier: Downstream,
    pub(in crate::stack) table: &'a str,
    pub(in crate::stack) method: &'a str,
    pub(in crate::stack) operation: Option<FaultOperation>,
    pub(in crate::stack) principal: &'a str,
    pub(in crate::stack) tag: Option<&'a str>,
    pub(in crate::stack) headers: &'a http::HeaderMap,
    pub(in crate::stack) now: Timestamp,
    /// Whether it is a part of a `$batch`, which only some faults can hit.
    pub(in crate::stack) part: bool,
}

/// What hits one request.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::stack) struct Injected {
    /// The names of all that hit it, joined by `+`; for the ledger.
    pub(in crate::stack) name: Option<&'static str>,
    /// What is answered instead, or not at all. Of a storm it is the refusal.
    pub(in crate::stack) outcome: Option<FaultKind>,
    /// By how much the answer comes later, in real time.
    pub(in crate::stack) delay: Duration,
    /// How long its body takes, in real time.
    pub(in crate::stack) slow_body: Option<Duration>,
    /// How old the answer to a read is, by the shared clock.
    pub(in crate::stack) stale: Option<Duration>,
    /// Whether the link to the next page leads nowhere.
    pub(in crate::stack) stuck_cookie: bool,
}

/// The faults of all tiers of a stack. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(in crate::stack) struct FaultBoard(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Whether any is armed: most requests need not ask further.
    any: AtomicBool,
    faults: Mutex<Faults>,
}

impl FaultBoard {
    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault; gives its number.
    pub(in crate::stack) fn arm(&self, fault: Fault) -> u64 {
        let mut faults = self.lock();
        self.0.any.store(true, Ordering::Release);
        faults.arm(fault)
    }

    /// Whether a fault of this number was armed.
    pub(in crate::stack) fn disarm(&self, id: u64) -> bool {
        let mut faults = self.lock();
        let found = faults.disarm(id);
        self.0.any.store(!faults.armed.is_empty(), Ordering::Release);
        found
    }

    /// Disarms all of them.
    pub(in crate::stack) fn clear(&self) {
        let mut faults = self.lock();
        faults.armed.clear();
        self.0.any.store(false, Ordering::Release);
    }

    /// Whether none is armed.
    pub(in crate::stack) fn is_empty(&self) -> bool {
        self.lock().armed.is_empty()
    }

    /// Those that are armed.
    pub(in crate::stack) fn list(&self) -> Vec<ArmedFault> {
        self.lock().armed.iter().map(|armed| armed.shown.clone()).collect()
    }

    /// What they did after a number, and the number to go on from.
    pub(in crate::stack) fn hits(&self, since: u64, limit: usize) -> (Vec<FaultHit>, u64) {
        self.lock().log.after(since, limit)
    }

    /// What hits this request.
    pub(in crate::stack) fn hit(&self, subject: &Subject<'_>) -> Injected {
        if self.0.any.load(Ordering::Acquire) { self.lock().hit(subject) } else { Injected::default() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    armed: Vec<Armed>,
    last: u64,
    log: HitLog,
}

#[derive(Debug)]
struct Armed {
    shown: ArmedFault,
    draw: ChaCha8Rng,
    /// When it was first asked: rounds begin then.
    asked: Option<Timestamp>,
    /// How often a storm has hit each principal.
    storm: HashMap<Box<str>, u32>,
}

impl Faults {
    pub(super) fn arm(&mut self, fault: Fault) -> u64 {
        self.last += 1;
        // What is drawn is drawn from the number, so that a run repeats.
        let draw = ChaCha8Rng::seed_from_u64(self.last);
        let shown = ArmedFault { id: self.last, fault, matched: 0, hits: 0 };
        self.armed.push(Armed { shown, draw, asked: None, storm: HashMap::new() });
        self.last
    }

    pub(super) fn disarm(&mut self, id: u64) -> bool {
        let before = self.armed.len();
        self.armed.retain(|armed| armed.shown.id != id);
        self.armed.len() < before
    }

    /// Asks every fault in its turn. Of those that say what is answered the
    /// first counts, and the others are not asked.
    pub(super) fn hit(&mut self, subject: &Subject<'_>) -> Injected {
        let mut injected = Injected::default();
        let (mut numbers, mut names): (Vec<u64>, Vec<String>) = (Vec::new(), Vec::new());
        for armed in &mut self.armed {
            let goes_on = armed.shown.fault.kind.goes_with_others();
            let taken = !goes_on && injected.outcome.is_some();
            if taken || (subject.part && !armed.shown.fault.hits_parts()) || !armed.hits(subject) {
                continue;
            }
            numbers.push(armed.shown.id);
            names.push(armed.shown.fault.kind.name().to_owned());
            armed.inject(subject, &mut injected);
        }
        if !names.is_empty() {
            let name = lasting(&names.join("+"));
            injected.name = Some(name);
            self.log.enter(hit(subject, numbers, name));
        }
        injected
    }

    #[cfg(test)]
    pub(super) fn counts(&self) -> Vec<(u64, u64)> {
        self.armed.iter().map(|armed| (armed.shown.matched, armed.shown.hits)).collect()
    }
}

fn hit(subject: &Subject<'_>, faults: Vec<u64>, fault: &'static str) -> FaultHit {
    let of_correlation = |name: &str| {
        name.contains("correlation")
            || name.contains("request-id")
            || name.contains("tracking")
            || name == "traceparent"
    };
    let fields = subject.headers.iter().filter(|(name, _)| of_correlation(name.as_str()));
    let values = fields.filter_map(|(_, value)| value.to_str().ok()).chain(subject.tag);
    FaultHit {
        sequence: 0,
        at: subject.now,
        faults,
        fault,
        table: subject.table.to_owned(),
        method: subject.method.to_owned(),
        principal: subject.principal.to_owned(),
        correlations: values.map(str::to_owned).collect(),
    }
}

impl Armed {
    fn hits(&mut self, subject: &Subject<'_>) -> bool {
        let shown = &mut self.shown;
        let fault = &shown.fault;
        if !matches(fault, subject, *self.asked.get_or_insert(subject.now)) {
            return false;
        }
        shown.matched += 1;
        let drawn = fault.share.is_none_or(|share| self.draw.random::<f64>() < share);
        let left = fault.times.is_none_or(|times| shown.hits < times);
        let past = shown.matched.saturating_sub(fault.after);
        let turn = fault.every.is_none_or(|every| past.is_multiple_of(every.max(1)));
        let hit = past > 0 && drawn && left && turn;
        shown.hits += u64::from(hit);
        hit
    }

    fn inject(&mut self, subject: &Subject<'_>, injected: &mut Injected) {
        let span = Duration::from_millis;
        match &self.shown.fault.kind {
            FaultKind::Slow { milliseconds } => injected.delay += span(*milliseconds),
            FaultKind::Latency { distribution } => {
                let drawn = distribution.draw(self.draw.random(), self.draw.random());
                injected.delay += Duration::from_secs_f64(drawn / 1000.0);
            }
            FaultKind::SlowBody { milliseconds } => injected.slow_body = Some(span(*milliseconds)),
            FaultKind::StaleRead { milliseconds } => injected.stale = Some(span(*milliseconds)),
            FaultKind::StuckCookie => injected.stuck_cookie = true,
            FaultKind::Storm { first, growth, longest } => {
                if self.storm.len() >= STORMED {
                    self.storm.clear();
                }
                let before = self.storm.entry(subject.principal.into()).or_default();
                let wait = (*first as f64) * growth.powi(i32::try_from(*before).unwrap_or(i32::MAX));
                *before = before.saturating_add(1);
                let retry_after = (wait.ceil().min(*longest as f64) as u64).max(1);
                injected.outcome = Some(FaultKind::Throttled { retry_after });
            }
            outcome => injected.outcome = Some(outcome.clone()),
        }
    }
}

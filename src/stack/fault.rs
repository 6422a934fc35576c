//! Faults that are armed, in the order in which they were armed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::wire::{Downstream, Fault, FaultKind};

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
pub(super) struct Subject<'a> {
    pub(super) tier: Downstream,
    pub(super) table: &'a str,
    pub(super) method: &'a str,
    pub(super) headers: &'a http::HeaderMap,
    pub(super) now: Timestamp,
}

/// The faults of all tiers of a stack. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultBoard(Arc<Mutex<Faults>>);

impl FaultBoard {
    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Arms a fault; gives its number.
    pub(super) fn arm(&self, fault: Fault) -> u64 {
        self.lock().arm(fault)
    }

    /// Whether a fault of this number was armed.
    pub(super) fn disarm(&self, id: u64) -> bool {
        self.lock().disarm(id)
    }

    /// Disarms all of them.
    pub(super) fn clear(&self) {
        self.lock().armed.clear();
    }

    /// Those that are armed.
    pub(super) fn list(&self) -> Vec<ArmedFault> {
        self.lock().list()
    }

    /// The first fault that hits this request.
    pub(super) fn hit(&self, subject: &Subject<'_>) -> Option<FaultKind> {
        self.lock().hit(subject)
    }
}

#[derive(Debug, Default)]
struct Faults {
    armed: Vec<(ArmedFault, ChaCha8Rng)>,
    last: u64,
}

impl Faults {
    fn arm(&mut self, fault: Fault) -> u64 {
        self.last += 1;
        // The share is drawn from the number, so that a run repeats.
        let draw = ChaCha8Rng::seed_from_u64(self.last);
        self.armed.push((ArmedFault { id: self.last, fault, matched: 0, hits: 0 }, draw));
        self.last
    }

    fn disarm(&mut self, id: u64) -> bool {
        let before = self.armed.len();
        self.armed.retain(|(armed, _)| armed.id != id);
        self.armed.len() < before
    }

    fn list(&self) -> Vec<ArmedFault> {
        self.armed.iter().map(|(armed, _)| armed.clone()).collect()
    }

    fn hit(&mut self, subject: &Subject<'_>) -> Option<FaultKind> {
        self.armed.iter_mut().find_map(|(armed, draw)| armed.hit(subject, draw))
    }
}

impl ArmedFault {
    fn hit(&mut self, subject: &Subject<'_>, draw: &mut ChaCha8Rng) -> Option<FaultKind> {
        let fault = &self.fault;
        if !matches(fault, subject) {
            return None;
        }
        self.matched += 1;
        let drawn = fault.share.is_none_or(|share| draw.random::<f64>() < share);
        let left = fault.times.is_none_or(|times| self.hits < times);
        if self.matched <= fault.after || !drawn || !left {
            return None;
        }
        self.hits += 1;
        Some(fault.kind.clone())
    }
}

fn matches(fault: &Fault, subject: &Subject<'_>) -> bool {
    fault.tier == subject.tier
        && fault.table.as_deref().is_none_or(|table| table == subject.table)
        && fault.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(subject.method))
        && fault.correlation.as_deref().is_none_or(|wanted| carries(subject.headers, wanted))
        && fault.from.is_none_or(|from| subject.now >= from)
        && fault.until.is_none_or(|until| subject.now < until)
}

fn carries(headers: &http::HeaderMap, wanted: &str) -> bool {
    headers.values().any(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
}

/// A fault's name, as the ledger has it.
pub(super) fn name(kind: &FaultKind) -> &'static str {
    match kind {
        FaultKind::Throttled { .. } => "throttled",
        FaultKind::Unavailable => "unavailable",
        FaultKind::Slow { .. } => "slow",
        FaultKind::Reset => "reset",
        FaultKind::AnswerLost => "answer_lost",
        FaultKind::OffSchema => "off_schema",
        FaultKind::SomebodyElse { .. } => crate::observe::SOMEBODY_ELSE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(faults: &mut Faults, table: &str, correlation: &str, seconds: i64) -> bool {
        let mut headers = http::HeaderMap::new();
        headers.insert("x-correlation-id", correlation.parse().expect("valid"));
        let now = Timestamp::from_seconds(seconds);
        let tier = Downstream::Dataverse;
        faults.hit(&Subject { tier, table, method: "PATCH", headers: &headers, now }).is_some()
    }

    #[test]
    fn a_fault_passes_some_then_hits_so_many() {
        let mut faults = Faults::default();
        let id = faults.arm(Fault { after: 2, times: Some(2), ..Fault::new(FaultKind::Unavailable) });
        let found: Vec<bool> = (0..6).map(|_| hits(&mut faults, "t", "a", 0)).collect();
        assert_eq!(found, [false, false, true, true, false, false]);
        assert_eq!((faults.list()[0].matched, faults.list()[0].hits), (6, 2));
        assert!(faults.disarm(id) && !faults.disarm(id));
    }

    #[test]
    fn every_filter_must_hold() {
        let (from, until) = (Some(Timestamp::from_seconds(10)), Some(Timestamp::from_seconds(20)));
        let (table, method) = (Some("t".to_owned()), Some("patch".to_owned()));
        let correlation = Some("ABC".to_owned());
        let mut faults = Faults::default();
        faults.arm(Fault { table, method, correlation, from, until, ..Fault::new(FaultKind::Reset) });
        assert!(hits(&mut faults, "t", "abc", 10));
        for (table, correlation, at) in [("u", "abc", 10), ("t", "abd", 10), ("t", "abc", 9), ("t", "abc", 20)] {
            assert!(!hits(&mut faults, table, correlation, at), "{table} {correlation} {at}");
        }
    }

    #[test]
    fn a_share_hits_about_that_many() {
        let mut faults = Faults::default();
        faults.arm(Fault { share: Some(0.3), ..Fault::new(FaultKind::Reset) });
        let hit = (0..1000).filter(|_| hits(&mut faults, "t", "a", 0)).count();
        assert!((230..370).contains(&hit), "{hit}");
    }
}

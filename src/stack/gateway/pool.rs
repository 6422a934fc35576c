//! Backends of which some may be left alone: circuit breakers, and pools that
//! spread calls over their members.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::hosts::{Destination, Reached};
use crate::clock::Timestamp;
use crate::limit::{Breaker, BreakerRule, Outcome};

/// How often a member may stand in the round of its pool.
const MAX_WEIGHT: u32 = 100;

/// The circuit of a backend.
#[derive(Debug)]
pub(super) struct Circuit {
    id: Arc<str>,
    rule: BreakerRule,
    breaker: Mutex<Breaker>,
}

impl Circuit {
    pub(super) fn new(id: &str, rule: BreakerRule) -> Self {
        Self { id: id.into(), rule, breaker: Mutex::default() }
    }

    fn is_broken(&self, now: Timestamp) -> bool {
        self.breaker.lock().expect("nobody panics while he counts").is_broken(now)
    }

    fn learn(&self, now: Timestamp, outcome: Outcome) {
        self.breaker.lock().expect("nobody panics while he counts").learn(&self.rule, now, outcome);
    }
}

/// A pool of backends.
#[derive(Debug)]
pub(super) struct Pool {
    id: Arc<str>,
    /// Those that are called first come first.
    tiers: Vec<Tier>,
}

/// Members of one priority, each as often as its weight says.
#[derive(Debug)]
struct Tier {
    round: Vec<Arc<Destination>>,
    next: AtomicUsize,
}

impl Pool {
    /// Members with their priority and weight.
    pub(super) fn new(id: &str, mut members: Vec<(u32, u32, Arc<Destination>)>) -> Self {
        members.sort_by_key(|(priority, ..)| *priority);
        let tiers = members.chunk_by(|a, b| a.0 == b.0).map(|tier| {
            let times = |weight: u32| weight.clamp(1, MAX_WEIGHT) as usize;
            let round = tier.iter().flat_map(|(_, weight, to)| std::iter::repeat_n(Arc::clone(to), times(*weight)));
            Tier { round: round.collect(), next: AtomicUsize::new(0) }
        });
        Self { id: id.into(), tiers: tiers.collect() }
    }

    /// The next member whose circuit holds, of the first priority that has one.
    fn member(&self, now: Timestamp) -> Option<Arc<Destination>> {
        self.tiers.iter().find_map(|tier| {
            let length = tier.round.len();
            let from = tier.next.fetch_add(1, Ordering::Relaxed);
            let mut round = (0..length).map(|step| &tier.round[(from + step) % length]);
            round.find(|member| member.circuit.as_ref().is_none_or(|c| !c.is_broken(now))).cloned()
        })
    }
}

impl Destination {
    /// Where this request really goes; where nobody may be called, the reason
    /// phrase that the platform answers 503 with.
    pub(super) fn now(self: &Arc<Self>, now: Timestamp) -> Result<Arc<Self>, String> {
        if let Reached::Pool(pool) = &self.reached {
            let none = || format!("Backend pool '{}' is temporarily unavailable", pool.id);
            return pool.member(now).ok_or_else(none);
        }
        match &self.circuit {
            Some(circuit) if circuit.is_broken(now) => {
                Err(format!("Backend '{}' is temporarily unavailable", circuit.id))
            }
            _ => Ok(Arc::clone(self)),
        }
    }

    /// Tells the circuit how a call ended.
    pub(super) fn learn(&self, now: Timestamp, outcome: Outcome) {
        if let Some(circuit) = &self.circuit {
            circuit.learn(now, outcome);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::Origin;

    fn destination(host: &str) -> Arc<Destination> {
        let shown = Origin { tls: false, host: host.to_owned(), port: 80 };
        Arc::new(Destination::new(shown, Reached::Nothing))
    }

    #[test]
    fn members_take_calls_by_weight_and_later_ones_only_where_no_earlier_one_can() {
        let rule = BreakerRule {
            failures: 1,
            interval: std::time::Duration::from_mins(1),
            statuses: vec![500..=599],
            no_answer: true,
            trip: std::time::Duration::from_mins(1),
            heeds_retry_after: false,
        };
        let circuited = |host: &str| {
            let circuit = Some(Arc::new(Circuit::new(host, rule.clone())));
            Arc::new(Destination { circuit, ..Destination::clone(&destination(host)) })
        };
        let (a, b) = (circuited("a"), circuited("b"));
        let members = vec![(2, 1, destination("last")), (1, 3, Arc::clone(&a)), (1, 1, Arc::clone(&b))];
        let pool = Arc::new(Destination::new(
            Origin { tls: false, host: "p".into(), port: 80 },
            Reached::Pool(Arc::new(Pool::new("p", members))),
        ));
        let now = Timestamp::from_seconds(0);
        let of = |calls: usize| -> Vec<String> {
            let mut hosts: Vec<_> = (0..calls).map(|_| pool.now(now).expect("one holds").shown.host.clone()).collect();
            hosts.sort();
            hosts
        };
        assert_eq!(of(4), ["a", "a", "a", "b"]);
        a.learn(now, Outcome::Answered(500, None));
        assert_eq!(a.now(now).err().as_deref(), Some("Backend 'a' is temporarily unavailable"));
        assert_eq!(of(2), ["b", "b"]);
        b.learn(now, Outcome::Silent);
        assert_eq!(of(2), ["last", "last"]);
        assert_eq!(pool.now(Timestamp::from_seconds(60)).expect("healed").shown.host.len(), 1);
    }
}

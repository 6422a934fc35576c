//! Backends by their ids: those of the options, and those of the instance.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::hosts::{Destination, Hosts};
use crate::door::Origin;
use crate::policy::instance::{BackendDescription, Instance};

/// Backends by id.
#[derive(Debug)]
pub(super) struct Backends(HashMap<String, Choice>);

/// What an id stands for.
#[derive(Debug)]
enum Choice {
    One(Arc<Destination>),
    /// The members of the best priority, each as often as its weight says.
    Pool(Vec<Arc<Destination>>, AtomicUsize),
}

/// How often a member of a pool may stand in its round.
const MAX_WEIGHT: u32 = 100;

impl Backends {
    /// An origin of the options stands before what the instance says.
    pub(super) fn new(origins: &BTreeMap<String, Origin>, instance: &Instance, hosts: &Hosts) -> Self {
        let one = |(id, origin): (&String, &Origin)| (id.clone(), Choice::One(Arc::new(hosts.origin(origin))));
        let mut backends: HashMap<String, Choice> = origins.iter().map(one).collect();
        let described =
            |of: &BackendDescription| of.url.as_deref().and_then(|url| hosts.destination(url)).map(Arc::new);
        for (id, description) in &instance.backends {
            if let Some(destination) = described(description) {
                backends.entry(id.clone()).or_insert(Choice::One(destination));
            }
        }
        for (id, description) in instance.backends.iter().filter(|(_, d)| !d.pool.is_empty()) {
            let best = description.pool.iter().map(|member| member.priority).min();
            let mut round = Vec::new();
            for member in description.pool.iter().filter(|member| Some(member.priority) == best) {
                if let Some(Choice::One(destination)) = backends.get(&member.id) {
                    let times = member.weight.clamp(1, MAX_WEIGHT) as usize;
                    round.extend(std::iter::repeat_n(Arc::clone(destination), times));
                }
            }
            if !round.is_empty() {
                backends.entry(id.clone()).or_insert(Choice::Pool(round, AtomicUsize::new(0)));
            }
        }
        Self(backends)
    }

    /// Where the next call to a backend goes.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Destination>> {
        match self.0.get(id)? {
            Choice::One(destination) => Some(Arc::clone(destination)),
            Choice::Pool(round, next) => {
                let at = next.fetch_add(1, Ordering::Relaxed) % round.len();
                Some(Arc::clone(&round[at]))
            }
        }
    }
}

//! Backends by their ids: those of the options, and those of the instance.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::hosts::{Destination, Hosts, Reached};
use super::pool::{Circuit, Pool};
use crate::door::Origin;
use crate::policy::instance::{BackendDescription, Instance};

/// Backends by id.
#[derive(Debug)]
pub(super) struct Backends(HashMap<String, Arc<Destination>>);

impl Backends {
    /// An origin of the options stands before what the instance says; the
    /// circuit is that of the instance all the same.
    pub(super) fn new(origins: &BTreeMap<String, Origin>, instance: &Instance, hosts: &Hosts) -> Self {
        let mut backends: HashMap<String, Arc<Destination>> = HashMap::new();
        for (id, origin) in origins {
            let described = instance.backends.get(id);
            backends.insert(id.clone(), circuited(hosts.origin(origin), id, described));
        }
        for (id, description) in instance.backends.iter().filter(|(id, _)| !origins.contains_key(*id)) {
            if let Some(destination) = description.url.as_deref().and_then(|url| hosts.destination(url)) {
                backends.insert(id.clone(), circuited(destination, id, Some(description)));
            }
        }
        for (id, description) in instance.backends.iter().filter(|(_, d)| !d.pool.is_empty()) {
            let members = description.pool.iter().filter_map(|member| {
                let destination = backends.get(&member.id).filter(|d| !matches!(d.reached, Reached::Pool(_)))?;
                Some((member.priority, member.weight, Arc::clone(destination)))
            });
            let members: Vec<_> = members.collect();
            if !members.is_empty() && !backends.contains_key(id) {
                let shown = Origin { tls: false, host: id.clone(), port: 80 };
                let pool = Reached::Pool(Arc::new(Pool::new(id, members)));
                backends.insert(id.clone(), Arc::new(Destination::new(shown, pool)));
            }
        }
        Self(backends)
    }

    /// Where calls to a backend go.
    pub(super) fn get(&self, id: &str) -> Option<Arc<Destination>> {
        self.0.get(id).cloned()
    }
}

fn circuited(mut destination: Destination, id: &str, described: Option<&BackendDescription>) -> Arc<Destination> {
    let rule = described.and_then(|d| d.circuit_breaker.clone());
    destination.circuit = rule.map(|rule| Arc::new(Circuit::new(id, rule)));
    Arc::new(destination)
}

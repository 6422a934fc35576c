//! Backends by their ids: those of the options, and those of the instance.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::hosts::{Destination, Hosts, Reached};
use super::pool::{Circuit, Pool};
use crate::diagnose::{Diagnostic, Diagnostics};
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

/// Backends and services of APIs that lead nowhere: they are named once, and
/// never called.
pub(super) fn unmapped(instance: &Instance, hosts: &Hosts, service: Option<&str>) -> Diagnostics {
    let mut warnings = Diagnostics::new();
    let is_reached = |url: &str| hosts.destination(url).is_some_and(|destination| destination.is_reached());
    for (id, backend) in &instance.backends {
        if let Some(url) = backend.url.as_deref().filter(|url| !is_reached(url)) {
            let what = format!("backend `{id}` leads to {url}, which is not mapped: calls to it fail");
            let hint = format!("`[gateway.backends] {id} = \"URL\"`, `\"service\"` or a stub in seamstress.toml");
            warnings.push(Diagnostic::warning(backend.place.clone(), what).hint(hint));
        }
    }
    for api in instance.apis.values().filter(|_| service.is_none()) {
        if let Some(url) = api.service_url.as_deref().filter(|url| !is_reached(url)) {
            let what = format!("the service of API `{}`, {url}, is not mapped: calls to it fail", api.id);
            let hint = "map its host under `[gateway.hosts]` in seamstress.toml, or name a service: `--service URL`";
            warnings.push(Diagnostic::warning(api.place.clone(), what).hint(hint));
        }
    }
    warnings
}

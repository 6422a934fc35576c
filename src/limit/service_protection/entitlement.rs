//! How many requests an identity is entitled to in a day.

use hashbrown::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::server::seconds;
use super::usage::{Usage, Used};
use crate::clock::Timestamp;

/// What a day's entitlements were used for. Each operation counts, also those
/// of a batch and the rows of a bulk action (reference B2). Identities that
/// share a budget have one name here.
#[derive(Clone, Debug)]
pub struct Entitlements {
    window: Duration,
    budgets: HashMap<Arc<str>, (u64, Usage)>,
}

/// Where a budget stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entitlement {
    /// Operations within the window.
    pub used: u64,
    /// How many there may be.
    pub budget: u64,
    /// Whole seconds until there is room for one more, where there is none.
    pub wait: Option<u64>,
}

impl Entitlements {
    /// Nothing used. The window is a day, unless somebody wants another.
    pub fn new(window: Duration) -> Self {
        Self { window, budgets: HashMap::new() }
    }

    /// The window.
    pub fn window(&self) -> Duration {
        self.window
    }

    /// Counts operations of a budget, admitted or not: enforcement is soft.
    pub fn count(&mut self, name: &str, budget: u64, operations: u64, now: Timestamp) -> Entitlement {
        let window = self.window;
        // The common one is known, and costs no allocation.
        let (known, usage) = match self.budgets.get_mut(name) {
            Some(there) => there,
            None => self.budgets.entry(name.into()).or_default(),
        };
        *known = budget;
        usage.forget(now, window);
        if operations > 0 {
            usage.add(now, window, Used { requests: operations, micros: 0 });
        }
        standing(usage, budget, window, now)
    }

    /// Where a budget stands.
    pub fn standing(&mut self, name: &str, budget: u64, now: Timestamp) -> Entitlement {
        self.count(name, budget, 0, now)
    }

    /// Where every budget stands, by name.
    pub fn standings(&mut self, now: Timestamp) -> Vec<(Arc<str>, Entitlement)> {
        let window = self.window;
        let mut all: Vec<_> = self
            .budgets
            .iter_mut()
            .map(|(name, (budget, usage))| {
                usage.forget(now, window);
                (name.clone(), standing(usage, *budget, window, now))
            })
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

fn standing(usage: &Usage, budget: u64, window: Duration, now: Timestamp) -> Entitlement {
    let used = usage.total().requests;
    let full = used >= budget;
    let wait = full.then(|| {
        let free = usage.free_at(window, |left| left.requests < budget).unwrap_or_else(|| now.plus(window));
        seconds(free.since(now), window)
    });
    Entitlement { used, budget, wait }
}

//! Budgets of a day: whose they are, and what is left of them (reference B2).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::schema::{Enforcement, EntitlementRules, POOLED};
use crate::clock::Timestamp;
use crate::limit::{Entitlement, Entitlements};

/// The budgets of all identities.
#[derive(Debug)]
pub(super) struct Entitled {
    rules: EntitlementRules,
    /// Kinds by application id in lower case.
    kinds: BTreeMap<String, String>,
    used: Mutex<Entitlements>,
}

impl Entitled {
    /// `application` gives the application id of a client of the issuer's.
    pub(super) fn new(rules: EntitlementRules, application: impl Fn(&str) -> Option<String>) -> Self {
        let named = |name: &String| application(name).unwrap_or_else(|| name.clone()).to_ascii_lowercase();
        let kinds = rules.identities.iter().map(|(name, kind)| (named(name), kind.clone())).collect();
        Self { used: Mutex::new(Entitlements::new(rules.window)), rules, kinds }
    }

    /// The name of the budget of an identity, and how large it is.
    fn budget<'a>(&'a self, principal: &'a str) -> (&'a str, u64) {
        let kind = if self.kinds.is_empty() { None } else { self.kinds.get(&principal.to_ascii_lowercase()) };
        let kind = kind.unwrap_or(&self.rules.default);
        let budget = self.rules.budgets.get(kind).copied().unwrap_or(u64::MAX);
        (if kind == POOLED { POOLED } else { principal }, budget)
    }

    fn used(&self) -> MutexGuard<'_, Entitlements> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The budget and the wait of an identity that is to be refused.
    pub(super) fn refusal(&self, principal: &Arc<str>, now: Timestamp) -> Option<(u64, u64)> {
        if self.rules.enforcement == Enforcement::Warn {
            return None;
        }
        let (name, budget) = self.budget(principal);
        self.used().standing(name, budget, now).wait.map(|wait| (budget, wait))
    }

    /// Counts operations.
    pub(super) fn count(&self, principal: &Arc<str>, operations: u32, now: Timestamp) {
        let (name, budget) = self.budget(principal);
        self.used().count(name, budget, u64::from(operations), now);
    }

    /// The window in seconds.
    pub(super) fn window(&self) -> u64 {
        self.rules.window.as_secs()
    }

    /// Where each budget stands, by name.
    pub(super) fn standings(&self, now: Timestamp) -> Vec<(Arc<str>, Entitlement)> {
        self.used().standings(now)
    }
}

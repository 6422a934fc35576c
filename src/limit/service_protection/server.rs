//! One web server and its users.

use hashbrown::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::rules::{ProtectionLimit, ProtectionRules};
use super::usage::{Usage, Used};
use crate::clock::Timestamp;

/// How many users a server remembers. Beyond, those with nothing in their
/// window go first, then those who called longest ago.
const USERS: usize = 4096;

/// The limits of all users of one web server.
///
/// The platform publishes no formula for `Retry-After`. Here it is the time
/// until the window's total falls under the limit, and each request that is
/// sent in spite of it makes it longer. Refused requests are not counted.
#[derive(Clone, Debug, Default)]
pub struct ServiceProtection {
    rules: ProtectionRules,
    users: HashMap<Arc<str>, User>,
}

#[derive(Clone, Debug, Default)]
struct User {
    usage: Usage,
    inside: u64,
    /// Until when everything is refused, and for which limit.
    refused_until: Option<(Timestamp, ProtectionLimit)>,
    /// Refusals for too many at once, in a row.
    crowded: u32,
    refused: u64,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is served; it must [`leave`](ServiceProtection::leave).
    Admitted,
    /// It is refused with 429.
    Refused {
        /// The limit.
        limit: ProtectionLimit,
        /// What `Retry-After` says, in whole seconds, at least 1.
        retry_after: u64,
    },
}

/// Where a user stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What is in the window.
    pub used: Used,
    /// What the window has room for.
    pub left: Used,
    /// Requests under way.
    pub inside: u64,
    /// Until when everything is refused.
    pub refused_until: Option<Timestamp>,
    /// How many requests were refused so far.
    pub refused: u64,
}

impl ServiceProtection {
    /// A server by these rules.
    pub fn new(rules: ProtectionRules) -> Self {
        Self { rules, users: HashMap::new() }
    }

    /// What it allows.
    pub fn rules(&self) -> &ProtectionRules {
        &self.rules
    }

    /// Decides on one request of a user, and counts it if it is admitted.
    pub fn enter(&mut self, user: &str, now: Timestamp) -> Admission {
        let rules = self.rules;
        // The common one is known, and costs no allocation.
        if let Some(state) = self.users.get_mut(user) {
            return state.enter(&rules, now);
        }
        self.make_room(now);
        self.users.entry(user.into()).or_default().enter(&rules, now)
    }

    /// A request that was admitted is over, and took so long. Gives where its
    /// user stands now.
    pub fn leave(&mut self, user: &str, now: Timestamp, took: Duration) -> Standing {
        let rules = self.rules;
        let Some(state) = self.users.get_mut(user) else { return User::default().standing(&rules) };
        state.inside = state.inside.saturating_sub(1);
        state.usage.forget(now, rules.window);
        let micros = took.as_micros() as u64;
        if micros > 0 {
            state.usage.add(now, rules.window, Used { requests: 0, micros });
        }
        state.standing(&rules)
    }

    /// Where a user stands.
    pub fn standing(&mut self, user: &str, now: Timestamp) -> Standing {
        let rules = self.rules;
        let Some(state) = self.users.get_mut(user) else { return User::default().standing(&rules) };
        state.usage.forget(now, rules.window);
        state.standing(&rules)
    }

    /// Where everybody stands who is remembered, by name.
    pub fn standings(&mut self, now: Timestamp) -> Vec<(Arc<str>, Standing)> {
        let rules = self.rules;
        let mut all: Vec<_> = self
            .users
            .iter_mut()
            .map(|(name, state)| {
                state.usage.forget(now, rules.window);
                (name.clone(), state.standing(&rules))
            })
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// Other rules from now on. What was counted stays.
    pub fn set_rules(&mut self, rules: ProtectionRules) {
        self.rules = rules;
        self.users.values_mut().for_each(|user| user.refused_until = None);
    }

    fn make_room(&mut self, now: Timestamp) {
        if self.users.len() < USERS {
            return;
        }
        let window = self.rules.window;
        self.users.retain(|_, user| {
            user.usage.forget(now, window);
            user.inside > 0 || !user.usage.is_empty() || user.refused_until.is_some_and(|(until, _)| until > now)
        });
        if self.users.len() < USERS {
            return;
        }
        let mut calls: Vec<Timestamp> = self.users.values().filter_map(|user| user.usage.last()).collect();
        // Nearly all of them are inside, and have nothing in their window.
        if calls.len() <= USERS / 4 {
            return;
        }
        let (_, middle, _) = calls.select_nth_unstable(USERS / 4);
        let middle = *middle;
        self.users.retain(|_, user| user.inside > 0 || user.usage.last().is_some_and(|last| last > middle));
    }
}

impl User {
    fn enter(&mut self, rules: &ProtectionRules, now: Timestamp) -> Admission {
        self.usage.forget(now, rules.window);
        if let Some((limit, wait)) = self.refusal(rules, now) {
            self.refused += 1;
            return Admission::Refused { limit, retry_after: seconds(wait, rules.longest) };
        }
        self.crowded = 0;
        self.inside += 1;
        self.usage.add(now, rules.window, Used { requests: 1, micros: 0 });
        Admission::Admitted
    }

    /// Why a request is refused now, and how long it is to wait.
    fn refusal(&mut self, rules: &ProtectionRules, now: Timestamp) -> Option<(ProtectionLimit, Duration)> {
        if let Some((until, limit)) = self.refused_until {
            if now < until {
                let until = until.plus(rules.penalty).min(now.plus(rules.longest)).max(until);
                self.refused_until = Some((until, limit));
                return Some((limit, until.since(now)));
            }
            self.refused_until = None;
        }
        let micros = rules.execution.as_micros() as u64;
        let used = self.usage.total();
        let (limit, until) = if self.inside >= rules.concurrent {
            let wait = (rules.crowded + rules.penalty * self.crowded).min(rules.longest);
            self.crowded = self.crowded.saturating_add(1);
            if !rules.crowding_blocks {
                return Some((ProtectionLimit::Concurrency, wait));
            }
            (ProtectionLimit::Concurrency, Some(now.plus(wait)))
        } else if used.requests >= rules.requests || used.micros >= micros {
            let by_number = used.requests >= rules.requests;
            let limit = if by_number { ProtectionLimit::Requests } else { ProtectionLimit::ExecutionTime };
            // Whoever waits as told must not meet the other limit then.
            let fits = |left: Used| left.requests < rules.requests && left.micros < micros;
            (limit, self.usage.free_at(rules.window, fits))
        } else {
            return None;
        };
        let until = until.unwrap_or_else(|| now.plus(rules.window));
        self.refused_until = Some((until, limit));
        Some((limit, until.since(now)))
    }

    fn standing(&self, rules: &ProtectionRules) -> Standing {
        let used = self.usage.total();
        Standing {
            used,
            left: Used {
                requests: rules.requests.saturating_sub(used.requests),
                micros: (rules.execution.as_micros() as u64).saturating_sub(used.micros),
            },
            inside: self.inside,
            refused_until: self.refused_until.map(|(until, _)| until),
            refused: self.refused,
        }
    }
}

/// Whole seconds, rounded up, so that a call after the wait is in time.
pub(super) fn seconds(wait: Duration, longest: Duration) -> u64 {
    (wait.as_micros() as u64).div_ceil(1_000_000).clamp(1, longest.as_secs().max(1))
}

//! `/api/search`: a limit of its own, and nothing behind it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::request::Parts;

use super::error::Refusal;
use super::organization::Organization;
use crate::clock::Timestamp;
use crate::limit::{Admission, ProtectionRules, ServiceProtection};

/// Requests to the search endpoint: one a second for each user (reference B1).
#[derive(Debug)]
pub(super) struct Search(Mutex<ServiceProtection>);

impl Default for Search {
    fn default() -> Self {
        let rules = ProtectionRules { requests: 1, window: Duration::from_secs(1), ..ProtectionRules::default() };
        Self(Mutex::new(ServiceProtection::new(rules)))
    }
}

impl Organization {
    /// Whether a request is one of the search endpoint.
    pub(super) fn is_search(parts: &Parts) -> bool {
        parts.uri.path().starts_with("/api/search")
    }

    /// What is said to a search: who calls is asked, the limit holds, and then
    /// there is none.
    pub(super) fn searched(&self, parts: &Parts, now: Timestamp) -> Refusal {
        let authorization = parts.headers.get("authorization").and_then(|value| value.to_str().ok());
        let principal = match self.guard.principal(authorization, now) {
            Ok(principal) => principal,
            Err((_, refusal)) => return refusal,
        };
        let mut search = self.search.0.lock().unwrap_or_else(PoisonError::into_inner);
        match search.enter(&principal.id, now) {
            Admission::Admitted => {
                search.leave(&principal.id, now, Duration::ZERO);
                Refusal::not_there("Search")
            }
            Admission::Refused { retry_after, .. } => Refusal::throttled(1, 1, retry_after),
        }
    }
}

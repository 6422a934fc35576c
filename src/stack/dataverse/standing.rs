//! Where everybody stands with the limits, for the control surface.

use serde::Serialize;

use super::organization::Organization;
use crate::clock::Timestamp;

/// The limits of the environment, and who has used how much of them.
#[derive(Clone, Debug, Serialize)]
pub struct Limits {
    /// By the shared clock.
    pub at: Timestamp,
    /// Requests that a principal has within the window, on each web server.
    pub requests: u64,
    /// Seconds of execution that he has within it.
    pub execution_seconds: f64,
    /// Requests that he may have under way at once.
    pub concurrent: u64,
    /// The window in seconds.
    pub window_seconds: u64,
    /// The web servers.
    pub servers: Vec<ServerStanding>,
    /// Budgets of the day.
    pub entitlements: Vec<EntitlementStanding>,
}

/// One web server.
#[derive(Clone, Debug, Serialize)]
pub struct ServerStanding {
    /// What its affinity cookie holds.
    pub name: String,
    /// Whoever called it.
    pub principals: Vec<PrincipalStanding>,
}

/// One principal on one web server.
#[derive(Clone, Debug, Serialize)]
pub struct PrincipalStanding {
    /// The application id.
    pub principal: String,
    /// Requests within the window.
    pub requests: u64,
    /// Seconds of execution within it.
    pub execution_seconds: f64,
    /// Requests under way.
    pub under_way: u64,
    /// Requests that were refused so far.
    pub refused: u64,
    /// Until when everything is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_until: Option<Timestamp>,
}

/// One budget of the day.
#[derive(Clone, Debug, Serialize)]
pub struct EntitlementStanding {
    /// The application id, or `application` for the pool of application users.
    pub identity: String,
    /// Operations within the window, those of batches and bulk actions one by
    /// one.
    pub used: u64,
    /// How many there may be.
    pub budget: u64,
    /// Whether there are more.
    pub exceeded: bool,
}

impl Organization {
    /// Where everybody stands.
    pub(super) fn limits(&self) -> Limits {
        let at = self.clock.now();
        let rules = &self.environment.protection.rules;
        let servers = self.servers.standings(at).into_iter().map(|(name, principals)| ServerStanding {
            name: name.to_owned(),
            principals: principals
                .into_iter()
                .map(|(principal, standing)| PrincipalStanding {
                    principal: principal.to_string(),
                    requests: standing.used.requests,
                    execution_seconds: standing.used.execution().as_secs_f64(),
                    under_way: standing.inside,
                    refused: standing.refused,
                    refused_until: standing.refused_until.filter(|until| *until > at),
                })
                .collect(),
        });
        let entitlements = self.entitled.standings(at).into_iter().map(|(identity, standing)| EntitlementStanding {
            identity: identity.to_string(),
            used: standing.used,
            budget: standing.budget,
            exceeded: standing.used > standing.budget,
        });
        Limits {
            at,
            requests: rules.requests,
            execution_seconds: rules.execution.as_secs_f64(),
            concurrent: rules.concurrent,
            window_seconds: rules.window.as_secs(),
            servers: servers.collect(),
            entitlements: entitlements.collect(),
        }
    }
}

//! Who may come in: the token, its audience, and the gateway's identity.

use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashMap;
use serde_json::Value;

use super::error::Refusal;
use crate::clock::Timestamp;
use crate::observe::Way;
use crate::stack::issuer::{Tenant, TokenVersion};
use crate::stack::jwt::Claims;

/// How far the clocks of issuer and environment may differ, in seconds.
const LEEWAY: i64 = 300;

/// How many proven tokens are remembered.
const REMEMBERED: usize = 4096;

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Principal {
    /// The application id.
    pub(super) id: Arc<str>,
    /// Which way in is told by this identity.
    pub(super) way: Way,
    /// How many of its requests are under way, this one included; 0 before
    /// they are counted.
    pub(super) under_way: u16,
}

impl Principal {
    pub(super) fn nobody() -> Self {
        Self { id: "".into(), way: Way::Direct, under_way: 0 }
    }
}

/// Proves tokens; remembers those it has proven.
#[derive(Debug)]
pub(super) struct Guard {
    tenant: Tenant,
    /// The application id of the gateway's managed identity.
    gateway: String,
    /// The application id of flows' connections.
    flow: String,
    audience: String,
    proven: RwLock<HashMap<Box<str>, Proven>>,
}

#[derive(Clone, Debug)]
struct Proven {
    principal: Principal,
    from: i64,
    until: i64,
}

impl Guard {
    pub(super) fn new(tenant: &Tenant, audience: String) -> Self {
        let identity = |name: &str| tenant.application(name).unwrap_or_default().to_owned();
        let (gateway, flow) = (identity("gateway"), identity("flow"));
        Self { tenant: tenant.clone(), gateway, flow, audience, proven: RwLock::default() }
    }

    /// Where a token could be had, for the challenge of a 401.
    pub(super) fn authorization_uri(&self) -> String {
        format!("{}/oauth2/v2.0/authorize", self.tenant.base())
    }

    /// The application id of a client of the issuer's.
    pub(super) fn application(&self, name: &str) -> Option<String> {
        self.tenant.application(name).map(str::to_owned)
    }

    /// Who may call: names and application ids.
    pub(super) fn callers(&self) -> Vec<(String, String)> {
        let clients = self.tenant.directory().home().clients.iter();
        clients.map(|client| (client.name.clone(), client.application_id.clone())).collect()
    }

    /// Who the bearer of this `Authorization` is.
    ///
    /// # Errors
    /// Why the bearer stays outside, and who that is: an expired token still
    /// tells whose it is, one that can't be proven is nobody's.
    pub(super) fn principal(
        &self,
        authorization: Option<&str>,
        now: Timestamp,
    ) -> Result<Principal, (Principal, Refusal)> {
        let Proven { principal, from, until } =
            self.bearer(authorization).map_err(|refusal| (Principal::nobody(), refusal))?;
        if now.seconds() > until + LEEWAY {
            return Err((principal, Refusal::unauthorized("ExpiredAuthTicket")));
        }
        if now.seconds() < from - LEEWAY {
            return Err((principal, Refusal::unauthorized("BadAuthTicket")));
        }
        Ok(principal)
    }

    /// Whose token this is, whenever it is valid.
    fn bearer(&self, authorization: Option<&str>) -> Result<Proven, Refusal> {
        let token = authorization
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
            .map(|(_, token)| token.trim())
            .ok_or_else(|| Refusal::unauthorized("RequestIsNotAuthenticated"))?;
        let known = self.proven.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned();
        known.map_or_else(|| self.prove(token), Ok)
    }

    fn prove(&self, token: &str) -> Result<Proven, Refusal> {
        let bad = |_| Refusal::unauthorized("BadAuthTicket");
        let claims = self.tenant.verify(token).map_err(bad)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
        let client = self.client(&claims);
        if client.is_empty() || !(same(text("aud"), &self.audience) || self.is_called(text("aud"))) {
            return Err(Refusal::unauthorized("InvalidUserAuth"));
        }
        let instant = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let way = self.way(client);
        let principal = Principal { id: client.into(), way, under_way: 0 };
        let proven = Proven { principal, from: instant("nbf"), until: instant("exp") };
        let mut known = self.proven.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(token.into(), proven.clone());
        Ok(proven)
    }

    /// Whether an audience is another address of the environment, under which
    /// its client reaches it.
    fn is_called(&self, audience: &str) -> bool {
        let home = self.tenant.directory().home();
        let resource = |name: &str| home.resource(name).map(|resource| resource.application_id.as_str());
        audience.starts_with("http") && resource(audience).is_some() && resource(audience) == resource(&self.audience)
    }

    /// Which way an identity comes.
    fn way(&self, client: &str) -> Way {
        match client {
            _ if client.eq_ignore_ascii_case(&self.gateway) => Way::Gateway,
            _ if client.eq_ignore_ascii_case(&self.flow) => Way::Flow,
            _ => Way::Direct,
        }
    }

    /// The client that a token of our tenant names, of either version; empty
    /// where there is none.
    fn client<'c>(&self, claims: &'c Claims) -> &'c str {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        [(TokenVersion::V1, "appid"), (TokenVersion::V2, "azp")]
            .into_iter()
            .find(|(version, _)| text("iss") == self.tenant.issuer(*version))
            .map_or("", |(_, party)| text(party))
    }
}

//! Tokens for the gateway's managed identities, from the embedded issuer.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use http::Method;
use serde::Deserialize;

use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::wire::Secret;

/// A token is renewed so long before it expires, by the clock.
const MARGIN: Duration = Duration::from_mins(5);

/// How long the token endpoint may take, in real time.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The gateway's managed identities: its own one, and those that are assigned
/// to it beside.
#[derive(Debug)]
pub(super) struct Identities(Vec<Identity>);

/// A managed identity.
#[derive(Debug)]
struct Identity {
    client: RestClient,
    clock: Clock,
    endpoint: String,
    client_id: String,
    secret: Secret,
    tokens: RwLock<HashMap<Arc<str>, Held>>,
    /// One request at a time. Who has a token that still holds goes on with it
    /// meanwhile.
    fetching: tokio::sync::Mutex<()>,
}

/// A token, when it is renewed and when it ends.
#[derive(Debug)]
struct Held {
    token: Secret,
    renewal: Timestamp,
    expiry: Timestamp,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: u64,
}

impl Identities {
    /// Ask at a token endpoint as clients with their secrets; the first is the
    /// gateway's own.
    pub(super) fn new(
        door: &Door,
        clock: &Clock,
        endpoint: &str,
        clients: impl Iterator<Item = (String, Secret)>,
    ) -> Self {
        let client = RestClient::new(door, FETCH_TIMEOUT);
        let identity = |(client_id, secret)| Identity {
            client: client.clone(),
            clock: clock.clone(),
            endpoint: endpoint.to_owned(),
            client_id,
            secret,
            tokens: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
        };
        Self(clients.map(identity).collect())
    }

    /// A token for a resource, of the identity with this client id; of the
    /// gateway's own where that is empty.
    pub(super) async fn token(&self, client_id: &str, resource: &Arc<str>) -> Result<Secret, String> {
        let mut identities = self.0.iter();
        let found = identities.find(|i| client_id.is_empty() || i.client_id.eq_ignore_ascii_case(client_id));
        let none = || format!("no managed identity with client id '{client_id}' is assigned to the gateway");
        found.ok_or_else(none)?.token(resource).await
    }
}

impl Identity {
    fn known(&self, resource: &str, until: fn(&Held) -> Timestamp) -> Option<Secret> {
        let tokens = self.tokens.read().expect("nobody panics while he looks up");
        tokens.get(resource).filter(|held| self.clock.now() < until(held)).map(|held| held.token.clone())
    }

    /// A token for a resource.
    async fn token(&self, resource: &Arc<str>) -> Result<Secret, String> {
        if let Some(token) = self.known(resource, |held| held.renewal) {
            return Ok(token);
        }
        let _one = match (self.fetching.try_lock(), self.known(resource, |held| held.expiry)) {
            (Ok(one), _) => one,
            (Err(_), Some(token)) => return Ok(token),
            (Err(_), None) => self.fetching.lock().await,
        };
        if let Some(token) = self.known(resource, |held| held.renewal) {
            return Ok(token);
        }
        let asked = self.clock.now();
        let answer = self.ask(resource).await.map_err(|e| format!("no token for '{resource}': {e}"))?;
        let token = Secret::new(answer.access_token);
        let lifetime = Duration::from_secs(answer.expires_in);
        let renewal = asked.plus(lifetime.saturating_sub(MARGIN).max(lifetime / 2));
        let mut tokens = self.tokens.write().expect("nobody panics while he looks up");
        let held = Held { token: token.clone(), renewal, expiry: asked.plus(lifetime) };
        tokens.insert(Arc::clone(resource), held);
        Ok(token)
    }

    async fn ask(&self, resource: &str) -> Result<TokenAnswer, Box<dyn std::error::Error + Send + Sync>> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.secret.expose())
            .append_pair("scope", &format!("{resource}/.default"))
            .finish();
        let request = self.client.request(Method::POST, &self.endpoint)?;
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

//! Keys of issuers, by their discovery documents: fetched, kept, fetched
//! again.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt as _, Limited};
use serde_json::Value as Json;
use url::Url;

use super::answer::AnswerBody;
use super::hosts::{Hosts, Reached};
use super::request_body::RequestBody;
use super::signature::TokenKey;
use crate::clock::{Clock, Timestamp};
use crate::door::Origin;
use crate::policy::ValidateAzureAdToken;

/// How long a fetch may take, in real time.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest discovery document and key set, in bytes.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// When keys of issuers are fetched again, by the clock. The platform's own
/// times (reference §2.9) make a rollover that publishes a key and signs with
/// it at once visible: up to five minutes of refused tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRefresh {
    /// How long fetched keys are good.
    pub fresh: Duration,
    /// How soon after the last fetch an unknown key may lead to another.
    pub unknown_key: Duration,
    /// How soon after a fetch that failed another is made.
    pub failed: Duration,
}

impl Default for KeyRefresh {
    fn default() -> Self {
        Self { fresh: Duration::from_hours(1), unknown_key: Duration::from_mins(5), failed: Duration::from_mins(5) }
    }
}

/// The keys of one issuer at one time.
#[derive(Debug)]
pub(super) struct KeySet {
    pub(super) issuer: Arc<str>,
    pub(super) keys: Vec<TokenKey>,
}

/// What is known of one discovery document.
#[derive(Clone, Debug)]
struct Slot {
    /// The keys, or why there are none.
    found: Result<Arc<KeySet>, Arc<str>>,
    /// When they were fetched.
    fetched: Timestamp,
    /// When the last fetch failed, if the last one did.
    failed: Option<Timestamp>,
}

/// Key sets by the URL of the discovery document.
#[derive(Debug)]
pub(super) struct Keys {
    /// The embedded issuer.
    issuer: Origin,
    clock: Clock,
    refresh: KeyRefresh,
    slots: RwLock<HashMap<Arc<str>, Slot>>,
    /// One fetch at a time. Who has old keys goes on with them meanwhile.
    fetching: tokio::sync::Mutex<()>,
}

impl Keys {
    pub(super) fn new(issuer: &Origin, clock: &Clock, refresh: KeyRefresh) -> Self {
        Self {
            issuer: issuer.clone(),
            clock: clock.clone(),
            refresh,
            slots: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// What is known, if no fetch is due: keys of at most this age, or older
    /// ones after a fetch that failed a short time ago.
    fn known(&self, url: &str, age: Duration) -> Option<Result<Arc<KeySet>, Arc<str>>> {
        let slots = self.slots.read().expect("nobody panics while he looks up");
        let slot = slots.get(url)?;
        let now = self.clock.now();
        let waits = slot.failed.is_some_and(|failed| now < failed.plus(self.refresh.failed));
        let fresh = slot.found.is_ok() && now < slot.fetched.plus(age);
        (waits || fresh).then(|| slot.found.clone())
    }

    /// The keys of an issuer, fetched if there are none or they have aged.
    /// Where that fails, old keys serve on.
    pub(super) async fn get(&self, hosts: &Hosts, url: &Arc<str>) -> Result<Arc<KeySet>, Arc<str>> {
        match self.known(url, self.refresh.fresh) {
            Some(found) => found,
            None => Box::pin(self.fetch(hosts, url, self.refresh.fresh)).await,
        }
    }

    /// The keys after a token named an unknown one: fetched again, unless that
    /// was done a short time ago.
    pub(super) async fn refreshed(&self, hosts: &Hosts, url: &Arc<str>) -> Result<Arc<KeySet>, Arc<str>> {
        match self.known(url, self.refresh.unknown_key) {
            Some(found) => found,
            None => Box::pin(self.fetch(hosts, url, self.refresh.unknown_key)).await,
        }
    }

    async fn fetch(&self, hosts: &Hosts, url: &Arc<str>, age: Duration) -> Result<Arc<KeySet>, Arc<str>> {
        let old = self.slots.read().expect("nobody panics while he looks up").get(url).cloned();
        let _one = match (self.fetching.try_lock(), &old) {
            (Ok(one), _) => one,
            (Err(_), Some(Slot { found: Ok(old), .. })) if age == self.refresh.fresh => return Ok(Arc::clone(old)),
            (Err(_), _) => self.fetching.lock().await,
        };
        // Another call may have fetched them in the meantime.
        if let Some(found) = self.known(url, age) {
            return found;
        }
        let loaded = self.load(hosts, url).await;
        let now = self.clock.now();
        let slot = match (loaded, old) {
            (Ok(set), _) => Slot { found: Ok(Arc::new(set)), fetched: now, failed: None },
            (Err(_), Some(Slot { found: Ok(set), fetched, .. })) => Slot { found: Ok(set), fetched, failed: Some(now) },
            (Err(error), _) => Slot { found: Err(error.into()), fetched: now, failed: Some(now) },
        };
        let found = slot.found.clone();
        self.slots.write().expect("nobody panics while he looks up").insert(Arc::clone(url), slot);
        found
    }

    async fn load(&self, hosts: &Hosts, url: &str) -> Result<KeySet, String> {
        let document = self.json(hosts, url).await?;
        let member = |name: &str| {
            let text = document.get(name).and_then(Json::as_str);
            text.map(str::to_owned).ok_or_else(|| format!("`{url}` names no `{name}`"))
        };
        let (issuer, keys_url) = (member("issuer")?, member("jwks_uri")?);
        let jwks = self.json(hosts, &keys_url).await?;
        let keys = jwks.get("keys").and_then(Json::as_array).into_iter().flatten();
        Ok(KeySet { issuer: issuer.into(), keys: keys.filter_map(TokenKey::from_jwk).collect() })
    }

    /// A document from whatever its URL is mapped to.
    async fn json(&self, hosts: &Hosts, url: &str) -> Result<Json, String> {
        let failed = |e: &dyn std::fmt::Display| format!("Unable to obtain configuration from: '{url}': {e}");
        let fetched = tokio::time::timeout(FETCH_TIMEOUT, self.bytes(hosts, url)).await;
        let bytes = fetched.map_err(|_| failed(&"no answer in time"))?.map_err(|e| failed(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| failed(&e))
    }

    async fn bytes(&self, hosts: &Hosts, url: &str) -> Result<Bytes, String> {
        let parsed = Url::parse(url.trim()).map_err(|e| e.to_string())?;
        let mut destination = hosts.destination(parsed.as_str()).ok_or("it is no http or https URL")?;
        if matches!(destination.reached, Reached::Nothing) && parsed.fragment() == Some(ValidateAzureAdToken::STAND_IN)
        {
            destination = hosts.origin(&self.issuer);
        }
        let query = parsed.query().map(|query| format!("?{query}")).unwrap_or_default();
        let request = Request::get(format!("{}{query}", parsed.path()))
            .header(header::HOST, destination.authority())
            .header(header::ACCEPT, "application/json")
            .body(RequestBody::None)
            .map_err(|e| e.to_string())?;
        let response = destination.send(request).await.map_err(|e| e.to_string())?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status().as_u16()));
        }
        let body = match response.into_body() {
            AnswerBody::Bytes(bytes) => return Ok(bytes),
            AnswerBody::Backend(body) => body,
        };
        let read = Limited::new(body, MAX_DOCUMENT).collect().await;
        read.map(http_body_util::Collected::to_bytes).map_err(|e| e.to_string())
    }
}

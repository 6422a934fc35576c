//! Keys of issuers, by their discovery documents; tokens they were seen to
//! have signed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use http::Method;
use serde_json::Value as Json;

use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::stack::jwt::{self, JwtError, Token, VerifyingKey};

/// How long a discovery document is good (reference §2.9), by the clock.
const FRESH: Duration = Duration::from_hours(1);

/// How soon an unknown key may lead to another fetch (reference §2.9), by the
/// clock.
const PATIENCE: Duration = Duration::from_mins(5);

/// How long a fetch may take, in real time.
const FETCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Tokens that are remembered as verified, for each issuer.
const REMEMBERED: usize = 8192;

/// The keys of one issuer at one time.
#[derive(Debug)]
pub(super) struct KeySet {
    pub(super) issuer: String,
    keys: Vec<VerifyingKey>,
    fetched: Timestamp,
    /// Tokens that one of the keys signed. Whether they are in their lifetime
    /// is judged anew each time.
    verified: Mutex<HashMap<Arc<str>, Arc<Token>>>,
}

impl KeySet {
    /// The token, if one of the keys signed it.
    pub(super) fn verify(&self, token: &str) -> Result<Arc<Token>, JwtError> {
        if let Some(known) = self.verified.lock().expect("nobody panics while he looks up").get(token) {
            return Ok(Arc::clone(known));
        }
        jwt::verify(token, &self.keys)?;
        let parsed = Arc::new(jwt::decode_unverified(token)?);
        let mut verified = self.verified.lock().expect("nobody panics while he looks up");
        if verified.len() >= REMEMBERED {
            verified.clear();
        }
        verified.insert(token.into(), Arc::clone(&parsed));
        Ok(parsed)
    }
}

/// Key sets by the URL of the discovery document.
#[derive(Debug)]
pub(super) struct Keys {
    client: RestClient,
    clock: Clock,
    sets: RwLock<HashMap<Arc<str>, Arc<KeySet>>>,
    /// One fetch at a time. Who has old keys goes on with them meanwhile.
    fetching: tokio::sync::Mutex<()>,
}

impl Keys {
    pub(super) fn new(door: &Door, clock: &Clock) -> Self {
        Self {
            client: RestClient::new(door, FETCH_TIMEOUT),
            clock: clock.clone(),
            sets: RwLock::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    fn known(&self, url: &str) -> Option<Arc<KeySet>> {
        self.sets.read().expect("nobody panics while he looks up").get(url).cloned()
    }

    /// The keys of an issuer, fetched if there are none or they are an hour
    /// old. Where that fails, old keys serve on.
    pub(super) async fn get(&self, url: &Arc<str>) -> Result<Arc<KeySet>, String> {
        match self.known(url) {
            Some(set) if self.clock.now() < set.fetched.plus(FRESH) => Ok(set),
            old => self.fetch(url, old, FRESH).await,
        }
    }

    /// The keys after a token named an unknown one: fetched again, unless that
    /// was done a short time ago.
    pub(super) async fn refreshed(&self, url: &Arc<str>) -> Result<Arc<KeySet>, String> {
        match self.known(url) {
            Some(set) if self.clock.now() < set.fetched.plus(PATIENCE) => Ok(set),
            old => self.fetch(url, old, PATIENCE).await,
        }
    }

    async fn fetch(&self, url: &Arc<str>, old: Option<Arc<KeySet>>, age: Duration) -> Result<Arc<KeySet>, String> {
        let _one = match (self.fetching.try_lock(), &old) {
            (Ok(one), _) => one,
            (Err(_), Some(old)) if age == FRESH => return Ok(Arc::clone(old)),
            (Err(_), _) => self.fetching.lock().await,
        };
        // Another call may have fetched them in the meantime.
        if let Some(set) = self.known(url).filter(|set| self.clock.now() < set.fetched.plus(age)) {
            return Ok(set);
        }
        match self.load(url).await {
            Ok(set) => {
                let set = Arc::new(set);
                let mut sets = self.sets.write().expect("nobody panics while he looks up");
                sets.insert(Arc::clone(url), Arc::clone(&set));
                Ok(set)
            }
            Err(error) => old.ok_or(error),
        }
    }

    async fn load(&self, url: &str) -> Result<KeySet, String> {
        let document = self.json(url).await?;
        let member = |name: &str| {
            let text = document.get(name).and_then(Json::as_str);
            text.map(str::to_owned).ok_or_else(|| format!("`{url}` names no `{name}`"))
        };
        let (issuer, keys_url) = (member("issuer")?, member("jwks_uri")?);
        let jwks = self.json(&keys_url).await?;
        let keys = jwks.get("keys").and_then(Json::as_array).into_iter().flatten();
        let keys: Vec<VerifyingKey> = keys.filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok()).collect();
        Ok(KeySet { issuer, keys, fetched: self.clock.now(), verified: Mutex::default() })
    }

    async fn json(&self, url: &str) -> Result<Json, String> {
        let failed = |e: &dyn std::fmt::Display| format!("Unable to obtain configuration from: '{url}': {e}");
        let request = self.client.request(Method::GET, url).map_err(|e| failed(&e))?;
        let response = request.send().await.map_err(|e| failed(&e))?;
        let response = response.error_for_status().map_err(|e| failed(&e))?;
        response.json().await.map_err(|e| failed(&e))
    }
}

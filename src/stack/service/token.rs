//! The service's own access tokens, by client credentials.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::Mutex;

use crate::clock::{Clock, Timestamp};
use crate::door::RestClient;
use crate::wire::Secret;

/// Who asks, and where.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    /// URL of the issuer's token endpoint.
    pub(super) endpoint: String,
    /// The service's application id.
    pub(super) client_id: String,
    /// Its secret.
    pub(super) client_secret: Secret,
}

/// No token was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the issuer gave no token")]
pub(super) struct NoToken;

#[derive(Clone, Debug)]
struct Token {
    value: Secret,
    renew_at: Timestamp,
}

/// Tokens for one scope, kept until they are nearly over.
#[derive(Debug)]
pub(super) struct Tokens {
    rest: RestClient,
    credentials: Credentials,
    scope: &'static str,
    clock: Clock,
    kept: RwLock<Option<Token>>,
    renewing: Mutex<()>,
}

impl Tokens {
    /// Has none yet.
    pub(super) fn new(rest: RestClient, credentials: Credentials, scope: &'static str, clock: Clock) -> Self {
        Self { rest, credentials, scope, clock, kept: RwLock::new(None), renewing: Mutex::new(()) }
    }

    /// A token that is still good. Concurrent callers share one request.
    pub(super) async fn get(&self) -> Result<Secret, NoToken> {
        if let Some(value) = self.good() {
            return Ok(value);
        }
        let _one = self.renewing.lock().await;
        if let Some(value) = self.good() {
            return Ok(value);
        }
        let token = self.fetch().await.ok_or(NoToken)?;
        let value = token.value.clone();
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(value)
    }

    /// Forgets a token that was refused.
    pub(super) fn refused(&self, value: &Secret) {
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_some_and(|t| t.value == *value) {
            *kept = None;
        }
    }

    fn good(&self) -> Option<Secret> {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|t| self.clock.now() < t.renew_at).map(|t| t.value.clone())
    }

    async fn fetch(&self) -> Option<Token> {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.credentials.client_id)
            .append_pair("client_secret", self.credentials.client_secret.expose())
            .append_pair("scope", self.scope)
            .finish();
        let response = self
            .rest
            .request(http::Method::POST, &self.credentials.endpoint)
            .ok()?
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .ok()?;
        if !response.status().is_success() {
            return None;
        }
        let given: Given = response.json().await.ok()?;
        // A tenth of its life early, so that no call carries one that ends on
        // the way.
        let good = Duration::from_secs(given.expires_in).mul_f64(0.9);
        Some(Token { value: Secret::new(given.access_token), renew_at: self.clock.now().plus(good) })
    }
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

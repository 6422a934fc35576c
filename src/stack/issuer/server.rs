//! The issuer on its socket.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use uuid::Uuid;

use super::super::StackError;
use super::super::identity::TENANT;
use super::super::jwt::VerifyingKey;
use super::super::listen::{Bound, Listening};
use super::discovery;
use super::error::Refusal;
use super::mint::{Mint, MintRequest, Minted};
use super::registry::{Application, Registry};
use super::token::{Endpoint, grant};
use crate::clock::Clock;
use crate::door::Origin;

/// What an issuer is started with.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The clock that dates tokens.
    pub clock: Clock,
    /// Who may ask for tokens.
    pub applications: Vec<Application>,
}

/// A running issuer.
#[derive(Debug)]
#[must_use = "an issuer that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Issuer {
    tenant: Tenant,
    listening: Listening,
}

/// Makes tokens and knows the key that proves them. Clones are the same.
#[derive(Clone, Debug)]
pub struct Tenant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    mint: Mint,
    registry: Registry,
    base: String,
}

impl Tenant {
    /// A token; `None` where none is wanted.
    pub fn mint(&self, wanted: &MintRequest) -> Option<Minted> {
        self.0.mint.mint(wanted)
    }

    /// The key that proves the tenant's tokens.
    pub fn verifying(&self) -> VerifyingKey {
        self.0.mint.verifying()
    }

    /// `iss` of the tenant's tokens.
    pub fn issuer(&self) -> String {
        self.0.mint.issuer_of(TENANT)
    }

    /// The base of the tenant's addresses: `<origin>/<tenant>`.
    pub fn base(&self) -> &str {
        &self.0.base
    }
}

impl Issuer {
    /// Makes keys, and listens.
    ///
    /// # Errors
    /// The port is taken, or the system's randomness fails.
    pub async fn start(options: IssuerOptions) -> Result<Self, StackError> {
        let bound = Bound::at("issuer", options.listen).await?;
        let (origin, clock) = (bound.origin().clone(), options.clock);
        let base = format!("{origin}/{TENANT}");
        // Making keys is a second of work in the worst case: not on a thread
        // that serves.
        let mint = tokio::task::spawn_blocking(move || Mint::new(&origin, clock))
            .await
            .map_err(|e| StackError::Keys(e.to_string()))?
            .map_err(|e| StackError::Keys(e.to_string()))?;
        let tenant = Tenant(Arc::new(Inner { mint, registry: Registry::new(options.applications), base }));
        let listening = bound.serve(TowerToHyperService::new(router(tenant.clone())));
        Ok(Self { tenant, listening })
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.listening.origin()
    }

    /// What makes its tokens.
    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}

fn router(tenant: Tenant) -> Router {
    Router::new()
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discover))
        .route("/{tenant}/discovery/v2.0/keys", get(keys))
        .route("/{tenant}/oauth2/v2.0/token", post(token_v2))
        .route("/{tenant}/oauth2/token", post(token_v1))
        .with_state(tenant)
}

async fn discover(State(tenant): State<Tenant>, Path(name): Path<String>) -> Response {
    if name != TENANT {
        return Refusal::UnknownTenant(name).answer(tenant.0.mint.now(), None);
    }
    cacheable(Json(discovery::document(&tenant.0.base)).into_response())
}

async fn keys(State(tenant): State<Tenant>, Path(name): Path<String>) -> Response {
    if name != TENANT {
        return Refusal::UnknownTenant(name).answer(tenant.0.mint.now(), None);
    }
    cacheable(Json(discovery::keys(tenant.0.mint.jwk(), &tenant.issuer())).into_response())
}

async fn token_v1(State(t): State<Tenant>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    token(Endpoint::V1, &t, name, &headers, &body)
}

async fn token_v2(State(t): State<Tenant>, Path(name): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    token(Endpoint::V2, &t, name, &headers, &body)
}

fn token(endpoint: Endpoint, tenant: &Tenant, name: String, headers: &HeaderMap, body: &[u8]) -> Response {
    let correlation = headers.get("client-request-id").and_then(|v| v.to_str().ok());
    let inner = &tenant.0;
    let granted = if name == TENANT {
        grant(endpoint, &inner.registry, headers, body)
    } else {
        Err(Refusal::UnknownTenant(name))
    };
    let answer = match granted {
        Ok(wanted) => success(endpoint, &wanted, inner),
        Err(refusal) => refusal.answer(inner.mint.now(), correlation),
    };
    uncacheable(answer)
}

/// The version 1 endpoint writes its numbers as text (reference §7.1).
fn success(endpoint: Endpoint, wanted: &MintRequest, inner: &Inner) -> Response {
    let Some(Minted { token, expires_in }) = inner.mint.mint(wanted) else {
        return Refusal::NotAForm.answer(inner.mint.now(), None);
    };
    let body = match endpoint {
        Endpoint::V2 => json!({
            "token_type": "Bearer", "expires_in": expires_in, "ext_expires_in": expires_in, "access_token": token,
        }),
        Endpoint::V1 => {
            let now = inner.mint.now().seconds();
            json!({
                "token_type": "Bearer",
                "expires_in": expires_in.to_string(),
                "ext_expires_in": expires_in.to_string(),
                "expires_on": (now + 3600).to_string(),
                "not_before": (now - 300).to_string(),
                "resource": wanted.audience,
                "access_token": token,
            })
        }
    };
    Json(body).into_response()
}

fn cacheable(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert("cache-control", HeaderValue::from_static("max-age=86400, private"));
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert("access-control-allow-methods", HeaderValue::from_static("GET, OPTIONS"));
    answer
}

fn uncacheable(mut answer: Response) -> Response {
    let id = HeaderValue::from_str(&Uuid::new_v4().to_string()).expect("a UUID is a valid header value");
    let headers = answer.headers_mut();
    for (name, value) in [
        ("cache-control", "no-store, no-cache"),
        ("pragma", "no-cache"),
        ("content-type", "application/json; charset=utf-8"),
        ("expires", "-1"),
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("x-ms-request-id", id);
    answer
}

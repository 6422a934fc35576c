//! The issuer on its socket.

use std::net::SocketAddr;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use hyper_util::service::TowerToHyperService;
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::StackError;
use super::super::listen::{Bound, Listening};
use super::super::tls::Tls;
use super::directory::{Directory, TokenVersion};
use super::discovery::{self, Discovered};
use super::error::Refusal;
use super::headers::{cacheable, uncacheable};
use super::mint::{BACKDATED, Mint, Minted, Wanted};
use super::tenant::Tenant;
use super::token::{Ask, Endpoint, Granted, grant};
use crate::clock::Clock;
use crate::door::Origin;

/// What an issuer is started with.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The clock that dates tokens.
    pub clock: Clock,
    /// Who may ask for tokens, and for what.
    pub directory: Directory,
    /// Speaks TLS as well; tokens and documents then name `https`.
    pub tls: Option<Tls>,
}

impl IssuerOptions {
    /// With the tenant that ships, over plain HTTP.
    pub fn shipped(listen: SocketAddr, clock: Clock) -> Self {
        Self { listen, clock, directory: Directory::shipped(), tls: None }
    }
}

/// A running issuer.
#[derive(Debug)]
#[must_use = "an issuer that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Issuer {
    tenant: Tenant,
    listening: Listening,
}

impl Issuer {
    /// Makes keys and secrets, and listens.
    ///
    /// # Errors
    /// The port is taken, or the system's randomness fails.
    pub async fn start(options: IssuerOptions) -> Result<Self, StackError> {
        let bound = Bound::at("issuer", options.listen).await?.speaking(options.tls);
        let (origin, clock) = (bound.origin().clone(), options.clock);
        // Making keys is a second of work in the worst case: not on a thread
        // that serves.
        let mint = tokio::task::spawn_blocking(move || Mint::new(&origin, clock))
            .await
            .map_err(|e| StackError::Keys(e.to_string()))?
            .map_err(|e| StackError::Keys(e.to_string()))?;
        let tenant = Tenant::new(mint, options.directory, bound.origin());
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
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discover_v2))
        .route("/{tenant}/.well-known/openid-configuration", get(discover_v1))
        .route("/{tenant}/discovery/v2.0/keys", get(keys_v2))
        .route("/{tenant}/discovery/keys", get(keys_v1))
        .route("/{tenant}/discovery/instance", get(instance))
        .route("/{tenant}/oauth2/v2.0/token", any(token_v2))
        .route("/{tenant}/oauth2/token", any(token_v1))
        .with_state(tenant)
}

/// Names that stand for every tenant.
fn is_common(name: &str) -> bool {
    matches!(name, "common" | "organizations" | "consumers")
}

async fn discover_v1(State(t): State<Tenant>, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    discover(TokenVersion::V1, &t, name, query.as_deref())
}

async fn discover_v2(State(t): State<Tenant>, Path(name): Path<String>, RawQuery(query): RawQuery) -> Response {
    discover(TokenVersion::V2, &t, name, query.as_deref())
}

fn discover(version: TokenVersion, tenant: &Tenant, name: String, query: Option<&str>) -> Response {
    let Some(issuer) = issuer_shown(tenant, &name, version) else {
        return Refusal::UnknownTenant(name).of_discovery(tenant.press().now());
    };
    let registered = tenant.directory().tenant(&name);
    let application = query.and_then(|query| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(name, value)| name == "appid" && Uuid::parse_str(value).is_ok()).map(|(_, value)| value)
    });
    let document = Discovered {
        base: &format!("{}/{name}", tenant.press().base),
        issuer: &issuer,
        region: registered.map(|r| r.region.as_str()),
        application: application.as_deref(),
    };
    cacheable(Json(document.document(version)).into_response())
}

/// `issuer` of a tenant's documents: a template where the name stands for every
/// tenant; `None` where nobody is called so.
fn issuer_shown(tenant: &Tenant, name: &str, version: TokenVersion) -> Option<String> {
    let home = tenant.directory().home();
    if is_common(name) {
        return Some(tenant.press().issuer_of(home.issuer, "{tenantid}", version));
    }
    let registered = tenant.directory().tenant(name)?;
    Some(tenant.press().issuer_of(registered.issuer, &registered.id, version))
}

async fn keys_v1(State(tenant): State<Tenant>, Path(name): Path<String>) -> Response {
    keys(TokenVersion::V1, &tenant, name)
}

async fn keys_v2(State(tenant): State<Tenant>, Path(name): Path<String>) -> Response {
    keys(TokenVersion::V2, &tenant, name)
}

/// All tenants' tokens are signed by the same keys.
fn keys(version: TokenVersion, tenant: &Tenant, name: String) -> Response {
    let now = tenant.press().now();
    let Some(issuer) = issuer_shown(tenant, &name, version) else {
        return Refusal::UnknownTenant(name).of_discovery(now);
    };
    let issuer = (version == TokenVersion::V2).then_some(issuer.as_str());
    cacheable(Json(discovery::keys(tenant.press().keys.published(now), issuer)).into_response())
}

async fn instance(State(tenant): State<Tenant>, Path(name): Path<String>) -> Response {
    let base = format!("{}/{name}", tenant.press().base);
    cacheable(Json(discovery::instance(&base, tenant.authority())).into_response())
}

async fn token_v1(
    State(tenant): State<Tenant>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    token(Endpoint::V1, &tenant, name, &Request { method, headers, body })
}

async fn token_v2(
    State(tenant): State<Tenant>,
    Path(name): Path<String>,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    token(Endpoint::V2, &tenant, name, &Request { method, headers, body })
}

struct Request {
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

fn token(endpoint: Endpoint, tenant: &Tenant, name: String, request: &Request) -> Response {
    let correlation = request.headers.get("client-request-id").and_then(|v| v.to_str().ok());
    let trace = Uuid::new_v4().to_string();
    let answer = match answered(endpoint, tenant, name, request) {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.answer(tenant.press().now(), correlation, &trace),
    };
    uncacheable(answer, &trace, &request.headers)
}

fn answered(endpoint: Endpoint, tenant: &Tenant, name: String, request: &Request) -> Result<Value, Refusal> {
    if request.method != Method::POST {
        return Err(Refusal::Method(request.method.to_string()));
    }
    if let Some(seconds) = tenant.throttled() {
        return Err(Refusal::Throttled(seconds));
    }
    if is_common(&name) {
        return Err(Refusal::NoTenant);
    }
    let registered = tenant.directory().tenant(&name).ok_or(Refusal::UnknownTenant(name))?;
    let granted = grant(&Ask {
        endpoint,
        tenant: registered,
        vault: tenant.vault(),
        authority: tenant.authority(),
        now: tenant.press().now(),
        headers: &request.headers,
        body: &request.body,
    })?;
    let Granted { client, resource, named, roles, method } = &granted;
    let mint = tenant.press();
    let lifetime = mint.lifetime(registered.lifetime);
    let minted = mint.issue(
        registered,
        &Wanted {
            client: &client.application_id,
            object: &client.object_id,
            audience: if resource.version == TokenVersion::V1 { named } else { &resource.application_id },
            roles,
            version: resource.version,
            method,
            idtyp: resource.idtyp,
            lifetime,
        },
    );
    Ok(success(endpoint, mint.now().seconds(), named, minted))
}

/// The version 1 endpoint writes its numbers as text (reference §7.1).
fn success(endpoint: Endpoint, now: i64, resource: &str, minted: Minted) -> Value {
    let Minted { token, expires_in } = minted;
    match endpoint {
        Endpoint::V2 => json!({
            "token_type": "Bearer", "expires_in": expires_in, "ext_expires_in": expires_in, "access_token": token,
        }),
        Endpoint::V1 => json!({
            "token_type": "Bearer",
            "expires_in": expires_in.to_string(),
            "ext_expires_in": expires_in.to_string(),
            "expires_on": (now + expires_in as i64 + 1).to_string(),
            "not_before": (now - BACKDATED).to_string(),
            "resource": resource,
            "access_token": token,
        }),
    }
}

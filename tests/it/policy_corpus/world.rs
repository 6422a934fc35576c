//! What a document is played in: a gateway, a backend that remembers what it
//! got, an issuer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use axum::{Json, Router};
use http::{HeaderMap, Method};
use seamstress::clock::{Clock, Timestamp};
use seamstress::contract::ContractId;
use seamstress::contract::openapi::OpenApi;
use seamstress::door::{Door, Origin, RestClient};
use seamstress::observe::GatewayRow;
use seamstress::policy::OnUnsupported;
use seamstress::stack::Api;
use seamstress::stack::gateway::KeyRefresh;
use seamstress::stack::gateway::{Gateway, GatewayError, GatewayOptions, RowLog, TraceLog, Upstream};
use seamstress::stack::identity::TENANT;
use seamstress::stack::jwt::SigningKey;
use seamstress::wire::Secret;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::claims;
use super::compare::{self, Got};
use super::document::{Document, Reply, Request as Asked, Scope, Spec, Unsupported};

/// The instant at which every document begins.
const BEGIN: &str = "2026-09-01T08:00:00Z";

/// The client id of a managed identity beside the gateway's own.
const ASSIGNED: &str = "6d9b4c1e-0a0e-4b2b-9a3f-1f2e3d4c5b6a";

/// The audience of a good token, also the named value `audience`.
const AUDIENCE: &str = "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91";

/// The document for all APIs, where none is given.
const GLOBAL: &str = r#"<policies>
  <inbound><set-backend-service base-url="{{backend-url}}" /></inbound>
  <backend><forward-request timeout="5" /></backend>
  <outbound />
  <on-error />
</policies>"#;

/// The backends that documents may name; all are one.
pub(super) const BACKENDS: [&str; 3] = ["backend", "backend-1", "backend-2"];

/// The API that is published where a document brings none: `/shop`.
const SHOP: &str = include_str!("shop.yaml");

/// What all documents share.
pub(crate) struct Common {
    issuer: Origin,
    key: SigningKey,
    client: RestClient,
}

impl Common {
    /// Starts the issuer.
    pub(crate) async fn start() -> Self {
        let key = SigningKey::generate("k1").expect("randomness");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let issuer = Origin::from(listener.local_addr().expect("bound"));
        let (origin, jwk) = (issuer.clone(), key.jwk());
        let answer = move |request: Request| async move {
            Json(match request.uri().path().rsplit('/').next() {
                Some("openid-configuration") => json!({
                    "issuer": format!("{origin}/{TENANT}/v2.0"),
                    "jwks_uri": format!("{origin}/{TENANT}/discovery/v2.0/keys"),
                }),
                Some("keys") => json!({ "keys": [jwk] }),
                _ => json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "identity-token" }),
            })
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { issuer, key, client: RestClient::new(&Door::loopback(), Duration::from_secs(20)) }
    }

    /// A token with changed claims.
    fn token(&self, now: Timestamp, changes: &Value) -> String {
        let mut claims = json!({
            "aud": AUDIENCE, "iss": format!("{}/{TENANT}/v2.0", self.issuer), "tid": TENANT,
            "nbf": now.seconds() - 300, "exp": now.seconds() + 3600, "azp": "client-1", "sub": "caller-1",
            "roles": ["Orders.Read"],
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            if value.is_null() {
                claims.as_object_mut().expect("an object").shift_remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.key.sign(&claims, &Map::new())
    }
}

/// What the backend got of one call.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A backend that answers as it is told and remembers what it got.
#[derive(Clone)]
struct Backend {
    replies: Arc<[Reply]>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Backend {
    async fn start(replies: &[Reply]) -> (Self, Origin) {
        let replies = if replies.is_empty() { vec![Reply::default()] } else { replies.to_vec() };
        let backend = Self { replies: replies.into(), seen: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = Origin::from(listener.local_addr().expect("bound"));
        let answering = backend.clone();
        let answer = move |request: Request| async move { answering.answer(request).await };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        (backend, origin)
    }

    /// What is answered to a call, which is remembered.
    fn reply(&self, call: Seen) -> &Reply {
        let mut seen = self.seen.lock().expect("nobody panics here");
        let reply = &self.replies[seen.len().min(self.replies.len() - 1)];
        seen.push(call);
        reply
    }

    async fn answer(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        let target = parts.uri.to_string();
        let reply = self.reply(Seen { method: parts.method, target, headers: parts.headers, body });
        if reply.silent {
            return std::future::pending().await;
        }
        let mut response = Response::builder().status(reply.status);
        for (name, values) in &reply.headers {
            for value in values.all() {
                response = response.header(name, value);
            }
        }
        let json = reply.json.as_ref().map(Value::to_string);
        if json.is_some() && !reply.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
            response = response.header("content-type", "application/json");
        }
        response.body(Body::from(json.unwrap_or_else(|| reply.body.clone()))).expect("a reply of the corpus")
    }
}

/// A gateway that executes a document for clients of other making.
pub(crate) struct Standing {
    pub(crate) gateway: Gateway,
    _folder: TempDir,
}

/// Starts one, before a backend that answers 200.
pub(crate) async fn standing(document: &Document, common: &Common) -> Standing {
    let (_, origin) = Backend::start(&document.spec.backend).await;
    let (folder, rows) = (folder(document), RowLog::new().expect("a temporary file"));
    let clock = Clock::starting_at(Timestamp::parse(BEGIN).expect("an instant"), 1.0);
    let options = options(&document.spec, folder.path(), (&origin, common), &clock, (&rows, &TraceLog::new()));
    let gateway = Gateway::start(options).await.unwrap_or_else(|fault| panic!("{fault}"));
    Standing { gateway, _folder: folder }
}

/// Plays a document; every mismatch.
pub(crate) async fn play(document: &Document, common: &Common) -> Vec<String> {
    let spec = &document.spec;
    if !spec.about.ends_with('.') {
        return vec![format!("`about` is no sentence: {}", spec.about)];
    }
    let (backend, origin) = Backend::start(&spec.backend).await;
    let folder = folder(document);
    let clock = Clock::starting_at(Timestamp::parse(BEGIN).expect("an instant"), 1.0);
    let (rows, traces) = (RowLog::new().expect("a temporary file"), TraceLog::new());
    let options = options(spec, folder.path(), (&origin, common), &clock, (&rows, &traces));
    let gateway = match Gateway::start(options).await {
        Ok(gateway) if spec.expect_diagnostics.is_empty() => gateway,
        Ok(gateway) => {
            gateway.stop().await;
            return vec!["it loads, and must not".to_owned()];
        }
        Err(GatewayError::Documents(found)) => {
            let told = found.to_string().replace(&folder.path().display().to_string(), "DIR");
            let unnamed = claims::not_named(spec);
            return compare::diagnostics(&spec.expect_diagnostics, &told).into_iter().chain(unnamed).collect();
        }
        Err(other) => return vec![other.to_string()],
    };
    let mut mismatches = Vec::new();
    for (number, request) in spec.requests.iter().enumerate() {
        clock.jump(Duration::from_secs(request.after_seconds));
        for time in 0..request.times {
            let before = backend.seen.lock().expect("nobody panics here").len();
            let got = match send(request, &gateway, common, &clock).await {
                Ok((status, headers, body)) => {
                    let seen = backend.seen.lock().expect("nobody panics here")[before..].to_vec();
                    Got { status, headers, body, seen, row: last_row(&rows) }
                }
                Err(fault) => {
                    mismatches.push(format!("request {}: {fault}", number + 1));
                    continue;
                }
            };
            let found = compare::answer(&request.expect, &got);
            let which = if request.times > 1 { format!(" ({}th time)", time + 1) } else { String::new() };
            mismatches.extend(found.into_iter().map(|m| format!("request {}{which}: {m}", number + 1)));
        }
    }
    if let Some(expected) = &spec.metrics {
        mismatches.extend(compare::metrics(expected, &gateway.metrics()));
    }
    gateway.stop().await;
    mismatches.extend(claims::not_run(spec, &traces, folder.path()));
    mismatches
}

/// The folder that the gateway reads.
pub(super) fn folder(document: &Document) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("global.xml", GLOBAL);
    let path = match document.spec.scope {
        Scope::Global => "global.xml",
        Scope::Product => {
            write("products/standard.yaml", "apis: [ shop-v1 ]\n");
            "products/standard.xml"
        }
        Scope::Api => "apis/shop-v1.xml",
        Scope::Operation => "apis/shop-v1/getThing.xml",
    };
    for (name, text) in &document.spec.fragments {
        write(&format!("fragments/{name}.xml"), text);
    }
    for (path, text) in &document.spec.files {
        write(path, text);
    }
    write(path, &document.text);
    folder
}

fn options(
    spec: &Spec,
    folder: &Path,
    (backend, common): (&Origin, &Common),
    clock: &Clock,
    (rows, traces): (&RowLog, &TraceLog),
) -> GatewayOptions {
    let openapi = OpenApi::parse("shop.yaml", spec.openapi.as_deref().unwrap_or(SHOP));
    let openapi = Arc::new(openapi.unwrap_or_else(|e| panic!("the API of the corpus: {e}")));
    let named_values = named_values(spec, &common.issuer.to_string(), &backend.to_string());
    GatewayOptions {
        policies: folder.to_owned(),
        instance: None,
        on_unsupported: match spec.unsupported {
            Unsupported::Fail => OnUnsupported::Fail,
            Unsupported::Warn => OnUnsupported::Warn,
        },
        service: None,
        apis: vec![Api { id: ContractId::new("shop", "v1"), openapi }],
        overlays: Vec::new(),
        backends: BTreeMap::from(BACKENDS.map(|id| (id.to_owned(), backend.clone()))),
        named_values,
        hosts: hosts(spec, backend),
        identities: BTreeMap::from([(ASSIGNED.to_owned(), Secret::new("assigned-secret"))]),
        issuer: common.issuer.clone(),
        clock: clock.clone(),
        door: Door::loopback(),
        listen: "127.0.0.1:0".parse().expect("an address"),
        seed: 0,
        region: "embedded".into(),
        key_refresh: KeyRefresh::default(),
        rows: rows.clone(),
        traces: traces.clone(),
        throttling: seamstress::limit::Throttling::default(),
        tls: None,
    }
}

/// The named values of a document, with those that all have.
pub(super) fn named_values(spec: &Spec, issuer: &str, backend: &str) -> BTreeMap<String, String> {
    let mut values = spec.named_values.clone();
    for (name, value) in [
        ("issuer", format!("{issuer}/{TENANT}")),
        ("tenant", TENANT.to_owned()),
        ("audience", AUDIENCE.to_owned()),
        ("backend-url", backend.to_owned()),
        ("managed-identity-secret", "a-secret".to_owned()),
    ] {
        values.entry(name.to_owned()).or_insert(value);
    }
    values
}

/// What hosts lead to.
fn hosts(spec: &Spec, backend: &Origin) -> BTreeMap<String, Upstream> {
    let mut hosts = BTreeMap::from([("*.example".to_owned(), Upstream::Origin(backend.clone()))]);
    for (host, reply) in &spec.hosts {
        let body = reply.json.as_ref().map_or_else(|| reply.body.clone(), Value::to_string);
        let headers = reply.headers.iter().map(|(name, values)| (name.clone(), values.all().join(","))).collect();
        hosts.insert(host.clone(), Upstream::Stub { status: reply.status, headers, body });
    }
    hosts
}

/// Sends a request and reads the answer to its end.
async fn send(
    asked: &Asked,
    gateway: &Gateway,
    common: &Common,
    clock: &Clock,
) -> Result<(u16, HeaderMap, String), String> {
    let method = Method::try_from(asked.method.as_str()).map_err(|e| e.to_string())?;
    let url = format!("{}/shop{}", gateway.origin(), asked.path);
    let mut request = common.client.request(method, &url).map_err(|e| e.to_string())?;
    for (name, values) in &asked.headers {
        for value in values.all() {
            request = request.header(name, value);
        }
    }
    if let Some(claims) = &asked.token {
        request = request.bearer_auth(common.token(clock.now(), claims));
    }
    if let Some(json) = &asked.json {
        request = request.header("content-type", "application/json").body(json.to_string());
    }
    if let Some(body) = &asked.body {
        request = request.body(body.clone());
    }
    let response = request.send().await.map_err(|e| format!("no answer: {e}"))?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.bytes().await.map_err(|e| format!("the answer broke off: {e}"))?;
    Ok((status, headers, String::from_utf8_lossy(&body).into_owned()))
}

fn last_row(rows: &RowLog) -> GatewayRow {
    let (lines, _) = rows.query(0, &[], usize::MAX).expect("the rows can be read");
    lines.last().map(|line| serde_json::from_str(line).expect("a row is JSON")).unwrap_or_default()
}

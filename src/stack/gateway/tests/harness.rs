//! A gateway with all that it needs, and a client for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::clock::{Clock, Timestamp};
use crate::contract::ContractId;
use crate::contract::openapi::OpenApi;
use crate::door::{Door, Origin, RestClient};
use crate::limit::Throttling;
use crate::policy::OnUnsupported;
use crate::stack::Api;
use crate::stack::gateway::{Gateway, GatewayError, GatewayOptions, KeyRefresh, RowLog, TraceLog, Upstream};
use crate::stack::identity::TENANT;
use crate::stack::jwt::SigningKey;

/// What a backend saw of a request.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) method: Method,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().expect("text"))
    }
}

/// A backend that remembers what it saw. `/slow` never answers, `/teapot`
/// answers 418, everything else 200 with a body.
#[derive(Clone, Default)]
pub(super) struct Recorder(Arc<Mutex<Vec<Seen>>>);

impl Recorder {
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn last(&self) -> Seen {
        self.seen().pop().expect("the backend was called")
    }
}

async fn record(State(recorder): State<Recorder>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else { return "broken off".into_response() };
    let target = parts.uri.to_string();
    recorder.0.lock().unwrap().push(Seen { method: parts.method, target, headers: parts.headers, body });
    match parts.uri.path() {
        path if path.ends_with("/slow") => std::future::pending().await,
        path if path.ends_with("/teapot") => (http::StatusCode::IM_A_TEAPOT, "short and stout").into_response(),
        _ => ([("x-served-by", "backend"), ("keep-alive", "timeout=5"), ("x-secret", "s")], "answered").into_response(),
    }
}

/// Serves a router on a free port until the runtime ends.
pub(super) async fn serve(router: Router) -> Origin {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let origin = Origin::from(listener.local_addr().expect("bound"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

/// An issuer: discovery document, keys, a token endpoint that counts.
pub(super) struct Issuer {
    pub(super) origin: Origin,
    pub(super) key: SigningKey,
    pub(super) asked: Arc<Mutex<Vec<String>>>,
}

impl Issuer {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = Origin::from(listener.local_addr().expect("bound"));
        let key = SigningKey::generate("k1").expect("randomness");
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let answer = {
            let (origin, key, asked) = (origin.clone(), key.clone(), Arc::clone(&asked));
            move |request: Request| async move {
                let path = request.uri().path().to_owned();
                let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
                asked.lock().unwrap().push(format!("{path} {}", String::from_utf8_lossy(&body)));
                axum::Json(match path.rsplit('/').next() {
                    Some("openid-configuration") => json!({
                        "issuer": format!("{origin}/{TENANT}/v2.0"),
                        "jwks_uri": format!("{origin}/{TENANT}/discovery/v2.0/keys"),
                    }),
                    Some("keys") => json!({ "keys": [key.jwk()] }),
                    _ => json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "identity-token" }),
                })
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { origin, key, asked }
    }
}

/// What `stub.example` answers.
fn stub() -> Upstream {
    let headers = BTreeMap::from([("X-Stub".to_owned(), "1".to_owned())]);
    Upstream::Stub { status: 203, headers, body: "from a stub".to_owned() }
}

/// Claims of a good token for bulk-update; `changes` replace or, where null,
/// remove some.
pub(super) fn claims(issuer: &Origin, now: Timestamp, changes: &Value) -> Value {
    let mut claims = json!({
        "aud": "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91",
        "iss": format!("{issuer}/{TENANT}/v2.0"),
        "nbf": now.seconds() - 300,
        "exp": now.seconds() + 3600,
        "azp": "client-1",
        "roles": ["Jobs.Submit"],
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            claims.as_object_mut().unwrap().shift_remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

/// A gateway, its issuer and its backend.
pub(super) struct World {
    pub(super) gateway: Gateway,
    /// What it was started with, for another one that differs.
    pub(super) options: GatewayOptions,
    pub(super) issuer: Issuer,
    pub(super) backend: Recorder,
    pub(super) clock: Clock,
    pub(super) rows: RowLog,
    pub(super) traces: TraceLog,
    pub(super) client: RestClient,
    _documents: Option<TempDir>,
}

pub(super) const CORRELATION: &str = "0b8ea11a-93ab-4c05-a1c5-5dbb0e4ad4f1";

impl World {
    /// The shipped documents and contracts, with overlays.
    pub(super) async fn shipped(overlays: &[&str]) -> Self {
        Self::shipped_before(overlays, None).await
    }

    /// The same, before another backend.
    pub(super) async fn shipped_before(overlays: &[&str], backend: Option<&str>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let api = |api: &str, version: &str| Api {
            id: ContractId::new(api, version),
            openapi: Arc::new(
                OpenApi::load(&root.join(format!("contracts/{api}/{version}/openapi.yaml"))).expect("clean"),
            ),
        };
        let apis = vec![
            api("bulk-update", "v1"),
            api("bulk-update", "v2"),
            api("tabular-intake", "v1"),
            api("tabular-intake", "v2"),
        ];
        let policies = root.join("mocks/gateway");
        Self::start(policies, apis, (overlays, backend), None).await.expect("the shipped documents are clean")
    }

    /// An API `test` at `/test` with the operations of [`TEST_API`] and one
    /// document for all APIs.
    pub(super) async fn with_policies(inbound: &str, outbound: &str, on_error: &str) -> Self {
        let backend = "<set-backend-service backend-id='dataverse' />";
        Self::with_document(&format!(
            "<policies><inbound>{backend}{inbound}</inbound><backend><forward-request timeout-ms=\"300\" /></backend>\
             <outbound>{outbound}</outbound><on-error>{on_error}</on-error></policies>"
        ))
        .await
    }

    pub(super) async fn with_document(document: &str) -> Self {
        Self::with_document_before(document, None).await
    }

    /// The same, before another backend.
    pub(super) async fn with_document_before(document: &str, backend: Option<&Origin>) -> Self {
        let backend = backend.map(ToString::to_string);
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::write(dir.path().join("global.xml"), document).expect("written");
        let openapi = Arc::new(OpenApi::parse("test.yaml", TEST_API).expect("clean"));
        let api = Api { id: ContractId::new("test", "v1"), openapi };
        Self::start(dir.path().to_owned(), vec![api], (&[], backend.as_deref()), Some(dir))
            .await
            .unwrap_or_else(|e| panic!("{e}"))
    }

    /// A folder of files, by their paths in it.
    pub(super) async fn with_folder(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().expect("in the folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        Self::start(dir.path().to_owned(), vec![], (&[], None), Some(dir)).await.unwrap_or_else(|e| panic!("{e}"))
    }

    async fn start(
        policies: PathBuf,
        apis: Vec<Api>,
        (overlays, other_backend): (&[&str], Option<&str>),
        documents: Option<TempDir>,
    ) -> Result<Self, GatewayError> {
        let issuer = Issuer::start().await;
        let backend = Recorder::default();
        let origin = serve(Router::new().fallback(record).with_state(backend.clone())).await;
        let origin = other_backend.and_then(Origin::parse).unwrap_or(origin);
        let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").expect("an instant"), 1.0);
        let (rows, traces) = (RowLog::new().expect("a temporary file"), TraceLog::new());
        let named = |name: &str, value: String| (name.to_owned(), value);
        let ids = ["service", "dataverse"];
        let options = GatewayOptions {
            policies,
            instance: None,
            on_unsupported: OnUnsupported::Fail,
            service: None,
            apis,
            overlays: overlays.iter().map(|o| (*o).to_owned()).collect(),
            backends: ids.iter().map(|id| ((*id).to_owned(), origin.clone())).collect(),
            named_values: BTreeMap::from([
                named("issuer", format!("{}/{TENANT}", issuer.origin)),
                named("tenant", TENANT.to_owned()),
                named("gateway-key", "the-key".to_owned()),
                named("managed-identity-secret", "the-secret".to_owned()),
            ]),
            hosts: BTreeMap::from([
                ("*.example".to_owned(), Upstream::Origin(origin.clone())),
                ("stub.example".to_owned(), stub()),
            ]),
            identities: BTreeMap::new(),
            issuer: issuer.origin.clone(),
            clock: clock.clone(),
            door: Door::loopback(),
            listen: "127.0.0.1:0".parse().expect("an address"),
            seed: 0,
            region: "embedded".into(),
            key_refresh: KeyRefresh::default(),
            rows: rows.clone(),
            throttling: Throttling::default(),
            tls: None,
            traces: traces.clone(),
        };
        let gateway = Gateway::start(options.clone()).await?;
        let client = RestClient::new(&Door::loopback(), Duration::from_secs(20));
        Ok(Self { gateway, options, issuer, backend, clock, rows, traces, client, _documents: documents })
    }

    /// A token with changed claims.
    pub(super) fn token(&self, changes: &Value) -> String {
        self.issuer.key.sign(&claims(&self.issuer.origin, self.clock.now(), changes), &Map::new())
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, &format!("{}{path}", self.gateway.origin())).expect("loopback")
    }

    /// A good call of `submitBatch`, to be changed.
    pub(super) fn submit(&self, version: &str, token: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, &format!("/bulk-update/{version}/batches"))
            .header("X-Correlation-Id", CORRELATION)
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "application/json")
            .body("{}")
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: String,
}

impl Answered {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|v| v.to_str().expect("text"))
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Status and failure type.
    pub(super) fn failure(&self) -> (u16, String) {
        (self.status, self.json()["failureType"].as_str().unwrap_or_default().to_owned())
    }
}

pub(super) async fn send(request: reqwest::RequestBuilder) -> Answered {
    let response = request.send().await.expect("answered");
    Answered {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.text().await.expect("a body"),
    }
}

const TEST_API: &str = r#"
openapi: 3.1.0
info: { title: Test, version: "1" }
servers: [ { url: "https://api.example/test" } ]
paths:
  /things:
    get: { operationId: listThings, responses: { "200": { description: ok } } }
    post: { operationId: makeThing, responses: { "200": { description: ok } } }
  /things/{id}:
    get:
      operationId: getThing
      parameters: [ { name: id, in: path, required: true, schema: { type: string } } ]
      responses: { "200": { description: ok } }
"#;

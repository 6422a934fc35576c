//! Issuer, gateway and Dataverse in one small server, with a record of what
//! was written.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, Method};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore};

use crate::door::Origin;

/// What goes wrong with the next write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// 429 with this `Retry-After`.
    Throttled(u64),
    /// 503.
    Unavailable,
    /// It is committed, and the answer breaks off.
    AnswerLost,
}

/// A committed write.
#[derive(Clone, Debug)]
pub(super) struct Effect {
    pub(super) key: String,
    pub(super) columns: Map<String, Value>,
    pub(super) correlation: String,
}

/// What the fake holds.
#[derive(Debug, Default)]
pub(super) struct Rows {
    held: BTreeMap<String, (u64, Map<String, Value>)>,
    version: u64,
    pub(super) effects: Vec<Effect>,
    pub(super) faults: VecDeque<Fault>,
    pub(super) tokens: usize,
    pub(super) around: usize,
    pub(super) reads: usize,
}

/// The fake.
#[derive(Debug)]
pub(super) struct Fake {
    pub(super) origin: Origin,
    pub(super) rows: Mutex<Rows>,
    /// Writes wait here while it is closed.
    pub(super) gate: Semaphore,
    /// Says that a write has come to the gate.
    pub(super) at_gate: Notify,
}

const OPEN: usize = 1 << 20;

impl Fake {
    /// Starts with these accounts.
    pub(super) async fn start(accounts: &[String]) -> Arc<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let origin = Origin::from(listener.local_addr().unwrap());
        let mut rows = Rows::default();
        for id in accounts {
            rows.held.insert(format!("accounts({id})"), (0, Map::new()));
        }
        let fake =
            Arc::new(Self { origin, rows: Mutex::new(rows), gate: Semaphore::new(OPEN), at_gate: Notify::new() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&fake));
        tokio::spawn(async move { axum::serve(listener, router).await });
        fake
    }

    /// One that nobody calls.
    pub(super) fn nowhere() -> Self {
        let origin = Origin::from(std::net::SocketAddr::from(([127, 0, 0, 1], 9)));
        Self { origin, rows: Mutex::default(), gate: Semaphore::new(OPEN), at_gate: Notify::new() }
    }

    pub(super) fn effects(&self) -> Vec<Effect> {
        self.rows.lock().unwrap().effects.clone()
    }

    pub(super) fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.rows.lock().unwrap().faults.extend(faults);
    }

    /// Lets no write pass from now on.
    pub(super) fn close(&self) {
        self.gate.forget_permits(OPEN * 2);
    }

    /// Lets all writes pass.
    pub(super) fn open(&self) {
        self.gate.add_permits(OPEN);
    }
}

async fn answer(State(fake): State<Arc<Fake>>, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let path = parts.uri.path();
    if path == "/token" {
        fake.rows.lock().unwrap().tokens += 1;
        assert!(std::str::from_utf8(&body).unwrap().contains("client_secret=s3cret"));
        return json_answer(200, &json!({"access_token": "own-token", "expires_in": 3600}));
    }
    if let Some(key) = path.strip_prefix("/data/api/data/v9.2/") {
        assert_eq!(header(&parts.headers, "authorization"), "Bearer own-token");
        assert!(!header(&parts.headers, "x-correlation-id").is_empty(), "the data API demands the ID");
        let mut answer = match parts.method {
            Method::GET => read(&fake, key),
            _ => write(&fake, &parts, key, &body).await,
        };
        answer.headers_mut().insert("x-ms-dop-hint", 128.into());
        return answer;
    }
    // Past the gateway: Dataverse takes only the gateway's identity.
    fake.rows.lock().unwrap().around += 1;
    empty(401)
}

fn read(fake: &Fake, key: &str) -> Response {
    let mut rows = fake.rows.lock().unwrap();
    rows.reads += 1;
    let Some((version, columns)) = rows.held.get(key) else {
        return empty(404);
    };
    let mut content = columns.clone();
    content.insert("@odata.etag".to_owned(), format!("W/\"{version}\"").into());
    json_answer(200, &Value::Object(content))
}

async fn write(fake: &Fake, parts: &Parts, key: &str, body: &Bytes) -> Response {
    fake.at_gate.notify_one();
    drop(fake.gate.acquire().await.unwrap());
    let mut rows = fake.rows.lock().unwrap();
    let fault = rows.faults.pop_front();
    match fault {
        Some(Fault::Throttled(seconds)) => {
            return Response::builder().status(429).header("Retry-After", seconds).body(Body::empty()).unwrap();
        }
        Some(Fault::Unavailable) => return empty(503),
        Some(Fault::AnswerLost) | None => {}
    }
    let known = rows.held.get(key).map(|(version, _)| format!("W/\"{version}\""));
    let if_match = header(&parts.headers, "if-match");
    let create = header(&parts.headers, "if-none-match") == "*";
    if (create && known.is_some()) || (!create && known.as_deref() != Some(if_match)) {
        return empty(412);
    }
    let columns: Map<String, Value> = serde_json::from_slice(body).unwrap();
    rows.version += 1;
    let version = rows.version;
    let row = rows.held.entry(key.to_owned()).or_default();
    row.0 = version;
    row.1.extend(columns.clone());
    let correlation = header(&parts.headers, "x-correlation-id").to_owned();
    rows.effects.push(Effect { key: key.to_owned(), columns, correlation });
    if let Some(Fault::AnswerLost) = fault {
        let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return Response::builder().status(200).body(Body::from_stream(broken)).unwrap();
    }
    empty(204)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|v| v.to_str().unwrap()).unwrap_or_default()
}

fn empty(status: u16) -> Response {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

fn json_answer(status: u16, content: &Value) -> Response {
    let body = Body::from(content.to_string());
    Response::builder().status(status).header("Content-Type", "application/json").body(body).unwrap()
}

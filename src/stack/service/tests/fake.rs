//! Issuer, gateway and Dataverse in one small server, with a record of what
//! was written.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
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
            _ if key == "$batch" => batch(&fake, &parts.headers, &body).await,
            _ => write(&fake, &parts.headers, key, &body).await,
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

/// Faults hit a batch as a whole. Its parts are done one after the other, as if
/// each stood for itself; whether those of a change set hold is looked at first.
async fn batch(fake: &Fake, outer: &HeaderMap, body: &Bytes) -> Response {
    let fault = match pass(fake).await {
        Ok(fault) => fault,
        Err(refused) => return refused,
    };
    let text = std::str::from_utf8(body).unwrap();
    let parts: Vec<(HeaderMap, &str, &str)> =
        text.split("PATCH /api/data/v9.2/").skip(1).map(|p| part(outer, p)).collect();
    let mut rows = fake.rows.lock().unwrap();
    let whole = text.contains("changeset_");
    let stale = |rows: &Rows| whole && parts.iter().any(|(headers, key, _)| !rows.holds(key, headers));
    let stale = stale(&rows);
    let mut told = String::new();
    for (n, (headers, key, body)) in parts.iter().enumerate() {
        let done = !stale && rows.apply(headers, key, body.as_bytes());
        let status = if done { "204 No Content" } else { "412 Precondition Failed" };
        let head = format!("Content-Type: application/http\r\nContent-ID: {}\r\n\r\n", n + 1);
        told.extend(["--r\r\n", &head, "HTTP/1.1 ", status, "\r\n\r\n\r\n"]);
        if stale {
            break;
        }
    }
    if fault.is_some() {
        return cut();
    }
    let answer = Response::builder().status(if stale { 412 } else { 200 });
    let answer = answer.header("Content-Type", "multipart/mixed; boundary=r");
    answer.body(Body::from(told + "--r--\r\n")).unwrap()
}

/// Header fields, key and body of a part that begins with its key.
fn part<'p>(outer: &HeaderMap, text: &'p str) -> (HeaderMap, &'p str, &'p str) {
    let (key, rest) = text.split_once(" HTTP/1.1\r\n").unwrap();
    let (head, rest) = rest.split_once("\r\n\r\n").unwrap();
    let mut headers = outer.clone();
    for (name, value) in head.lines().map(|line| line.split_once(": ").unwrap()) {
        headers.insert(http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    (headers, key, rest.split("\r\n").next().unwrap())
}

/// Waits until writes may pass. What hits the next one: a refusal, or that its
/// answer is lost.
async fn pass(fake: &Fake) -> Result<Option<Fault>, Response> {
    fake.at_gate.notify_one();
    drop(fake.gate.acquire().await.unwrap());
    match fake.rows.lock().unwrap().faults.pop_front() {
        Some(Fault::Throttled(seconds)) => {
            Err(Response::builder().status(429).header("Retry-After", seconds).body(Body::empty()).unwrap())
        }
        Some(Fault::Unavailable) => Err(empty(503)),
        fault => Ok(fault),
    }
}

async fn write(fake: &Fake, headers: &HeaderMap, key: &str, body: &Bytes) -> Response {
    let fault = match pass(fake).await {
        Ok(fault) => fault,
        Err(refused) => return refused,
    };
    let done = fake.rows.lock().unwrap().apply(headers, key, body);
    match fault {
        _ if !done => empty(412),
        Some(_) => cut(),
        None => empty(204),
    }
}

fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
    Response::builder().status(200).body(Body::from_stream(broken)).unwrap()
}

impl Rows {
    /// Whether the condition of a write holds.
    fn holds(&self, key: &str, headers: &HeaderMap) -> bool {
        let known = self.held.get(key).map(|(version, _)| format!("W/\"{version}\""));
        let create = header(headers, "if-none-match") == "*";
        if create { known.is_none() } else { known.as_deref() == Some(header(headers, "if-match")) }
    }

    /// Writes a row where its condition holds.
    fn apply(&mut self, headers: &HeaderMap, key: &str, body: &[u8]) -> bool {
        if !self.holds(key, headers) {
            return false;
        }
        let columns: Map<String, Value> = serde_json::from_slice(body).unwrap();
        self.version += 1;
        let row = self.held.entry(key.to_owned()).or_default();
        row.0 = self.version;
        row.1.extend(columns.clone());
        let correlation = header(headers, "x-correlation-id").to_owned();
        self.effects.push(Effect { key: key.to_owned(), columns, correlation });
        true
    }
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

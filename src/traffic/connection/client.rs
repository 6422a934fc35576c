//! The client of the hot path: one connection that is kept alive, plain
//! requests in, exchanges with their four instants out.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use super::open::{Answer, Open};
use super::outgoing::Outgoing;
use crate::clock::Timestamp;
use crate::door::{DoorError, Origin};
use crate::target::Target;
use crate::wire::{Body, Exchange, Failure, FailureKind, Headers, Request, Response, Tier, causes};

/// How long an answer may take, in real time: the flow's own bound. Answer
/// timeouts are never scaled.
pub const ANSWER_TIMEOUT: Duration = Duration::from_mins(2);

/// A client of one origin with at most one connection, which is opened when it
/// is needed and kept as long as the other side keeps it. A call is sent once:
/// nothing is repeated behind the caller's back.
#[derive(Debug)]
pub struct Client {
    target: Arc<Target>,
    origin: Origin,
    host: HeaderValue,
    timeout: Duration,
    /// Whether it closes the connection itself when the time is up.
    leaves: bool,
    open: Option<Box<Open>>,
}

impl Client {
    /// A client for an origin; no connection yet.
    ///
    /// # Panics
    /// Where the origin's host is no text that a header field can hold.
    pub fn new(target: Arc<Target>, origin: Origin) -> Self {
        let host = HeaderValue::from_str(&origin.authority()).expect("a host name fits into a header field");
        Self { target, origin, host, timeout: ANSWER_TIMEOUT, leaves: false, open: None }
    }

    /// With another bound on the answer, in real time.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the bound on answers, in real time.
    pub(in crate::traffic) fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Closes the connection where no answer has come within this real time,
    /// as a client does whose run was cancelled.
    pub(in crate::traffic) fn leave_after(&mut self, span: Duration) {
        self.timeout = span;
        self.leaves = true;
    }

    /// Where its calls go.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Opens the connection now, where it is not open: for calls that are to
    /// leave together.
    ///
    /// # Errors
    /// No connection could be made.
    pub async fn connect(&mut self) -> Result<(), Failure> {
        self.opened().await.map(drop)
    }

    /// Sends a request that was due at an instant of real time since the run
    /// began, and waits for its answer.
    pub async fn send(&mut self, mut request: Request, due: Duration, attempt: u32) -> Exchange {
        self.target.dress(&mut request);
        let shot = match self.prepared(&request) {
            Ok(prepared) => self.shoot(prepared).await,
            Err(failure) => self.unsent(failure),
        };
        self.exchange(request, shot, (due, attempt))
    }

    /// Sends a request that carries all it needs, and waits for its answer.
    pub(in crate::traffic) async fn shoot(&mut self, request: http::Request<Outgoing>) -> Shot {
        let began = self.target.began;
        let ready = self.opened().await.map(drop);
        let (sent, sent_at) = (began.elapsed(), self.target.clock.now());
        let outcome = match ready {
            Ok(()) => self.answered(request).await,
            Err(failure) => Err(failure),
        };
        Shot { outcome, sent, sent_at, done: began.elapsed(), done_at: self.target.clock.now() }
    }

    fn unsent(&self, failure: Failure) -> Shot {
        let (now, at) = (self.target.elapsed(), self.target.clock.now());
        Shot { outcome: Err(failure), sent: now, sent_at: at, done: now, done_at: at }
    }

    /// A shot as a plain value.
    pub(in crate::traffic) fn exchange(
        &self,
        request: Request,
        shot: Shot,
        (due, attempt): (Duration, u32),
    ) -> Exchange {
        let began = self.target.began;
        let Shot { outcome, sent, sent_at, done, done_at } = shot;
        let headers = outcome.as_ref().ok().map(|answer| answer.headers_at.saturating_duration_since(began));
        let outcome = outcome.map(|answer| Response {
            status: answer.head.status.as_u16(),
            headers: received(&answer.head.headers),
            body: answer.body,
            truncated: answer.truncated,
        });
        let tier = outcome.as_ref().ok().and_then(|response| self.tier(response));
        Exchange { request, outcome, attempt, due, sent, headers, done, sent_at, done_at, tier }
    }

    async fn answered(&mut self, request: http::Request<Outgoing>) -> Result<Answer, Failure> {
        let result = tokio::time::timeout(self.timeout, self.call(request)).await;
        match result {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(failure)) => {
                self.open = None;
                Err(failure)
            }
            Err(_) => {
                self.open = None;
                let detail = format!("no answer within {}", crate::clock::format_duration(self.timeout));
                let kind = if self.leaves { FailureKind::Left } else { FailureKind::Timeout };
                Err(Failure { kind, detail })
            }
        }
    }

    async fn call(&mut self, request: http::Request<Outgoing>) -> Result<Answer, Failure> {
        // `shoot` has opened it.
        let open = self.open.as_mut().ok_or_else(closed)?;
        let answer = open.call(request).await.map_err(|error| failure(&error))?;
        if !open.is_free() {
            self.open = None;
        }
        Ok(answer)
    }

    async fn opened(&mut self) -> Result<&mut Open, Failure> {
        let usable = match self.open.as_mut() {
            Some(open) => open.is_usable().await,
            None => false,
        };
        if !usable {
            self.open = None;
            let stream = self.target.door.open(&self.origin).await.map_err(|error| refused(&error))?;
            let open = Open::over(stream).await.map_err(|error| failure(&error))?;
            self.open = Some(Box::new(open));
        }
        self.open.as_deref_mut().ok_or_else(closed)
    }

    fn prepared(&self, request: &Request) -> Result<http::Request<Outgoing>, Failure> {
        prepared(request, &self.host)
    }

    fn tier(&self, response: &Response) -> Option<Tier> {
        let marker = self.target.service_marker.as_ref()?;
        Some(if response.headers.contains(marker) { Tier::Service } else { Tier::Gateway })
    }
}

/// One request on the wire, and what came of it.
#[derive(Debug)]
pub(in crate::traffic) struct Shot {
    pub(in crate::traffic) outcome: Result<Answer, Failure>,
    /// When its first byte was handed to the connection, in real time since the
    /// run began.
    pub(in crate::traffic) sent: Duration,
    /// What the shared clock showed then.
    pub(in crate::traffic) sent_at: Timestamp,
    /// When the answer was complete, or the failure was known.
    pub(in crate::traffic) done: Duration,
    /// What the shared clock showed then.
    pub(in crate::traffic) done_at: Timestamp,
}

/// A request as hyper sends it, to a host.
pub(in crate::traffic) fn prepared(request: &Request, host: &HeaderValue) -> Result<http::Request<Outgoing>, Failure> {
    let uri = request.target.parse::<http::Uri>().map_err(|e| unsendable(&request.target, &e))?;
    let mut prepared = http::Request::new(Outgoing::of(&request.body));
    *prepared.method_mut() = request.method.clone();
    *prepared.uri_mut() = uri;
    let headers = prepared.headers_mut();
    headers.reserve(request.headers.len() + 2);
    headers.insert(http::header::HOST, host.clone());
    for (name, value) in request.headers.iter() {
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|e| unsendable(name, &e))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|e| unsendable(name, &e))?;
        headers.append(field, value);
    }
    // A method that usually has content says that it has none (RFC 9110
    // §8.6); hyper leaves that to its caller.
    if request.body == Body::Empty && matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
        headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    Ok(prepared)
}

/// Header fields as text; bytes beyond ASCII are kept where they are UTF-8.
fn received(headers: &http::HeaderMap) -> Headers {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn unsendable(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure { kind: FailureKind::Protocol, detail: format!("`{what}` can't be sent: {error}") }
}

fn closed() -> Failure {
    Failure { kind: FailureKind::Reset, detail: "the connection is closed".to_owned() }
}

pub(in crate::traffic) fn refused(error: &DoorError) -> Failure {
    let kind = match error {
        DoorError::NotAllowed { .. } => FailureKind::Refused,
        DoorError::Connect { .. } | DoorError::Tls(_) => FailureKind::Connect,
    };
    Failure { kind, detail: error.to_string() }
}

fn failure(error: &hyper::Error) -> Failure {
    let kind = if error.is_parse() || error.is_user() { FailureKind::Protocol } else { FailureKind::Reset };
    Failure { kind, detail: causes(error) }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::DefaultBodyLimit;
    use axum::http::HeaderMap;
    use axum::routing::{get, post};
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::traffic::testing::{serve, target};

    fn request(method: Method, target: &str, body: Body) -> Request {
        Request { method, target: target.to_owned(), headers: Headers::new(), body }
    }

    /// Answers each connection with these bytes once the request's head has
    /// come, and closes, whatever else was sent.
    async fn raw(answer: &'static [u8]) -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 256];
                let _ = stream.read(&mut head).await;
                let _ = stream.write_all(answer).await;
            }
        });
        address.into()
    }

    async fn framing(headers: HeaderMap, body: Bytes) -> String {
        let field = |name: &str| headers.get(name).map_or("-", |v| v.to_str().unwrap()).to_owned();
        format!("{} {} {}", field("content-length"), field("transfer-encoding"), body.len())
    }

    #[tokio::test]
    async fn each_kind_of_body_is_framed_as_it_says() {
        let app = Router::new().route("/", post(framing)).layer(DefaultBodyLimit::disable());
        let mut client = Client::new(target(), serve(app).await);
        let piece = || Bytes::from_static(b"abc");
        let filler = |length| Body::Filler { head: piece(), fill: 3_000_000, tail: piece(), length };
        for (body, framed) in [
            (Body::Empty, "0 - 0"),
            (Body::Bytes(piece()), "3 - 3"),
            (Body::Chunked(piece()), "- chunked 3"),
            (Body::Chunked(Bytes::new()), "- chunked 0"),
            (filler(true), "3000006 - 3000006"),
            (filler(false), "- chunked 3000006"),
        ] {
            let exchange = client.send(request(Method::POST, "/", body), Duration::ZERO, 1).await;
            assert_eq!(exchange.outcome.expect("answered").body, framed);
        }
    }

    #[tokio::test]
    async fn the_connection_is_kept_and_the_instants_are_in_order() {
        let app = Router::new().route(
            "/",
            get(
                |connect: axum::extract::ConnectInfo<std::net::SocketAddr>| async move { connect.0.port().to_string() },
            ),
        );
        let mut client = Client::new(target(), serve(app).await);
        let mut ports = Vec::new();
        for _ in 0..3 {
            let exchange = client.send(request(Method::GET, "/", Body::Empty), Duration::ZERO, 1).await;
            assert!(exchange.due <= exchange.sent);
            assert!(Some(exchange.sent) <= exchange.headers && exchange.headers <= Some(exchange.done));
            ports.push(exchange.outcome.expect("answered").body);
        }
        assert!(ports.windows(2).all(|pair| pair[0] == pair[1]), "{ports:?}");
    }

    #[tokio::test]
    async fn an_answer_before_the_body_was_read_is_an_answer_and_no_reset() {
        let origin = raw(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno").await;
        for _ in 0..20 {
            let mut client = Client::new(target(), origin.clone());
            let body = Body::Filler { head: Bytes::new(), fill: 20 << 20, tail: Bytes::new(), length: true };
            let exchange = client.send(request(Method::POST, "/", body), Duration::ZERO, 1).await;
            assert_eq!(exchange.status(), Some(413), "{:?}", exchange.outcome);
        }
    }

    #[tokio::test]
    async fn what_is_missing_is_told_by_kind() {
        let gone = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        for (origin, kind) in [
            (Origin::from(gone), FailureKind::Connect),
            (Origin::from(silent.local_addr().unwrap()), FailureKind::Timeout),
            (raw(b"").await, FailureKind::Reset),
            (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await, FailureKind::Reset),
            (raw(b"220 smtp.example\r\n").await, FailureKind::Protocol),
            (Origin { tls: false, host: "192.0.2.1".to_owned(), port: 80 }, FailureKind::Refused),
            (Origin { tls: true, host: "192.0.2.1".to_owned(), port: 443 }, FailureKind::Refused),
        ] {
            let mut client = Client::new(target(), origin.clone()).with_timeout(Duration::from_millis(300));
            let exchange = client.send(request(Method::GET, "/", Body::Empty), Duration::ZERO, 1).await;
            assert_eq!(exchange.outcome.expect_err("no answer").kind, kind, "{origin}");
        }
    }

    #[tokio::test]
    async fn a_long_answer_is_cut_and_the_tier_is_told() {
        let app = Router::new().route("/long", get(|| async { ([("x-served-by", "s")], vec![b'y'; 3 << 20]) }));
        let mut client = Client::new(target(), serve(app).await);
        let long = client.send(request(Method::GET, "/long", Body::Empty), Duration::ZERO, 1).await;
        assert_eq!(long.tier, Some(Tier::Service));
        let response = long.outcome.expect("answered");
        assert!(response.truncated && response.body.len() == super::super::open::ANSWER_BOUND);
        let other = client.send(request(Method::GET, "/other", Body::Empty), Duration::ZERO, 1).await;
        assert_eq!((other.status(), other.tier), (Some(404), Some(Tier::Gateway)));
    }
}

//! The client of cases: one connection that is kept alive, plain requests in,
//! exchanges with their four instants out.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};

use super::answers::Answer;
use super::line::unsendable;
use super::open::Open;
use super::outgoing::Outgoing;
use super::shot::{Shot, late, now};
use crate::door::{DoorError, Origin};
use crate::target::Target;
use crate::wire::{Body, Exchange, Failure, FailureKind, Request, causes};

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
            Err(failure) => Shot::unsent(failure, &self.target),
        };
        shot.exchange(request, (due, attempt), &self.target)
    }

    /// Sends a request that carries all it needs, and waits for its answer.
    async fn shoot(&mut self, request: http::Request<Outgoing>) -> Shot {
        let ready = self.opened().await.map(drop);
        let sent = now(&self.target);
        let outcome = match ready {
            Ok(()) => self.answered(request).await,
            Err(failure) => Err(failure),
        };
        Shot::since(sent, outcome, &self.target)
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
                Err(late(self.timeout, self.leaves))
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
}

/// A request as hyper sends it, to a host.
fn prepared(request: &Request, host: &HeaderValue) -> Result<http::Request<Outgoing>, Failure> {
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

fn closed() -> Failure {
    Failure { kind: FailureKind::Reset, detail: "the connection is closed".to_owned() }
}

pub(in crate::traffic) fn refused(error: &DoorError) -> Failure {
    let kind = match error {
        DoorError::NotAllowed { .. } => FailureKind::Refused,
        DoorError::Connect { .. } | DoorError::Tls(_) | DoorError::Agreed { .. } => FailureKind::Connect,
    };
    Failure { kind, detail: error.to_string() }
}

fn failure(error: &hyper::Error) -> Failure {
    let kind = if error.is_parse() || error.is_user() { FailureKind::Protocol } else { FailureKind::Reset };
    Failure { kind, detail: causes(error) }
}

//! A connection of HTTP/2: many calls go over it at a time.

use std::mem::MaybeUninit;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use h2::client::{Builder, SendRequest};
use h2::{Ping, Reason, RecvStream, SendStream};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderName, HeaderValue, Method, Uri};
use http_body::Body as _;

use super::answers::{ANSWER_BOUND, Answer, LONGEST_HEAD, failed};
use super::client::refused;
use super::line::unsendable;
use super::outgoing::Outgoing;
use crate::door::{Connection, Door, DoorError, Origin};
use crate::wire::{Failure, FailureKind, Fields, causes};

/// A connection that was idle for longer is not used again. It may be longer
/// than with HTTP/1.1, since who closes a connection of HTTP/2 says which calls
/// he has not looked at.
const IDLE_BOUND: Duration = Duration::from_mins(1);

/// How much of one answer, and of all answers of a connection, may be under way
/// before some of it is read.
const WINDOWS: (u32, u32) = (1 << 20, 8 << 20);

/// How many calls that were given up are remembered.
const FORGOTTEN_AFTER: usize = 1024;

/// The most header fields that a request may have.
const FIELDS: usize = 128;

/// Fields that HTTP/2 says in another way or knows nothing of (RFC 9113 §8.2.2).
const OF_HTTP1: [&str; 7] =
    ["connection", "host", "keep-alive", "proxy-connection", "te", "transfer-encoding", "upgrade"];

/// An open connection.
#[derive(Debug)]
pub(super) struct Shared {
    sender: SendRequest<Bytes>,
    scheme: Scheme,
    usage: Mutex<Usage>,
}

#[derive(Debug)]
struct Usage {
    /// How many calls are under way.
    calls: usize,
    /// When the last one ended.
    since: Instant,
    /// The other side takes no more of them.
    left: bool,
}

/// A call's place on a connection.
#[derive(Debug)]
pub(super) struct Place(Arc<Shared>);

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// The other side has surely not looked at the call.
    Untouched(String),
    /// It may have.
    Failed(Failure),
}

impl Shared {
    /// Opens a connection, and waits until the other side has shown that it
    /// speaks HTTP/2 and how many calls it takes.
    pub(super) async fn open(door: &Door, origin: &Origin, patience: Duration) -> Result<Self, Failure> {
        let stream = door.open_http2(origin).await.map_err(|error| match error {
            DoorError::Agreed { .. } => no_http2(&error.to_string()),
            other => refused(&other),
        })?;
        let begun = tokio::time::timeout(patience, begun(stream)).await;
        let begun = begun.unwrap_or_else(|_| Err("it says nothing".to_owned()));
        let sender = begun.map_err(|cause| no_http2(&format!("{origin} does not speak HTTP/2: {cause}")))?;
        let usage = Mutex::new(Usage { calls: 0, since: Instant::now(), left: false });
        Ok(Self { sender, scheme: if origin.tls { Scheme::HTTPS } else { Scheme::HTTP }, usage })
    }

    /// Whether other calls can go over it, as far as is known yet.
    pub(super) fn is_usable(&self) -> bool {
        let usage = self.usage();
        let idle = usage.calls == 0 && usage.since.elapsed() > IDLE_BOUND;
        let mut context = Context::from_waker(Waker::noop());
        !usage.left && !idle && matches!(self.sender.clone().poll_ready(&mut context), Poll::Ready(Ok(())))
    }

    /// How many calls are under way; `None`: as many as the other side takes.
    pub(super) fn calls(&self) -> Option<usize> {
        Some(self.usage().calls).filter(|calls| *calls < self.sender.current_max_send_streams())
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(&self, head: &Bytes, content: Outgoing) -> Result<Answer, Unanswered> {
        let request = prepared(head, &self.scheme).map_err(Unanswered::Failed)?;
        let mut sender = self.sender.clone().ready().await.map_err(|error| unsent(&error))?;
        let alone = content.is_end_stream();
        let (response, mut sending) = sender.send_request(request, alone).map_err(|error| unsent(&error))?;
        if !alone {
            pour(&mut sending, content);
        }
        let response = response.await.map_err(|error| unanswered(&error))?;
        let headers_at = Instant::now();
        let (head, body) = response.into_parts();
        let (body, truncated) = collected(body).await.map_err(|error| unanswered(&error))?;
        let fields = head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes()));
        Ok(Answer { status: head.status.as_u16(), fields: Fields::copied(fields), headers_at, body, truncated })
    }
}

impl Place {
    pub(super) fn on(shared: &Arc<Shared>) -> Self {
        shared.usage().calls += 1;
        Self(shared.clone())
    }

    /// Sends a request, whose head ends with its empty line, and waits for the
    /// whole answer, or for as much of it as is kept. A connection that did not
    /// look at a call is not asked again.
    pub(super) async fn call(&self, head: &Bytes, content: Outgoing) -> Result<Answer, Unanswered> {
        let answer = self.0.call(head, content).await;
        if matches!(answer, Err(Unanswered::Untouched(_))) {
            self.0.usage().left = true;
        }
        answer
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut usage = self.0.usage();
        usage.calls -= 1;
        usage.since = Instant::now();
    }
}

/// Shakes hands. What comes back of a ping comes after the other side's
/// settings, which say how many calls it takes.
async fn begun(stream: Connection) -> Result<SendRequest<Bytes>, String> {
    let mut builder = Builder::new();
    builder.enable_push(false).max_header_list_size(LONGEST_HEAD as u32);
    // Calls that are given up are many where a target is slow; that their answers
    // come late is no attack.
    builder.max_concurrent_reset_streams(FORGOTTEN_AFTER).max_local_error_reset_streams(None);
    builder.initial_window_size(WINDOWS.0).initial_connection_window_size(WINDOWS.1);
    let (sender, mut driver) = builder.handshake(stream).await.map_err(|error| causes(&error))?;
    let ping = driver.ping_pong();
    let driving = tokio::spawn(driver);
    if let Some(mut ping) = ping
        && let Err(error) = ping.ping(Ping::opaque()).await
    {
        return Err(match driving.await {
            Ok(Err(error)) if error.is_library() => format!("what came is something else ({})", causes(&error)),
            Ok(Err(error)) if error.is_remote() => causes(&error),
            _ if error.is_io() => "it closed the connection".to_owned(),
            _ => causes(&error),
        });
    }
    Ok(sender)
}

/// Hands content to the connection, which keeps what the other side has no room
/// for yet: pieces of what lies in memory already. Why that fails shows in the
/// answer.
fn pour(stream: &mut SendStream<Bytes>, mut content: Outgoing) {
    loop {
        let piece = content.next().unwrap_or_default();
        let last = content.left() == 0;
        if stream.send_data(piece, last).is_err() || last {
            return;
        }
    }
}

async fn collected(mut body: RecvStream) -> Result<(Bytes, bool), h2::Error> {
    let (mut first, mut more) = (Bytes::new(), BytesMut::new());
    while let Some(piece) = body.data().await {
        let piece = match piece {
            Ok(piece) => piece,
            // The answer is whole, and nobody wants the rest of the request.
            Err(error) if error.reason() == Some(Reason::NO_ERROR) && error.is_reset() => break,
            Err(error) => return Err(error),
        };
        body.flow_control().release_capacity(piece.len())?;
        if first.is_empty() && more.is_empty() {
            first = piece;
        } else {
            more.extend_from_slice(&std::mem::take(&mut first));
            more.extend_from_slice(&piece);
        }
        if first.len() + more.len() > ANSWER_BOUND {
            more.extend_from_slice(&first);
            more.truncate(ANSWER_BOUND);
            return Ok((more.freeze(), true));
        }
    }
    Ok((if more.is_empty() { first } else { more.freeze() }, false))
}

/// A request out of its head as HTTP/1.1 has it.
fn prepared(head: &Bytes, scheme: &Scheme) -> Result<http::Request<()>, Failure> {
    let mut room = [const { MaybeUninit::uninit() }; FIELDS];
    let mut parsed = httparse::Request::new(&mut []);
    parsed.parse_with_uninit_headers(head, &mut room).map_err(|error| unsendable("the request", &error))?;
    let (method, path) = (parsed.method.unwrap_or_default(), parsed.path.unwrap_or_default());
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| unsendable(method, &error))?;
    let mut request = http::Request::new(());
    let mut uri = http::uri::Parts::default();
    uri.scheme = Some(scheme.clone());
    uri.path_and_query = Some(
        PathAndQuery::from_maybe_shared(head.slice_ref(path.as_bytes())).map_err(|error| unsendable(path, &error))?,
    );
    let headers = request.headers_mut();
    headers.reserve(parsed.headers.len());
    for field in parsed.headers.iter() {
        let (name, value) = (field.name, head.slice_ref(field.value));
        if name.eq_ignore_ascii_case("host") && uri.authority.is_none() {
            uri.authority = Some(Authority::from_maybe_shared(value).map_err(|error| unsendable(name, &error))?);
        } else if !OF_HTTP1.iter().any(|other| name.eq_ignore_ascii_case(other)) {
            let known = HeaderName::from_bytes(name.as_bytes()).map_err(|error| unsendable(name, &error))?;
            headers.append(known, HeaderValue::from_maybe_shared(value).map_err(|error| unsendable(name, &error))?);
        }
    }
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from_parts(uri).map_err(|error| unsendable(path, &error))?;
    Ok(request)
}

/// Why a call could not be sent: the connection is over, or the call is none of
/// HTTP/2.
fn unsent(error: &h2::Error) -> Unanswered {
    if error.is_io() || error.is_go_away() || error.is_reset() {
        return Unanswered::Untouched(causes(error));
    }
    Unanswered::Failed(failed(FailureKind::Protocol, &causes(error)))
}

/// What it means that a call failed. A call beyond the last that a GOAWAY names,
/// or that was refused, was not looked at (RFC 9113 §8.7); h2 gives a GOAWAY for
/// the calls beyond it alone.
fn unanswered(error: &h2::Error) -> Unanswered {
    if error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM)) {
        return Unanswered::Untouched(causes(error));
    }
    let kind = if error.is_io() || error.is_remote() { FailureKind::Reset } else { FailureKind::Protocol };
    Unanswered::Failed(failed(kind, &causes(error)))
}

fn no_http2(cause: &str) -> Failure {
    failed(FailureKind::Connect, &format!("{cause}; switch it on there, or set `connections: {{ http: 1.1 }}`"))
}

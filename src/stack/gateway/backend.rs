//! A backend and the connections to it that are kept.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::held::BodyFault;
use super::request_body::RequestBody;
use super::turn::{Turn, UnderWay};
use crate::door::{Door, DoorError, Origin};

/// How many connections to a backend are kept while nobody uses them.
const MAX_IDLE: usize = 512;

/// How long one is kept, in real time.
const MAX_IDLE_TIME: Duration = Duration::from_mins(1);

/// How long a kept connection may take to be ready for a request, in real time.
const PATIENCE: Duration = Duration::from_millis(20);

/// A backend.
#[derive(Debug)]
pub(super) struct Backend {
    pub(super) origin: Origin,
    pub(super) authority: HeaderValue,
    door: Door,
    calls: UnderWay,
    /// The one used last is taken first, so that what is not needed any more
    /// ages.
    idle: Mutex<VecDeque<(Instant, SendRequest<RequestBody>)>>,
    connections: Mutex<JoinSet<()>>,
}

/// Why a backend did not answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    /// Nobody said where it is.
    #[error("the host of {0} is not mapped, so nothing was sent")]
    NotMapped(String),
    /// Not in time.
    #[error("The backend did not answer within {} s.", .0.as_secs_f64())]
    Timeout(Duration),
    /// It began to answer and broke off.
    #[error(transparent)]
    Body(BodyFault),
    #[error(transparent)]
    Door(#[from] DoorError),
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

impl SendError {
    /// Whether the client's own body broke off.
    pub(super) fn is_of_the_client(&self) -> bool {
        matches!(self, Self::Http(e) if e.is_user())
    }
}

impl Backend {
    pub(super) fn new(origin: Origin, door: Door, calls: UnderWay) -> Self {
        let authority = HeaderValue::try_from(origin.authority()).expect("an authority is visible ASCII");
        Self { origin, authority, door, calls, idle: Mutex::default(), connections: Mutex::default() }
    }

    /// Sends a request over a kept connection, or over a new one. A kept one
    /// that the backend closed before it took the request is replaced; also one
    /// that it closed before it answered, where the request changes nothing and
    /// has no body (RFC 9110 §9.2.2).
    pub(super) async fn send(
        self: &Arc<Self>,
        mut request: Request<RequestBody>,
    ) -> Result<Response<BackendBody>, SendError> {
        while let Some(mut sender) = self.pop() {
            // One that still sends the body of a request which was answered early
            // is of no use.
            if !sender.is_ready() && !matches!(timeout(PATIENCE, sender.ready()).await, Ok(Ok(()))) {
                continue;
            }
            let copy = (request.method().is_safe() && request.body().is_none()).then(|| request.clone());
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.leased(response, sender)),
                Err(mut failed) => {
                    let closed = failed.error().is_incomplete_message();
                    match failed.take_message().or(copy.filter(|_| closed)) {
                        Some(again) => request = again,
                        None => return Err(failed.into_error().into()),
                    }
                }
            }
        }
        let mut sender = Box::pin(self.connect()).await?;
        let response = sender.send_request(request).await?;
        Ok(self.leased(response, sender))
    }

    fn pop(&self) -> Option<SendRequest<RequestBody>> {
        self.idle.lock().expect("nobody panics while he holds the connections").pop_back().map(|(_, sender)| sender)
    }

    fn keep(&self, sender: SendRequest<RequestBody>) {
        let mut idle = self.idle.lock().expect("nobody panics while he holds the connections");
        if idle.len() < MAX_IDLE {
            idle.push_back((Instant::now(), sender));
        }
    }

    /// Ends connections that nobody used for a while.
    pub(super) fn tidy(&self) {
        let mut idle = self.idle.lock().expect("nobody panics while he holds the connections");
        while idle.front().is_some_and(|(since, _)| since.elapsed() > MAX_IDLE_TIME) {
            idle.pop_front();
        }
    }

    async fn connect(&self) -> Result<SendRequest<RequestBody>, SendError> {
        let stream = self.door.open(&self.origin).await?;
        let (sender, connection) = http1::handshake(TokioIo::new(Turn::new(stream, &self.calls))).await?;
        let mut connections = self.connections.lock().expect("nobody panics while he holds the connections");
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            // How it ended, the request that was on it has learnt.
            let _ = connection.await;
        });
        Ok(sender)
    }

    fn leased(
        self: &Arc<Self>,
        response: Response<Incoming>,
        sender: SendRequest<RequestBody>,
    ) -> Response<BackendBody> {
        response.map(|incoming| {
            let mut body = BackendBody { held: Bytes::new(), incoming, lease: Some((sender, Arc::clone(self))) };
            body.give_back_at_end();
            body
        })
    }

    /// Closes kept connections and waits for their tasks; those in use end with
    /// it.
    pub(super) async fn stop(&self) {
        self.idle.lock().expect("nobody panics while he holds the connections").clear();
        let mut connections =
            std::mem::take(&mut *self.connections.lock().expect("nobody panics while he holds the connections"));
        connections.shutdown().await;
    }
}

/// A backend's response body. When it was read to its end, its connection is
/// kept; when it is dropped before, the connection is closed.
#[derive(Debug)]
pub(super) struct BackendBody {
    /// What was read of it already.
    held: Bytes,
    incoming: Incoming,
    lease: Option<(SendRequest<RequestBody>, Arc<Backend>)>,
}

impl BackendBody {
    /// Reads it to its end, unless it is larger than a limit: then it stays as
    /// it was.
    pub(super) async fn hold(mut self, limit: usize) -> Result<Bytes, Self> {
        let mut held = BytesMut::new();
        loop {
            match self.frame().await {
                None => return Ok(held.freeze()),
                Some(Ok(frame)) => held.extend_from_slice(frame.data_ref().map_or(&[], |data| data)),
                // One that broke off breaks off for the client as well.
                Some(Err(_)) => break,
            }
            if held.len() > limit {
                break;
            }
        }
        self.held = held.freeze();
        Err(self)
    }

    fn give_back_at_end(&mut self) {
        if !self.incoming.is_end_stream() {
            return;
        }
        if let Some((sender, backend)) = self.lease.take()
            && !sender.is_closed()
        {
            backend.keep(sender);
        }
    }
}

impl Body for BackendBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if !self.held.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.held)))));
        }
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(_)) | None) => self.give_back_at_end(),
            Poll::Ready(Some(Err(_))) => self.lease = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_empty() && self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.held.is_empty() { self.incoming.size_hint() } else { SizeHint::default() }
    }
}

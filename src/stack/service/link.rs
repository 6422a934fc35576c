//! Kept-alive connections to one address, for thousands of calls a second.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::sync::Semaphore;

use crate::door::{Door, Origin};

/// Answer timeout, in real time.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How many exchanges go on at once; the others wait.
const AT_ONCE: usize = 128;
/// Larger answers are lost answers: a row is a few hundred bytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The status code.
    pub(super) status: u16,
    /// Header fields.
    pub(super) headers: http::HeaderMap,
    /// The content.
    pub(super) body: Bytes,
}

/// Nothing came back, and the request may have been executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is lost")]
pub(super) struct Lost;

type Sender = SendRequest<Full<Bytes>>;

/// A small pool of connections.
#[derive(Debug)]
pub(super) struct Link {
    door: Door,
    idle: Mutex<Vec<Sender>>,
    permits: Semaphore,
}

impl Link {
    /// No connection yet.
    pub(super) fn new(door: Door) -> Self {
        Self { door, idle: Mutex::new(Vec::new()), permits: Semaphore::new(AT_ONCE) }
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn exchange(&self, origin: &Origin, request: http::Request<Full<Bytes>>) -> Result<Reply, Lost> {
        let _permit = self.permits.acquire().await.map_err(|_| Lost)?;
        tokio::time::timeout(TIMEOUT, self.talk(origin, request)).await.map_err(|_| Lost)?
    }

    async fn talk(&self, origin: &Origin, mut request: http::Request<Full<Bytes>>) -> Result<Reply, Lost> {
        while let Some(mut sender) = self.take() {
            if sender.ready().await.is_err() {
                continue;
            }
            match sender.try_send_request(request).await {
                Ok(response) => return self.read(sender, response).await,
                // The connection was closed before the request was written:
                // nothing was executed, the next one may do.
                Err(mut error) => request = error.take_message().ok_or(Lost)?,
            }
        }
        let mut sender = self.connect(origin).await?;
        let response = sender.send_request(request).await.map_err(|_| Lost)?;
        self.read(sender, response).await
    }

    async fn read(&self, sender: Sender, response: http::Response<hyper::body::Incoming>) -> Result<Reply, Lost> {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, LARGEST_ANSWER).collect().await.map_err(|_| Lost)?.to_bytes();
        if !sender.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        }
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn take(&self) -> Option<Sender> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    async fn connect(&self, origin: &Origin) -> Result<Sender, Lost> {
        let stream = self.door.open(origin).await.map_err(|_| Lost)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Lost)?;
        // Ends with its sender.
        tokio::spawn(connection);
        Ok(sender)
    }
}

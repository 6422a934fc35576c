//! Calls to origins that want TLS: not the hot path, so by the door's own
//! client.

use std::time::{Duration, Instant};

use bytes::BytesMut;

use super::client::{received, unsendable};
use super::open::ANSWER_BOUND;
use super::outgoing::Outgoing;
use crate::door::{Door, Origin, RestClient};
use crate::wire::{Body, Failure, FailureKind, Request, Response, causes};

/// The door's client waits a little longer than ours, so that ours is the one
/// that gives up.
const PATIENCE: Duration = Duration::from_secs(125);

/// A client of one `https` origin.
#[derive(Debug)]
pub(in crate::traffic) struct Remote {
    client: RestClient,
    origin: Origin,
}

impl Remote {
    pub(in crate::traffic) fn new(door: &Door, origin: Origin) -> Self {
        Self { client: RestClient::new(door, PATIENCE), origin }
    }

    pub(in crate::traffic) async fn call(&self, request: &Request) -> Result<(Response, Instant), Failure> {
        let url = format!("{}{}", self.origin, request.target);
        let mut call = self.client.request(request.method.clone(), &url).map_err(|error| {
            let refused = error.kind() == std::io::ErrorKind::PermissionDenied;
            let kind = if refused { FailureKind::Refused } else { FailureKind::Protocol };
            Failure { kind, detail: error.to_string() }
        })?;
        for (name, value) in request.headers.iter() {
            let field = http::HeaderName::from_bytes(name.as_bytes()).map_err(|e| unsendable(name, &e))?;
            let value = http::HeaderValue::from_bytes(value.as_bytes()).map_err(|e| unsendable(name, &e))?;
            call = call.header(field, value);
        }
        call = match &request.body {
            Body::Empty => call,
            Body::Bytes(bytes) => call.body(bytes.clone()),
            streamed => {
                if let Body::Filler { length: true, .. } = streamed {
                    call = call.header("content-length", streamed.len());
                }
                let pieces = Outgoing::of(streamed).map(Ok::<_, std::convert::Infallible>);
                call.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))
            }
        };
        let answer = call.send().await.map_err(|error| failure(&error))?;
        let at = Instant::now();
        kept(answer).await.map(|response| (response, at))
    }
}

async fn kept(mut answer: reqwest::Response) -> Result<Response, Failure> {
    let (status, headers) = (answer.status().as_u16(), received(answer.headers()));
    let mut body = BytesMut::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| failure(&error))? {
        body.extend_from_slice(&piece);
        if body.len() > ANSWER_BOUND {
            body.truncate(ANSWER_BOUND);
            return Ok(Response { status, headers, body: body.freeze(), truncated: true });
        }
    }
    Ok(Response { status, headers, body: body.freeze(), truncated: false })
}

fn failure(error: &reqwest::Error) -> Failure {
    let detail = causes(error);
    let kind = if error.is_timeout() {
        FailureKind::Timeout
    } else if detail.contains("neither loopback nor an allowed host") {
        FailureKind::Refused
    } else if error.is_connect() {
        FailureKind::Connect
    } else if error.is_decode() || error.is_builder() {
        FailureKind::Protocol
    } else {
        FailureKind::Reset
    };
    Failure { kind, detail }
}

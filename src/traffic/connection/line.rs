//! The client of the load path: a connection that is kept alive, drafts in,
//! shots out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::answers::{Answer, failed};
use super::client::refused;
use super::direct::{Direct, Draft};
use super::limit::Limit;
use super::outgoing::Outgoing;
use super::shot::{Shot, late, told};
use crate::door::Origin;
use crate::target::Target;
use crate::wire::{Failure, FailureKind, Request};

/// A client of an origin with at most one connection, which is opened when it
/// is needed and kept as long as the other side keeps it. A call is sent once:
/// nothing is repeated behind the caller's back.
#[derive(Debug)]
pub(in crate::traffic) struct Line {
    target: Arc<Target>,
    origin: Origin,
    limit: Limit,
    open: Option<Box<Direct>>,
}

impl Line {
    /// A client for an origin; no connection yet.
    pub(in crate::traffic) fn new(target: Arc<Target>, origin: Origin) -> Self {
        Self { target, origin, limit: Limit::default(), open: None }
    }

    /// Opens the connection now, where it is not open: for calls that are to
    /// leave together.
    pub(in crate::traffic) async fn connect(&mut self) -> Result<(), Failure> {
        self.opened().await.map(drop)
    }

    /// Sends a request and waits for its answer, no longer than `timeout` in
    /// real time.
    pub(in crate::traffic) async fn shoot(&mut self, draft: Draft, timeout: Duration) -> Shot {
        let sent = match self.opened().await {
            Ok(sent) => sent,
            Err(failure) => return Shot::unsent(failure, &self.target),
        };
        let outcome = self.answered(draft, sent + timeout, timeout).await;
        Shot::since(told(sent, &self.target), outcome, &self.target)
    }

    async fn answered(&mut self, draft: Draft, until: Instant, timeout: Duration) -> Result<Answer, Failure> {
        // `shoot` has opened it.
        let mut open = self.open.take().ok_or_else(|| failed(FailureKind::Reset, "the connection is closed"))?;
        let answer = self.limit.within(until, open.call(draft)).await;
        let answer = answer.unwrap_or_else(|| Err(late(timeout, false)))?;
        if open.is_free() {
            self.open = Some(open);
        }
        Ok(answer)
    }

    /// Opens the connection where it is not open; gives when it was.
    async fn opened(&mut self) -> Result<Instant, Failure> {
        let now = Instant::now();
        if let Some(open) = self.open.as_mut()
            && open.is_usable(now).await
        {
            return Ok(now);
        }
        self.open = None;
        let stream = Box::pin(self.target.door.open(&self.origin)).await.map_err(|error| refused(&error))?;
        self.open = Some(Box::new(Direct::over(stream)));
        Ok(Instant::now())
    }
}

/// The request line and header fields of a request to a host, and its framing.
pub(in crate::traffic) fn drafted(request: &Request, authority: &str) -> Result<Draft, Failure> {
    let content = Outgoing::of(&request.body);
    let mut head = format!("{} {} HTTP/1.1\r\nHost: {authority}\r\n", request.method, target_of(request)?).into_bytes();
    for (name, value) in request.headers.iter() {
        field(&mut head, name, value)?;
    }
    if let Some((name, value)) = content.framing(&request.method) {
        field(&mut head, name, &value)?;
    }
    Ok(Draft { head, content, is_head: request.method == http::Method::HEAD })
}

/// Adds a header field.
pub(in crate::traffic) fn field(head: &mut Vec<u8>, name: &str, value: &str) -> Result<(), Failure> {
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || SIGNS.contains(&byte));
    let is_value = value.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    if !(is_name && is_value) {
        return Err(failed(FailureKind::Protocol, &format!("the header field `{name}` can't be sent (RFC 9110 §5)")));
    }
    write_field(head, name, &[value]);
    Ok(())
}

/// What beside letters and digits a field's name may have (RFC 9110 §5.6.2).
const SIGNS: &[u8] = b"!#$%&'*+-.^_`|~";

/// Adds a header field that can be sent, its value in pieces.
pub(in crate::traffic) fn write_field(head: &mut Vec<u8>, name: &str, value: &[&str]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    value.iter().for_each(|piece| head.extend_from_slice(piece.as_bytes()));
    head.extend_from_slice(b"\r\n");
}

/// A target that a request line can hold.
fn target_of(request: &Request) -> Result<&str, Failure> {
    let target = &request.target;
    let uri = target.parse::<http::Uri>().map_err(|error| unsendable(target, &error))?;
    Ok(if uri.path_and_query().is_some() { target } else { "/" })
}

pub(super) fn unsendable(what: &str, error: &dyn std::error::Error) -> Failure {
    failed(FailureKind::Protocol, &format!("`{what}` can't be sent: {error}"))
}

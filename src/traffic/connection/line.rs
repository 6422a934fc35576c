//! The client of the load path: a connection that is kept alive, drafts in,
//! shots out.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::answers::{Answer, failed};
use super::client::refused;
use super::direct::{Direct, Draft};
use super::limit::Limit;
use super::outgoing::Outgoing;
use super::shot::{Shot, late, now};
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
        let ready = self.opened().await.map(drop);
        let sent = now(&self.target);
        let outcome = match ready {
            Ok(()) => self.answered(draft, timeout).await,
            Err(failure) => Err(failure),
        };
        Shot::since(sent, outcome, &self.target)
    }

    async fn answered(&mut self, draft: Draft, timeout: Duration) -> Result<Answer, Failure> {
        // `shoot` has opened it.
        let mut open = self.open.take().ok_or_else(|| failed(FailureKind::Reset, "the connection is closed"))?;
        let answer = self.limit.within(timeout, open.call(draft)).await;
        let answer = answer.unwrap_or_else(|| Err(late(timeout, false)))?;
        if open.is_free() {
            self.open = Some(open);
        }
        Ok(answer)
    }

    async fn opened(&mut self) -> Result<(), Failure> {
        let usable = match self.open.as_mut() {
            Some(open) => open.is_usable().await,
            None => false,
        };
        if !usable {
            self.open = None;
            let stream = Box::pin(self.target.door.open(&self.origin)).await.map_err(|error| refused(&error))?;
            self.open = Some(Box::new(Direct::over(stream)));
        }
        Ok(())
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
    HeaderName::from_bytes(name.as_bytes()).map_err(|error| unsendable(name, &error))?;
    HeaderValue::from_bytes(value.as_bytes()).map_err(|error| unsendable(name, &error))?;
    write_field(head, name.as_bytes(), value.as_bytes());
    Ok(())
}

/// Adds a header field that can be sent.
pub(in crate::traffic) fn write_field(head: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for part in [name, b": ", value, b"\r\n"] {
        head.extend_from_slice(part);
    }
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

//! Requests that follow the first one of a call: polls, further pages, the parts
//! of content that is announced first.

use bytes::Bytes;
use http::Method;

use super::errand::Errand;
use super::step::Step;
use crate::flow::{Part, What};
use crate::target::Authorized;
use crate::traffic::connection::{Outgoing, follow};
use crate::wire::{Body, Request};

/// The field that announces content in parts.
const MODE: &str = "x-ms-transfer-mode";

/// The field that says how much content there will be.
const LENGTH: &str = "x-ms-content-length";

/// What an attempt sends.
pub(super) enum Sends {
    /// The call itself, as it was made.
    Call,
    /// This.
    Further(Request),
    /// Nothing: a `Location` leads elsewhere.
    Nothing,
}

impl Errand<'_> {
    /// What is sent for an attempt at something.
    pub(super) fn sends(&self, step: &Step<'_>, what: &What, authorized: &Authorized) -> Sends {
        let further = match what {
            What::Attempt(attempt) if step.chunked => Some(self.announcement(step, authorized, *attempt)),
            What::Poll { location, .. } | What::Page { location, .. } => self.followed(step, location),
            What::Part { part, .. } => self.part(step, part),
            What::Attempt(_) | What::Child(_) => return Sends::Call,
        };
        further.map_or(Sends::Nothing, Sends::Further)
    }

    /// Where a `Location` leads. Flows would follow it anywhere; a load generator
    /// stays where it was sent.
    fn followed(&self, step: &Step<'_>, location: &str) -> Option<Request> {
        let gateway = &self.phase.target.gateway;
        let (origin, mut request) = follow(gateway, step.first.as_ref()?, location)?;
        request.headers.remove(MODE);
        request.headers.remove(LENGTH);
        (origin == *gateway).then_some(request)
    }

    /// The empty request before content in parts.
    fn announcement(&self, step: &Step<'_>, authorized: &Authorized, attempt: u32) -> Request {
        let mut request = self.request(step, authorized, attempt);
        request.headers.remove("Content-Type");
        request.headers.append(MODE, "chunked");
        request.headers.append(LENGTH, request.body.len().to_string());
        Request { body: Body::Empty, ..request }
    }

    fn part(&self, step: &Step<'_>, part: &Part) -> Option<Request> {
        let mut request = self.followed(step, &part.location)?;
        let content = &step.payload.request;
        if let Some(media) = content.headers.get("Content-Type") {
            request.headers.append("Content-Type", media);
        }
        let range = format!("bytes={}-{}/{}", part.from, part.to - 1, content.body.len());
        request.headers.append("Content-Range", range);
        Some(Request { method: Method::PATCH, body: Body::Bytes(cut(&content.body, part)), ..request })
    }
}

/// Some bytes of a content.
fn cut(body: &Body, part: &Part) -> Bytes {
    let (from, to) = (part.from as usize, part.to as usize);
    match body {
        Body::Bytes(whole) | Body::Chunked(whole) => whole.slice(from..to),
        _ => Bytes::from(Outgoing::of(body).flatten().skip(from).take(to - from).collect::<Vec<u8>>()),
    }
}

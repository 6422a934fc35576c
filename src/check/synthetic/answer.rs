//! Requests and answers that were never on a wire.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};

use super::{ID, START};
use crate::clock::Timestamp;
use crate::wire::{Body, Exchange, Failure, FailureKind, Headers, Request, Response, Tier};

/// An answer, or none, with the tier that gave it.
#[derive(Clone)]
pub(in crate::check) struct Answer {
    outcome: Result<Response, Failure>,
    tier: Option<Tier>,
    pub(super) took: Duration,
}

/// An answer without content that echoes the ID.
pub(in crate::check) fn answer(status: u16) -> Answer {
    let headers = Headers::from_iter([("X-Correlation-Id", ID)]);
    let response = Response { status, headers, body: Bytes::new(), truncated: false };
    Answer { outcome: Ok(response), tier: None, took: Duration::from_millis(10) }
}

/// A declared failure in the agreed shape, with `Retry-After` where that is
/// due.
pub(in crate::check) fn failure(status: u16, failure_type: &str) -> Answer {
    let problem = json!({
        "type": format!("urn:seamstress:failure:{failure_type}"),
        "title": failure_type,
        "status": status,
        "failureType": failure_type,
        "correlationId": ID,
    });
    let plain = answer(status).json(&problem).header("Content-Type", "application/problem+json");
    if matches!(status, 429 | 503) { plain.header("Retry-After", "5") } else { plain }
}

/// No answer.
pub(in crate::check) fn silence(kind: FailureKind) -> Answer {
    Answer { outcome: Err(Failure { kind, detail: "gone".into() }), ..answer(200) }
}

impl Answer {
    fn change(mut self, change: impl FnOnce(&mut Response)) -> Self {
        change(self.outcome.as_mut().unwrap());
        self
    }

    pub(in crate::check) fn header(self, name: &str, value: &str) -> Self {
        self.change(|r| r.headers.set(name, value))
    }

    pub(in crate::check) fn without(self, name: &str) -> Self {
        self.change(|r| r.headers.remove(name))
    }

    pub(in crate::check) fn text(self, text: &str) -> Self {
        self.change(|r| r.body = Bytes::copy_from_slice(text.as_bytes()))
    }

    pub(in crate::check) fn json(self, body: &Value) -> Self {
        self.text(&body.to_string()).header("Content-Type", "application/json")
    }

    pub(in crate::check) fn tier(mut self, tier: Tier) -> Self {
        self.tier = Some(tier);
        self
    }

    pub(in crate::check) fn took(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }

    /// The exchange that was sent at an instant after the start.
    pub(in crate::check) fn exchange(self, request: Request, at: Duration) -> Exchange {
        let start = Timestamp::parse(START).unwrap();
        Exchange {
            request,
            outcome: self.outcome,
            attempt: 1,
            due: at,
            sent: at,
            headers: None,
            done: at + self.took,
            sent_at: start.plus(at),
            done_at: start.plus(at + self.took),
            tier: self.tier,
        }
    }
}

/// A request to `submitBatch` with the ID.
pub(in crate::check) fn request() -> Request {
    Request {
        method: Method::POST,
        target: "/bulk-update/v1/batches".into(),
        headers: Headers::from_iter([("Content-Type", "application/json"), ("X-Correlation-Id", ID)]),
        body: Body::Bytes(Bytes::from_static(b"{\"records\":[]}")),
    }
}

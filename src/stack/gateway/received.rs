//! A response that a policy asked for: `IResponse` in expressions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// A response that a policy asked for, read to its end.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) reason: Option<Arc<str>>,
    pub(super) headers: HeaderMap,
    body: Bytes,
    consumed: AtomicBool,
}

impl Received {
    pub(super) fn new(status: StatusCode, reason: Option<Arc<str>>, headers: HeaderMap, body: Bytes) -> Self {
        Self { status, reason, headers, body, consumed: AtomicBool::new(false) }
    }

    pub(super) fn reason(&self) -> &str {
        self.reason.as_deref().or_else(|| self.status.canonical_reason()).unwrap_or_default()
    }

    /// The body. Unless it is preserved it is consumed: who reads it next finds
    /// nothing.
    pub(super) fn read_body(&self, preserve: bool) -> Bytes {
        let gone =
            if preserve { self.consumed.load(Ordering::Relaxed) } else { self.consumed.swap(true, Ordering::Relaxed) };
        if gone { Bytes::new() } else { self.body.clone() }
    }
}

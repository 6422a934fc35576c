//! A request's body that waits until the backend said that it wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use http::{HeaderValue, Request, header};
use tokio::sync::Notify;

use super::request_body::RequestBody;

/// Closed until `100 Continue` or the answer itself comes.
#[derive(Clone, Debug, Default)]
pub(super) struct Gate(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    open: AtomicBool,
    body: AtomicWaker,
    opened: Notify,
}

impl Gate {
    /// Puts a gate before the body of a request (RFC 9110 §10.1.1); `None`
    /// where it has no body.
    pub(super) fn before(request: &mut Request<RequestBody>) -> Option<Self> {
        if http_body::Body::is_end_stream(request.body()) {
            return None;
        }
        let gate = Self::default();
        request.headers_mut().insert(header::EXPECT, HeaderValue::from_static("100-continue"));
        let body = request.body_mut().take();
        *request.body_mut() = RequestBody::Gated(gate.clone(), Box::new(body));
        let opens = gate.clone();
        hyper::ext::on_informational(request, move |response| {
            if response.status() == http::StatusCode::CONTINUE {
                opens.open();
            }
        });
        Some(gate)
    }

    pub(super) fn open(&self) {
        self.0.open.store(true, Ordering::Release);
        self.0.body.wake();
        self.0.opened.notify_one();
    }

    /// Waits until it opens.
    pub(super) async fn opened(&self) {
        self.0.opened.notified().await;
    }

    pub(super) fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.body.register(cx.waker());
        if self.0.open.load(Ordering::Acquire) { Poll::Ready(()) } else { Poll::Pending }
    }
}

//! The request's body on its way to the backend.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::gate::Gate;

/// The request's body: streamed, held because a policy read or set it, or gone
/// because one consumed it.
#[derive(Debug)]
pub(super) enum RequestBody {
    None,
    Stream(Incoming),
    Bytes(Bytes),
    /// Sent when the gate opens.
    Gated(Gate, Box<RequestBody>),
}

impl Clone for RequestBody {
    /// See [`RequestBody::again`].
    fn clone(&self) -> Self {
        self.again()
    }
}

impl RequestBody {
    /// What a request came with.
    pub(super) fn of(incoming: Incoming) -> Self {
        if incoming.is_end_stream() { Self::None } else { Self::Stream(incoming) }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// A body in memory once more; one that is streamed can't be had twice.
    pub(super) fn again(&self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Gated(_, body) => body.again(),
            Self::None | Self::Stream(_) => Self::None,
        }
    }

    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::None)
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut *self {
            Self::None => Poll::Ready(None),
            Self::Stream(incoming) => Pin::new(incoming).poll_frame(cx),
            Self::Gated(gate, body) => match gate.poll(cx) {
                Poll::Ready(()) => Pin::new(body).poll_frame(cx),
                Poll::Pending => Poll::Pending,
            },
            Self::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                *self = Self::None;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::None => true,
            Self::Stream(incoming) => incoming.is_end_stream(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Gated(_, body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::None => SizeHint::with_exact(0),
            Self::Stream(incoming) => incoming.size_hint(),
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Gated(_, body) => body.size_hint(),
        }
    }
}

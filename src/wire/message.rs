//! Requests and responses.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::{Handwritten, Headers};

/// A request, ready to be sent to some origin.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, beginning with `/`, encoded as it goes over the wire.
    pub target: String,
    /// Header fields, without `Host` and framing: the client adds those.
    pub headers: Headers,
    /// The content.
    pub body: Body,
}

/// A request's content.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Body {
    /// No content, no media type.
    #[default]
    Empty,
    /// Content sent with its length.
    Bytes(Bytes),
    /// Content sent in chunks, without a length in advance.
    Chunked(Bytes),
    /// A large body that is never held whole: `head`, then `fill` bytes of
    /// `x`, then `tail`, streamed from one shared buffer.
    Filler {
        /// What comes first.
        head: Bytes,
        /// How many filling bytes.
        fill: u64,
        /// What comes last.
        tail: Bytes,
        /// Sent with a length (`true`) or in chunks.
        length: bool,
    },
    /// Written by hand, framing and all: for requests that are broken on
    /// purpose. Only a raw connection carries it.
    Handwritten(Arc<Handwritten>),
}

impl Body {
    /// How many bytes of content.
    pub fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Bytes(b) | Self::Chunked(b) => b.len() as u64,
            Self::Filler { head, fill, tail, .. } => head.len() as u64 + fill + tail.len() as u64,
            Self::Handwritten(by_hand) => by_hand.content_len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, where they are held.
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Bytes(b) | Self::Chunked(b) => Some(b),
            Self::Handwritten(by_hand) => Some(&by_hand.content),
            Self::Empty | Self::Filler { .. } => None,
        }
    }
}

/// A response as it arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields.
    pub headers: Headers,
    /// The content, cut at the client's bound.
    pub body: Bytes,
    /// Whether content was cut.
    pub truncated: bool,
}

impl Response {
    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.headers.get("content-type")?;
        Some(value.split(';').next().unwrap_or(value).trim().to_ascii_lowercase())
    }

    /// The content as JSON, where it is JSON.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The delay of a `Retry-After` in whole seconds (RFC 9110 §10.2.3). The
    /// HTTP-date form gives `None` here: see [`Headers::get`].
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.headers.get("retry-after")?.trim().parse().ok()
    }
}

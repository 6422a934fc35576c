//! The search for the exact place of a limit.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};

use super::Call;
use crate::wire::{Body, Request};

/// A call that is sent again and again with another size each time, until it
/// is known up to which size it is accepted. Each sending has a correlation ID
/// of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The call.
    pub call: Call,
    /// What is turned.
    pub knob: Knob,
    /// A size that must pass.
    pub low: u64,
    /// The largest size that is tried.
    pub high: u64,
    /// The declared limit: the largest size that is accepted.
    pub declared: Option<u64>,
}

/// What is turned in a search.
#[derive(Clone, Debug, PartialEq)]
pub enum Knob {
    /// Bytes of content: `head`, filling bytes, `tail`.
    Body {
        /// What comes first.
        head: Bytes,
        /// The byte that fills.
        fill: u8,
        /// What comes last.
        tail: Bytes,
    },
    /// Elements of a list: the first so many of `items`.
    Items {
        /// What comes before the list's first element.
        head: Bytes,
        /// The elements, written.
        items: Arc<[Bytes]>,
        /// What stands between two elements.
        between: Bytes,
        /// What follows the last one.
        tail: Bytes,
    },
    /// Levels of nested lists: `head`, the lists, `tail`.
    Nesting {
        /// What comes first.
        head: Bytes,
        /// What comes last.
        tail: Bytes,
    },
    /// Bytes of all header fields: names, values, and four each for colon,
    /// space and line end.
    Headers,
}

/// What a client adds to the header fields of a request: `Host`, and the
/// content's length.
pub(crate) fn added(authority: &str, request: &Request) -> u64 {
    let length = request.body.len().to_string().len();
    ("Host".len() + authority.len() + 4 + "Content-Length".len() + length + 4) as u64
}

/// The field that fills the header section.
const PADDING: &str = "X-Padding";

impl Knob {
    /// What is measured, e.g. `body`; as `limits` names it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Body { .. } => "body",
            Self::Items { .. } => "items",
            Self::Nesting { .. } => "nesting",
            Self::Headers => "headers",
        }
    }

    /// The unit of its sizes.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::Body { .. } | Self::Headers => "bytes",
            Self::Items { .. } => "items",
            Self::Nesting { .. } => "levels",
        }
    }

    /// Gives a request this size.
    pub fn turn(&self, request: &mut Request, size: u64) {
        let wanted = usize::try_from(size).unwrap_or(usize::MAX);
        match self {
            Self::Body { head, fill, tail } => {
                let filling = wanted.saturating_sub(head.len() + tail.len());
                let mut content = BytesMut::with_capacity(wanted);
                content.put_slice(head);
                content.put_bytes(*fill, filling);
                content.put_slice(tail);
                request.body = Body::Bytes(content.freeze());
            }
            Self::Items { head, items, between, tail } => {
                let mut content = BytesMut::from(&head[..]);
                for (number, item) in items.iter().take(wanted).enumerate() {
                    if number > 0 {
                        content.put_slice(between);
                    }
                    content.put_slice(item);
                }
                content.put_slice(tail);
                request.body = Body::Bytes(content.freeze());
            }
            Self::Nesting { head, tail } => {
                // The object around them is a level as well.
                let lists = wanted.saturating_sub(1);
                let mut content = BytesMut::from(&head[..]);
                content.put_bytes(b'[', lists);
                content.put_bytes(b']', lists);
                content.put_slice(tail);
                request.body = Body::Bytes(content.freeze());
            }
            Self::Headers => {
                request.headers.remove(PADDING);
                let taken: usize = request.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
                let filling = wanted.saturating_sub(taken + PADDING.len() + 4);
                request.headers.set(PADDING, "x".repeat(filling));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::wire::Headers;

    #[test]
    fn a_request_gets_the_size_that_is_wanted() {
        let mut request =
            Request { method: Method::POST, target: "/".into(), headers: Headers::new(), body: Body::Empty };
        let piece = Bytes::from_static;
        Knob::Body { head: piece(b"{"), fill: b' ', tail: piece(b"}") }.turn(&mut request, 100);
        assert_eq!(request.body.len(), 100);
        let items: Arc<[Bytes]> = [piece(b"1"), piece(b"2"), piece(b"3")].into();
        Knob::Items { head: piece(b"["), items, between: piece(b","), tail: piece(b"]") }.turn(&mut request, 2);
        assert_eq!(request.body.bytes().unwrap(), &b"[1,2]"[..]);
        Knob::Nesting { head: piece(b""), tail: piece(b"") }.turn(&mut request, 4);
        assert_eq!(request.body.bytes().unwrap(), &b"[[[]]]"[..]);
        request.headers.set("A", "b");
        for _ in 0..2 {
            Knob::Headers.turn(&mut request, 64);
            let all: usize = request.headers.iter().map(|(n, v)| n.len() + v.len() + 4).sum();
            assert_eq!(all, 64);
        }
    }
}

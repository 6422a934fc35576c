//! A request's content as hyper sends it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{BufMut, Bytes, BytesMut};
use http::Method;
use http_body::{Body as HttpBody, Frame, SizeHint};

use crate::wire::Body;

/// The one buffer that all filling bytes come from.
static FILL: [u8; 64 * 1024] = [b'x'; 64 * 1024];

/// Content on its way out: at most three pieces, of which the middle one is
/// handed out over and over from the shared buffer.
#[derive(Clone, Debug)]
pub(in crate::traffic) struct Outgoing {
    head: Bytes,
    fill: u64,
    tail: Bytes,
    length: bool,
    /// Whether all is written, the end of its chunks too.
    ended: bool,
}

impl Outgoing {
    pub(in crate::traffic) fn of(body: &Body) -> Self {
        let (head, fill, tail, length) = match body {
            Body::Empty => (Bytes::new(), 0, Bytes::new(), true),
            Body::Bytes(bytes) => (bytes.clone(), 0, Bytes::new(), true),
            Body::Chunked(bytes) => (bytes.clone(), 0, Bytes::new(), false),
            Body::Filler { head, fill, tail, length } => (head.clone(), *fill, tail.clone(), *length),
            Body::Handwritten(by_hand) => (by_hand.content.clone(), 0, Bytes::new(), true),
        };
        Self { head, fill, tail, length, ended: false }
    }

    /// Writes as much of it as fits into a buffer of some size, framed.
    pub(in crate::traffic) fn pour(&mut self, out: &mut BytesMut, size: usize) {
        while !self.ended && out.len() < size {
            match self.next() {
                Some(piece) if self.length => out.put_slice(&piece),
                Some(piece) => {
                    out.put_slice(format!("{:x}\r\n", piece.len()).as_bytes());
                    out.put_slice(&piece);
                    out.put_slice(b"\r\n");
                }
                None => {
                    self.ended = true;
                    if !self.length {
                        out.put_slice(b"0\r\n\r\n");
                    }
                }
            }
        }
    }

    /// The header field that tells its length; `None` where it has none. A method
    /// that usually has content says that it has none (RFC 9110 §8.6).
    pub(in crate::traffic) fn framing(&self, method: &Method) -> Option<(&'static str, String)> {
        if !self.length {
            return Some(("Transfer-Encoding", "chunked".to_owned()));
        }
        let usual = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
        (usual || self.left() > 0).then(|| ("Content-Length", self.left().to_string()))
    }

    /// How much of it is left.
    pub(super) fn left(&self) -> u64 {
        self.head.len() as u64 + self.fill + self.tail.len() as u64
    }
}

impl Iterator for Outgoing {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if !self.head.is_empty() {
            return Some(std::mem::take(&mut self.head));
        }
        if self.fill > 0 {
            let piece = self.fill.min(FILL.len() as u64);
            self.fill -= piece;
            return Some(Bytes::from_static(&FILL[..piece as usize]));
        }
        (!self.tail.is_empty()).then(|| std::mem::take(&mut self.tail))
    }
}

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        // Chunked content without a byte still has its framing.
        self.length && self.left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        if self.length { SizeHint::with_exact(self.left()) } else { SizeHint::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filling_bytes_stand_between_head_and_tail() {
        let (head, tail) = (Bytes::from_static(b"[\""), Bytes::from_static(b"\"]"));
        let body = Body::Filler { head, fill: 200_000, tail, length: true };
        let sent: Vec<u8> = Outgoing::of(&body).flatten().collect();
        assert_eq!(sent.len() as u64, body.len());
        assert!(sent.starts_with(b"[\"xx") && sent.ends_with(b"xx\"]"));
    }

    #[test]
    fn content_is_poured_in_pieces_and_framed() {
        let poured = |body: &Body| {
            let (mut outgoing, mut all, mut piece) = (Outgoing::of(body), Vec::new(), BytesMut::new());
            loop {
                outgoing.pour(&mut piece, 1000);
                if piece.is_empty() {
                    return all;
                }
                assert!(piece.len() < 1000 + FILL.len() + 16);
                all.extend_from_slice(&piece.split());
            }
        };
        let (head, tail) = (Bytes::from_static(b"a"), Bytes::from_static(b"b"));
        let body = Body::Filler { head: head.clone(), fill: 70_000, tail: tail.clone(), length: true };
        let filled = poured(&body);
        assert!(filled.len() == 70_002 && filled.starts_with(b"ax") && filled.ends_with(b"xb"));
        let chunks = poured(&Body::Filler { head, fill: 2, tail, length: false });
        assert_eq!(chunks, b"1\r\na\r\n2\r\nxx\r\n1\r\nb\r\n0\r\n\r\n");
        assert_eq!(poured(&Body::Chunked(Bytes::new())), b"0\r\n\r\n");
        assert!(poured(&Body::Empty).is_empty());
    }
}

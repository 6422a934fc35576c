//! Requests written by hand, byte by byte: what no HTTP client would send.

use bytes::{BufMut, Bytes, BytesMut};

use super::{Body, Request};

/// How a request is written where that differs from what HTTP clients do.
/// Method, target and header fields are those of the [`Request`] it stands in.
#[derive(Clone, Debug, PartialEq)]
pub struct Handwritten {
    /// The version in the request line, `HTTP/1.1` by default.
    pub version: &'static str,
    /// How often `Host` is written.
    pub hosts: usize,
    /// Whether the target is written in absolute form (RFC 9112 §3.2.2).
    pub absolute: bool,
    /// Further lines of the header section, framing among them, without their
    /// line ends. Nothing is added: without a line for the length there is
    /// none.
    pub lines: Vec<Bytes>,
    /// What follows the header section.
    pub content: Bytes,
    /// What follows that, so many times: a large body that is not held.
    pub then: (Bytes, usize),
    /// Whether the sender says then that nothing follows, by closing its half
    /// of the connection.
    pub ends: bool,
}

impl Handwritten {
    /// This content, with its length in `Content-Length`.
    pub fn framed(content: Bytes) -> Self {
        let length = Bytes::from(format!("Content-Length: {}", content.len()));
        Self {
            version: "HTTP/1.1",
            hosts: 1,
            absolute: false,
            lines: vec![length],
            content,
            then: (Bytes::new(), 0),
            ends: false,
        }
    }

    /// How long what follows the header section is.
    pub fn content_len(&self) -> u64 {
        (self.content.len() + self.then.0.len() * self.then.1) as u64
    }
}

impl Request {
    /// The request as bytes of HTTP/1.1 for a server of this authority, and
    /// whether nothing follows them. Nothing is checked: values go out as they
    /// are.
    pub fn written(&self, authority: &str) -> (Bytes, bool) {
        let plain;
        let by_hand = if let Body::Handwritten(by_hand) = &self.body {
            &**by_hand
        } else {
            plain = self.framing();
            &plain
        };
        let mut out = BytesMut::new();
        out.put_slice(self.method.as_str().as_bytes());
        out.put_u8(b' ');
        if by_hand.absolute {
            out.put_slice(format!("http://{authority}").as_bytes());
        }
        out.put_slice(self.target.as_bytes());
        out.put_slice(format!(" {}\r\n", by_hand.version).as_bytes());
        for _ in 0..by_hand.hosts {
            out.put_slice(format!("Host: {authority}\r\n").as_bytes());
        }
        for (name, value) in self.headers.iter() {
            out.put_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        for line in &by_hand.lines {
            out.put_slice(line);
            out.put_slice(b"\r\n");
        }
        out.put_slice(b"\r\n");
        out.put_slice(&by_hand.content);
        for _ in 0..by_hand.then.1 {
            out.put_slice(&by_hand.then.0);
        }
        (out.freeze(), by_hand.ends)
    }

    /// How a client would frame the body.
    fn framing(&self) -> Handwritten {
        match &self.body {
            Body::Empty if matches!(self.method.as_str(), "POST" | "PUT" | "PATCH") => {
                Handwritten::framed(Bytes::new())
            }
            Body::Empty => Handwritten { lines: Vec::new(), ..Handwritten::framed(Bytes::new()) },
            Body::Chunked(bytes) => {
                let mut content = BytesMut::new();
                if !bytes.is_empty() {
                    content.put_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
                    content.put_slice(bytes);
                    content.put_slice(b"\r\n");
                }
                content.put_slice(b"0\r\n\r\n");
                let lines = vec![Bytes::from_static(b"Transfer-Encoding: chunked")];
                Handwritten { lines, ..Handwritten::framed(content.freeze()) }
            }
            Body::Bytes(bytes) => Handwritten::framed(bytes.clone()),
            Body::Handwritten(by_hand) => (**by_hand).clone(),
            Body::Filler { head, fill, tail, .. } => {
                let mut content = BytesMut::from(&head[..]);
                content.put_bytes(b'x', usize::try_from(*fill).unwrap_or(usize::MAX));
                content.put_slice(tail);
                Handwritten::framed(content.freeze())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Method;

    use super::*;
    use crate::wire::Headers;

    #[test]
    fn what_repeats_follows_the_content() {
        let then = (Bytes::from_static(b"ab"), 2);
        let body = Handwritten { then, ..Handwritten::framed(Bytes::from_static(b"c")) };
        assert_eq!(body.content_len(), 5);
        let (sent, _) = request(Body::Handwritten(Arc::new(body))).written("h:1");
        assert!(sent.ends_with(b"\r\n\r\ncabab"));
    }

    fn request(body: Body) -> Request {
        let headers = [("X-Id", "1")].into_iter().collect::<Headers>();
        Request { method: Method::POST, target: "/a?b=c".into(), headers, body }
    }

    fn text(request: &Request) -> String {
        String::from_utf8(request.written("h:1").0.to_vec()).unwrap()
    }

    #[test]
    fn a_plain_request_is_framed_as_a_client_would() {
        let sent = text(&request(Body::Bytes(Bytes::from_static(b"xyz"))));
        assert_eq!(sent, "POST /a?b=c HTTP/1.1\r\nHost: h:1\r\nX-Id: 1\r\nContent-Length: 3\r\n\r\nxyz");
        let chunked = text(&request(Body::Chunked(Bytes::from_static(b"xyz"))));
        assert!(chunked.ends_with("Transfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"), "{chunked}");
        assert!(text(&request(Body::Empty)).ends_with("Content-Length: 0\r\n\r\n"));
    }

    #[test]
    fn what_is_written_by_hand_goes_out_as_it_is() {
        let by_hand = Handwritten {
            version: "HTTP/1.0",
            hosts: 2,
            absolute: true,
            lines: vec![Bytes::from_static(b"Content-Length: -1")],
            content: Bytes::from_static(b"x"),
            then: (Bytes::new(), 0),
            ends: true,
        };
        let request = request(Body::Handwritten(Arc::new(by_hand)));
        let sent = "POST http://h:1/a?b=c HTTP/1.0\r\nHost: h:1\r\nHost: h:1\r\nX-Id: 1\r\nContent-Length: -1\r\n\r\nx";
        assert_eq!((text(&request).as_str(), request.written("h:1").1), (sent, true));
    }
}

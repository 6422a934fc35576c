//! Answers out of the bytes of a connection (RFC 9112).

use std::mem::MaybeUninit;
use std::time::Instant;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::wire::{Failure, FailureKind, Fields, Response};

/// The most that is kept of an answer's content.
pub(in crate::traffic) const ANSWER_BOUND: usize = 1 << 20;

/// The largest header section that is read.
pub(super) const LONGEST_HEAD: usize = 256 * 1024;

/// The most header fields that an answer may have.
const FIELDS: usize = 128;

/// How much is asked of the system at once.
const PIECE: usize = 8 * 1024;

/// An answer, before it is a plain value.
#[derive(Debug)]
pub(in crate::traffic) struct Answer {
    pub(in crate::traffic) status: u16,
    pub(in crate::traffic) fields: Fields,
    pub(in crate::traffic) headers_at: Instant,
    pub(in crate::traffic) body: Bytes,
    pub(in crate::traffic) truncated: bool,
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let Answer { status, fields, body, truncated, .. } = answer;
        Self { status, headers: (&fields).into(), body, truncated }
    }
}

/// How answers are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The answer has no content, whatever its header fields say (RFC 9112
    /// §6.3): it answers a HEAD.
    pub(super) without_content: bool,
    /// Header sections that are not quite right are read all the same.
    pub(super) tolerant: bool,
}

/// What came over a connection and was not read as an answer yet.
#[derive(Debug, Default)]
pub(super) struct Unread(BytesMut);

/// The head of an answer.
struct Head {
    status: u16,
    fields: Fields,
    framing: Framing,
    keeps: bool,
}

/// Where an answer's content ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    /// With the connection.
    End,
}

impl Unread {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What came besides.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next final answer, and whether the connection is kept.
    pub(super) async fn answer<R: AsyncRead + Unpin>(
        &mut self,
        from: &mut R,
        manner: Manner,
    ) -> Result<(Answer, bool), Failure> {
        let head = loop {
            let head = self.head(from, manner.tolerant).await?;
            if !(100..200).contains(&head.status) || head.status == 101 {
                break head;
            }
        };
        let headers_at = Instant::now();
        let Head { status, fields, framing, mut keeps } = head;
        let (body, truncated) = if manner.without_content || matches!(status, 204 | 304) {
            (Bytes::new(), false)
        } else {
            match framing {
                Framing::Length(length) => self.bytes(from, length).await?,
                Framing::Chunked => self.chunks(from).await?,
                Framing::End => {
                    keeps = false;
                    self.rest(from).await
                }
            }
        };
        Ok((Answer { status, fields, headers_at, body, truncated }, keeps && !truncated))
    }

    async fn head<R: AsyncRead + Unpin>(&mut self, from: &mut R, tolerant: bool) -> Result<Head, Failure> {
        loop {
            if !self.0.is_empty()
                && let Some(head) = self.parsed(tolerant)?
            {
                return Ok(head);
            }
            if self.0.len() > LONGEST_HEAD {
                return Err(no_http());
            }
            self.more(from).await?;
        }
    }

    /// The head, once it is there.
    fn parsed(&mut self, tolerant: bool) -> Result<Option<Head>, Failure> {
        let mut room = [const { MaybeUninit::uninit() }; FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let mut parser = httparse::ParserConfig::default();
        parser
            .allow_spaces_after_header_name_in_responses(tolerant)
            .allow_obsolete_multiline_headers_in_responses(tolerant)
            .ignore_invalid_headers_in_responses(tolerant);
        let length = match parser.parse_response_with_uninit_headers(&mut parsed, &self.0, &mut room) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(no_http()),
        };
        let (Some(status), Some(minor)) = (parsed.code, parsed.version) else { return Err(no_http()) };
        let framing = framing(parsed.headers)?;
        let keeps = keeps(parsed.headers, minor);
        let base = self.0.as_ptr() as usize;
        let place = |part: &[u8]| {
            let from = part.as_ptr() as usize - base;
            (from as u32, (from + part.len()) as u32)
        };
        let places = parsed.headers.iter().map(|field| (place(field.name.as_bytes()), place(field.value))).collect();
        let fields = Fields::new(self.0.split_to(length).freeze(), places);
        Ok(Some(Head { status, fields, framing, keeps }))
    }

    async fn bytes<R: AsyncRead + Unpin>(&mut self, from: &mut R, length: usize) -> Result<(Bytes, bool), Failure> {
        let wanted = length.min(ANSWER_BOUND);
        while self.0.len() < wanted {
            self.more(from).await?;
        }
        Ok((self.0.split_to(wanted).freeze(), wanted < length))
    }

    async fn rest<R: AsyncRead + Unpin>(&mut self, from: &mut R) -> (Bytes, bool) {
        while self.0.len() <= ANSWER_BOUND && self.more(from).await.is_ok() {}
        let truncated = self.0.len() > ANSWER_BOUND;
        let kept = self.0.len().min(ANSWER_BOUND);
        (self.0.split_to(kept).freeze(), truncated)
    }

    async fn chunks<R: AsyncRead + Unpin>(&mut self, from: &mut R) -> Result<(Bytes, bool), Failure> {
        let broken = || failed(FailureKind::Protocol, "the answer's chunks are broken");
        let mut content = BytesMut::new();
        loop {
            let line = self.line(from).await?;
            let size = std::str::from_utf8(&line).ok().and_then(|l| l.split(';').next());
            let size = size.and_then(|s| usize::from_str_radix(s.trim(), 16).ok()).ok_or_else(broken)?;
            if size == 0 {
                while !self.line(from).await?.is_empty() {}
                return Ok((content.freeze(), false));
            }
            let (piece, cut) = self.bytes(from, size).await?;
            content.extend_from_slice(&piece);
            if cut || content.len() > ANSWER_BOUND {
                content.truncate(ANSWER_BOUND);
                return Ok((content.freeze(), true));
            }
            if !self.line(from).await?.is_empty() {
                return Err(broken());
            }
        }
    }

    /// A line without its end.
    async fn line<R: AsyncRead + Unpin>(&mut self, from: &mut R) -> Result<Bytes, Failure> {
        loop {
            if let Some(end) = self.0.windows(2).position(|window| window == b"\r\n") {
                let line = self.0.split_to(end).freeze();
                self.0.advance(2);
                return Ok(line);
            }
            if self.0.len() > LONGEST_HEAD {
                return Err(failed(FailureKind::Protocol, "the answer's chunks are broken"));
            }
            self.more(from).await?;
        }
    }

    async fn more<R: AsyncRead + Unpin>(&mut self, from: &mut R) -> Result<(), Failure> {
        self.0.reserve(PIECE);
        match from.read_buf(&mut self.0).await {
            Ok(read) if read > 0 => Ok(()),
            _ => Err(failed(FailureKind::Reset, "the connection ended before the answer was complete")),
        }
    }
}

/// Which content follows the header fields (RFC 9112 §6.3).
fn framing(fields: &[httparse::Header<'_>]) -> Result<Framing, Failure> {
    let mut framing = Framing::End;
    for field in fields {
        if field.name.eq_ignore_ascii_case("transfer-encoding") {
            if contains(field.value, "chunked") {
                return Ok(Framing::Chunked);
            }
        } else if field.name.eq_ignore_ascii_case("content-length") {
            let length = std::str::from_utf8(field.value).ok().and_then(|value| value.trim().parse().ok());
            let length = Framing::Length(length.ok_or_else(no_http)?);
            if framing != Framing::End && framing != length {
                return Err(failed(FailureKind::Protocol, "the answer has two lengths"));
            }
            framing = length;
        }
    }
    Ok(framing)
}

fn keeps(fields: &[httparse::Header<'_>], minor: u8) -> bool {
    let says = |word| fields.iter().any(|f| f.name.eq_ignore_ascii_case("connection") && contains(f.value, word));
    if minor == 0 { says("keep-alive") } else { !says("close") }
}

fn contains(value: &[u8], word: &str) -> bool {
    value.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes()))
}

fn no_http() -> Failure {
    failed(FailureKind::Protocol, "what came is no HTTP")
}

pub(super) fn failed(kind: FailureKind, detail: &str) -> Failure {
    Failure { kind, detail: detail.to_owned() }
}

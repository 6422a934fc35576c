//! A raw connection: bytes out as they are, answers read tolerantly.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::ReadHalf;

use super::open::ANSWER_BOUND;
use crate::door::Stream;
use crate::wire::{Failure, FailureKind, Headers, Response};

/// How long an answer to a broken request may take, in real time. Servers may
/// wait for what never comes; nobody judges that.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest header section that is read.
const LONGEST_HEAD: usize = 256 * 1024;

/// An open connection that takes any bytes.
#[derive(Debug)]
pub(in crate::traffic) struct ByHand {
    stream: Stream,
    /// What came and was not read as an answer yet.
    unread: BytesMut,
    /// Whether another request may be sent.
    pub(in crate::traffic) open: bool,
}

/// The head of an answer.
struct Head {
    minor: u8,
    status: u16,
    headers: Headers,
}

impl ByHand {
    pub(in crate::traffic) fn over(stream: Stream) -> Self {
        Self { stream, unread: BytesMut::new(), open: true }
    }

    /// Writes a request and reads an answer. `without_content`: the answer has
    /// no content whatever its header fields say (RFC 9112 §6.3).
    pub(in crate::traffic) async fn call(
        &mut self,
        bytes: &Bytes,
        ends: bool,
        without_content: bool,
    ) -> Result<(Response, Instant), Failure> {
        let (mut reader, mut writer) = self.stream.split();
        let unread = &mut self.unread;
        let written = AtomicBool::new(false);
        let writing = async {
            // A server that refuses early stops reading; its answer counts.
            if writer.write_all(bytes).await.is_ok() {
                written.store(true, Ordering::Relaxed);
                if ends {
                    let _ = writer.shutdown().await;
                }
            }
            std::future::pending::<()>().await;
        };
        let reading = async {
            let mut from = Reader { reader: &mut reader, unread };
            from.answer(without_content).await
        };
        let answered = async {
            tokio::select! {
                answer = reading => answer,
                () = writing => Err(missing(FailureKind::Reset, "nothing was read")),
            }
        };
        let answer = tokio::time::timeout(PATIENCE, answered)
            .await
            .unwrap_or_else(|_| Err(missing(FailureKind::Timeout, "no answer within 10 s")));
        let keeps = answer.as_ref().is_ok_and(|(_, _, keeps)| *keeps);
        self.open = keeps && written.load(Ordering::Relaxed) && !ends && !self.is_closed();
        answer.map(|(response, at, _)| (response, at))
    }

    /// Whether the other side has closed, as far as is known yet.
    fn is_closed(&mut self) -> bool {
        let mut piece = [0; 512];
        match self.stream.try_read(&mut piece) {
            Ok(0) => true,
            Ok(more) => {
                self.unread.extend_from_slice(&piece[..more]);
                false
            }
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

struct Reader<'a, 'b> {
    reader: &'a mut ReadHalf<'b>,
    unread: &'a mut BytesMut,
}

impl Reader<'_, '_> {
    /// The next final answer, when its head was there, and whether the
    /// connection is kept.
    async fn answer(&mut self, without_content: bool) -> Result<(Response, Instant, bool), Failure> {
        let head = loop {
            let head = self.head().await?;
            if !(100..200).contains(&head.status) || head.status == 101 {
                break head;
            }
        };
        let at = Instant::now();
        let says = |word: &str| head.headers.get_all("connection").any(|v| v.to_ascii_lowercase().contains(word));
        let mut keeps = if head.minor == 0 { says("keep-alive") } else { !says("close") };
        let chunked = head.headers.get("transfer-encoding").is_some_and(|v| v.to_ascii_lowercase().contains("chunked"));
        let length = head.headers.get("content-length").and_then(|v| v.trim().parse::<usize>().ok());
        let (body, truncated) = if without_content || matches!(head.status, 204 | 304) {
            (Bytes::new(), false)
        } else if chunked {
            self.chunks().await?
        } else if let Some(length) = length {
            self.bytes(length).await?
        } else {
            keeps = false;
            self.rest().await
        };
        let response = Response { status: head.status, headers: head.headers, body, truncated };
        Ok((response, at, keeps && !truncated))
    }

    async fn head(&mut self) -> Result<Head, Failure> {
        loop {
            if let Some(end) = self.unread.windows(4).position(|window| window == b"\r\n\r\n") {
                let text = self.unread.split_to(end + 4);
                return head_of(&text);
            }
            let known = self.unread.len().min(5);
            if self.unread[..known] != b"HTTP/"[..known] || self.unread.len() > LONGEST_HEAD {
                return Err(missing(FailureKind::Protocol, "what came is no HTTP"));
            }
            if !self.more().await {
                return Err(missing(FailureKind::Reset, "the connection ended before the answer was complete"));
            }
        }
    }

    async fn bytes(&mut self, length: usize) -> Result<(Bytes, bool), Failure> {
        let wanted = length.min(ANSWER_BOUND);
        while self.unread.len() < wanted {
            if !self.more().await {
                return Err(missing(FailureKind::Reset, "the connection ended before the answer was complete"));
            }
        }
        Ok((self.unread.split_to(wanted).freeze(), wanted < length))
    }

    async fn rest(&mut self) -> (Bytes, bool) {
        while self.unread.len() <= ANSWER_BOUND && self.more().await {}
        let truncated = self.unread.len() > ANSWER_BOUND;
        let kept = self.unread.len().min(ANSWER_BOUND);
        (self.unread.split_to(kept).freeze(), truncated)
    }

    async fn chunks(&mut self) -> Result<(Bytes, bool), Failure> {
        let broken = || missing(FailureKind::Protocol, "the answer's chunks are broken");
        let mut content = BytesMut::new();
        loop {
            let line = self.line().await?;
            let size = std::str::from_utf8(&line).ok().and_then(|l| l.split(';').next());
            let size = size.and_then(|s| usize::from_str_radix(s.trim(), 16).ok()).ok_or_else(broken)?;
            if size == 0 {
                while !self.line().await?.is_empty() {}
                return Ok((content.freeze(), false));
            }
            let (piece, cut) = self.bytes(size).await?;
            content.extend_from_slice(&piece);
            if cut || content.len() > ANSWER_BOUND {
                content.truncate(ANSWER_BOUND);
                return Ok((content.freeze(), true));
            }
            if !self.line().await?.is_empty() {
                return Err(broken());
            }
        }
    }

    /// A line without its end.
    async fn line(&mut self) -> Result<Bytes, Failure> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|window| window == b"\r\n") {
                let line = self.unread.split_to(end).freeze();
                self.unread.advance(2);
                return Ok(line);
            }
            if self.unread.len() > LONGEST_HEAD || !self.more().await {
                return Err(missing(FailureKind::Reset, "the connection ended before the answer was complete"));
            }
        }
    }

    /// Reads on; whether there was more.
    async fn more(&mut self) -> bool {
        matches!(self.reader.read_buf(self.unread).await, Ok(read) if read > 0)
    }
}

fn head_of(text: &[u8]) -> Result<Head, Failure> {
    let broken = || missing(FailureKind::Protocol, "what came is no HTTP");
    let text = String::from_utf8_lossy(text);
    let mut lines = text.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ');
    let minor = match first.next() {
        Some("HTTP/1.1") => 1,
        Some("HTTP/1.0") => 0,
        _ => return Err(broken()),
    };
    let status = first.next().and_then(|s| s.parse().ok()).filter(|s| (100..1000).contains(s)).ok_or_else(broken)?;
    let headers = lines.filter_map(|line| line.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
    Ok(Head { minor, status, headers: headers.collect() })
}

fn missing(kind: FailureKind, detail: &str) -> Failure {
    Failure { kind, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A server that sends each piece when it has read something.
    async fn scripted(pieces: &'static [&'static [u8]]) -> ByHand {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            for piece in pieces {
                let mut read = [0; 1024];
                let _ = stream.read(&mut read).await;
                stream.write_all(piece).await.unwrap();
            }
        });
        ByHand::over(Stream::connect(address).await.unwrap())
    }

    fn sent() -> Bytes {
        Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n")
    }

    #[tokio::test]
    async fn answers_are_read_however_they_are_framed() {
        let mut by_hand = scripted(&[
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 No\r\nContent-Length: 2\r\nA: b\r\n\r\nno",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nye\r\n1;x\r\ns\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
            b"HTTP/1.1 404 No\r\n\r\nrest",
        ])
        .await;
        for (head, status, body, open) in
            [(false, 400, "no", true), (false, 200, "yes", true), (true, 200, "", true), (false, 404, "rest", false)]
        {
            let (response, _) = by_hand.call(&sent(), false, head).await.expect("answered");
            assert_eq!((response.status, &response.body[..]), (status, body.as_bytes()));
            assert_eq!(by_hand.open, open, "{status}");
        }
    }

    #[tokio::test]
    async fn a_surplus_answer_is_the_next_calls() {
        let two: &[&[u8]] =
            &[b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"];
        let mut by_hand = scripted(two).await;
        assert_eq!(by_hand.call(&sent(), false, false).await.expect("answered").0.status, 400);
        assert_eq!(by_hand.call(&sent(), false, false).await.expect("answered").0.status, 200);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_told_by_kind() {
        for (piece, kind) in [
            (&b""[..], FailureKind::Reset),
            (b"SSH-2.0", FailureKind::Protocol),
            (b"HTTP/1.1 2x0 OK\r\n\r\n", FailureKind::Protocol),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", FailureKind::Reset),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut read = [0; 64];
                let _ = stream.read(&mut read).await;
                let _ = stream.write_all(piece).await;
            });
            let mut by_hand = ByHand::over(Stream::connect(address).await.unwrap());
            let failure = by_hand.call(&sent(), false, false).await.expect_err("no answer");
            assert_eq!(failure.kind, kind);
            assert!(!by_hand.open);
        }
    }
}

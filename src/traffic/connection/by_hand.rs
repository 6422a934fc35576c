//! A raw connection: bytes out as they are, answers read tolerantly.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::io::AsyncWriteExt;

use super::answers::{Manner, Unread, failed};
use crate::door::Stream;
use crate::wire::{Failure, FailureKind, Response};

/// How long an answer to a broken request may take, in real time. Servers may
/// wait for what never comes; nobody judges that.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open connection that takes any bytes.
#[derive(Debug)]
pub(in crate::traffic) struct ByHand {
    stream: Stream,
    /// What came and was not read as an answer yet.
    unread: Unread,
    /// Whether another request may be sent.
    pub(in crate::traffic) open: bool,
}

impl ByHand {
    pub(in crate::traffic) fn over(stream: Stream) -> Self {
        Self { stream, unread: Unread::default(), open: true }
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
        let reading = unread.answer(&mut reader, Manner { without_content, tolerant: true });
        let answered = async {
            tokio::select! {
                answer = reading => answer,
                () = writing => Err(failed(FailureKind::Reset, "nothing was read")),
            }
        };
        let answer = tokio::time::timeout(PATIENCE, answered)
            .await
            .unwrap_or_else(|_| Err(failed(FailureKind::Timeout, "no answer within 10 s")));
        let keeps = answer.as_ref().is_ok_and(|(_, keeps)| *keeps);
        self.open = keeps && written.load(Ordering::Relaxed) && !ends && !self.is_closed();
        let (answer, _) = answer?;
        let at = answer.headers_at;
        Ok((answer.into(), at))
    }

    /// Whether the other side has closed, as far as is known yet.
    fn is_closed(&mut self) -> bool {
        let mut piece = [0; 512];
        match self.stream.try_read(&mut piece) {
            Ok(0) => true,
            Ok(more) => {
                self.unread.add(&piece[..more]);
                false
            }
            Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
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

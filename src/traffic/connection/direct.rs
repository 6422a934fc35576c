//! The connection of the load path: requests are written from bytes that were
//! made before, and answers are read where they lie.
//!
//! A request over hyper costs the generator about twice as much as its system
//! calls do; hyper serves where calls are few and odd.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::answers::{Answer, Manner, Unread};
use super::open::IDLE_BOUND;
use super::outgoing::Outgoing;
use crate::door::Connection;
use crate::wire::Failure;

/// How much is handed to the system at once.
const PIECE: usize = 64 * 1024;

/// A request as it goes out.
#[derive(Debug)]
pub(in crate::traffic) struct Draft {
    /// The request line and the header fields, each with its line end; the
    /// framing among them, the empty line not.
    pub(in crate::traffic) head: Vec<u8>,
    pub(in crate::traffic) content: Outgoing,
    /// Whether its answer has no content whatever it says: it is a HEAD.
    pub(in crate::traffic) is_head: bool,
}

/// An open connection.
#[derive(Debug)]
pub(super) struct Direct {
    stream: Connection,
    /// What is on its way out.
    out: BytesMut,
    unread: Unread,
    used: Instant,
    /// Whether the last call left it ready for another.
    free: bool,
}

impl Direct {
    pub(super) fn over(stream: Connection) -> Self {
        Self { stream, out: BytesMut::new(), unread: Unread::default(), used: Instant::now(), free: true }
    }

    /// Whether another call can go over it, as far as is known yet.
    pub(super) async fn is_usable(&mut self, now: Instant) -> bool {
        self.free
            && now.saturating_duration_since(self.used) <= IDLE_BOUND
            && self.unread.is_empty()
            && self.is_silent().await
    }

    /// Whether the last call is over and the connection is kept.
    pub(super) fn is_free(&self) -> bool {
        self.free
    }

    /// Nothing came that nobody asked for, the end least of all.
    async fn is_silent(&mut self) -> bool {
        poll_fn(|context| {
            let mut byte = [0];
            Poll::Ready(Pin::new(&mut self.stream).poll_read(context, &mut ReadBuf::new(&mut byte)).is_pending())
        })
        .await
    }

    /// Sends a request and waits for the whole answer, or for as much of it as
    /// is kept.
    pub(super) async fn call(&mut self, draft: Draft) -> Result<Answer, Failure> {
        let Draft { head, mut content, is_head } = draft;
        let manner = Manner { without_content: is_head, tolerant: false };
        self.free = false;
        self.out.clear();
        self.out.put_slice(&head);
        self.out.put_slice(b"\r\n");
        let (answer, sent) = if poll_fn(|context| Poll::Ready(self.sent(context, &mut content))).await {
            (self.unread.answer(&mut self.stream, manner).await, true)
        } else {
            Box::pin(self.slowly(&mut content, manner)).await
        };
        let (answer, keeps) = answer?;
        self.used = answer.headers_at;
        self.free = keeps && sent;
        Ok(answer)
    }

    /// Whether all could be handed to the system at once.
    fn sent(&mut self, context: &mut Context<'_>, content: &mut Outgoing) -> bool {
        loop {
            content.pour(&mut self.out, PIECE);
            if self.out.is_empty() {
                return true;
            }
            match Pin::new(&mut self.stream).poll_write(context, &self.out) {
                Poll::Ready(Ok(written)) if written > 0 => self.out.advance(written),
                _ => return false,
            }
        }
    }

    /// Writes on while it waits for the answer, which may come before all is
    /// written: a server that refuses a large body closes without reading it,
    /// and its answer counts.
    async fn slowly(&mut self, content: &mut Outgoing, manner: Manner) -> (Result<(Answer, bool), Failure>, bool) {
        let (mut reader, mut writer) = tokio::io::split(&mut self.stream);
        let (out, mut sent) = (&mut self.out, false);
        let writing = async {
            loop {
                content.pour(out, PIECE);
                if out.is_empty() {
                    sent = writer.flush().await.is_ok();
                    break;
                }
                match writer.write(out).await {
                    Ok(written) if written > 0 => out.advance(written),
                    _ => break,
                }
            }
            std::future::pending::<()>().await;
        };
        let answer = tokio::select! {
            answer = self.unread.answer(&mut reader, manner) => answer,
            () = writing => unreachable!("writing never ends by itself"),
        };
        (answer, sent)
    }
}

//! Writes that go out together.
//!
//! Each write to a socket wakes whoever reads it, and a peer that has nothing
//! else to do goes to sleep again at once: under load that costs more than
//! many policies. So while many calls are under way a small write waits until
//! every task that is ready has had its turn. Then what they all have to say is
//! written in one go, and the peers wake once. Where few calls are under way,
//! one would only wait for the other.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::door::Connection;

/// What is longer is a piece of a body, and does not wait.
const SMALL: usize = 16 * 1024;

/// From how many calls under way on writes wait for each other.
const MANY: usize = 12;

/// How many calls are under way. Clones count together.
#[derive(Clone, Debug, Default)]
pub(super) struct UnderWay(Arc<AtomicUsize>);

/// A call that is under way until this is dropped.
#[derive(Debug)]
pub(super) struct OnTheWay<'u>(&'u UnderWay);

impl UnderWay {
    /// One more.
    pub(super) fn one(&self) -> OnTheWay<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        OnTheWay(self)
    }

    fn are_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= MANY
    }
}

impl Drop for OnTheWay<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection whose small writes wait for the end of the turn while many
/// calls are under way.
#[derive(Debug)]
pub(super) struct Turn {
    connection: Connection,
    calls: UnderWay,
    has_waited: bool,
}

impl Turn {
    pub(super) fn new(connection: Connection, calls: &UnderWay) -> Self {
        Self { connection, calls: calls.clone(), has_waited: false }
    }

    /// Whether this write still has to wait; it is asked for again then.
    fn waits(&mut self, cx: &Context<'_>, bytes: usize) -> bool {
        self.has_waited = !self.has_waited && bytes <= SMALL && self.calls.are_many();
        if self.has_waited {
            // A task that wakes itself goes behind all others that are ready.
            cx.waker().wake_by_ref();
        }
        self.has_waited
    }
}

impl AsyncRead for Turn {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Turn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.waits(cx, bytes.len()) {
            return Poll::Pending;
        }
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.waits(cx, pieces.iter().map(|piece| piece.len()).sum()) {
            return Poll::Pending;
        }
        Pin::new(&mut self.connection).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.connection.is_write_vectored()
    }
}

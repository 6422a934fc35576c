//! A connection that goes on reading where the other side stopped reading.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;

use crate::door::Connection;

/// Swallows what can't be written any more. A server that refuses a large body
/// answers before it has read it and closes: the next write fails, and hyper
/// would take that for the end of the connection although the answer waits to
/// be read.
#[derive(Debug)]
pub(in crate::traffic) struct Stubborn {
    stream: TokioIo<Connection>,
    deaf: bool,
}

impl Stubborn {
    pub(in crate::traffic) fn new(stream: Connection) -> Self {
        Self { stream: TokioIo::new(stream), deaf: false }
    }

    fn written(&mut self, poll: Poll<io::Result<usize>>, length: usize) -> Poll<io::Result<usize>> {
        match poll {
            Poll::Ready(Err(error)) if is_gone(&error) => {
                self.deaf = true;
                Poll::Ready(Ok(length))
            }
            other => other,
        }
    }

    fn flushed(&mut self, poll: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        match poll {
            Poll::Ready(Err(error)) if is_gone(&error) => {
                self.deaf = true;
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

fn is_gone(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
}

impl Read for Stubborn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Stubborn {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.deaf {
            return Poll::Ready(Ok(bytes.len()));
        }
        let poll = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(poll, bytes.len())
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.deaf {
            return Poll::Ready(Ok(()));
        }
        let poll = Pin::new(&mut self.stream).poll_flush(context);
        self.flushed(poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.deaf {
            return Poll::Ready(Ok(()));
        }
        let poll = Pin::new(&mut self.stream).poll_shutdown(context);
        self.flushed(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        if self.deaf {
            return Poll::Ready(Ok(length));
        }
        let poll = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.written(poll, length)
    }
}

//! The body of an answer: whole, or as an injected fault has it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::Sleep;

use super::organization::Reset;

/// Into how many pieces a slow body falls.
const PIECES: u32 = 10;

/// The body of an answer.
#[derive(Debug)]
pub(super) struct AnswerBody {
    rest: Bytes,
    how: How,
}

#[derive(Debug)]
enum How {
    Whole,
    /// So many bytes, then the connection breaks; where `flushed` is not yet
    /// true, what was given must get out first.
    Half {
        left: usize,
        flushed: bool,
    },
    Slow {
        piece: usize,
        pause: Duration,
        sleep: Option<Pin<Box<Sleep>>>,
    },
}

impl AnswerBody {
    pub(super) fn whole(content: Bytes) -> Self {
        Self { rest: content, how: How::Whole }
    }

    /// Breaks off in the middle.
    pub(super) fn half(&mut self) {
        self.how = How::Half { left: self.rest.len() / 2, flushed: false };
    }

    /// Comes in pieces over a time.
    pub(super) fn slow(&mut self, over: Duration) {
        let piece = self.rest.len().div_ceil(PIECES as usize).max(1);
        self.how = How::Slow { piece, pause: over / PIECES, sleep: None };
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        let body = &mut *self;
        if body.rest.is_empty() {
            return Poll::Ready(None);
        }
        let size = match &mut body.how {
            How::Whole => body.rest.len(),
            How::Half { left: 0, flushed: true } => return Poll::Ready(Some(Err(Reset))),
            How::Half { left: 0, flushed } => {
                *flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            How::Half { left, .. } => std::mem::take(left),
            How::Slow { piece, pause, sleep } => {
                let sleeping = sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(*pause)));
                if sleeping.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                *sleep = None;
                (*piece).min(body.rest.len())
            }
        };
        Poll::Ready(Some(Ok(Frame::data(body.rest.split_to(size)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

//! The answer's body on its way to the client; writes the call's row when it
//! ends.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::RowLog;
use super::answer::AnswerBody;
use super::meter::Meter;
use crate::observe::GatewayRow;

/// The answer's body.
#[derive(Debug)]
pub(super) struct ClientBody {
    body: AnswerBody,
    row: Option<RowDraft>,
}

/// A row that lacks what is only known when the answer has ended.
#[derive(Debug)]
pub(super) struct RowDraft {
    pub(super) row: GatewayRow,
    pub(super) began: Instant,
    pub(super) rows: RowLog,
    /// Quotas that count the bytes.
    pub(super) meter: Option<Meter>,
}

impl ClientBody {
    pub(super) fn new(body: AnswerBody, draft: RowDraft) -> Self {
        let mut this = Self { body, row: Some(draft) };
        if this.is_end_stream() {
            this.write_row();
        }
        this
    }

    /// A body that no row speaks of.
    pub(super) fn unlogged(body: AnswerBody) -> Self {
        Self { body, row: None }
    }

    /// Writes the row before the last byte is handed over, so that whoever has
    /// the whole answer finds it in the log.
    fn write_row(&mut self) {
        if let Some(RowDraft { mut row, began, rows, meter }) = self.row.take() {
            row.total_time = began.elapsed().as_millis() as u64;
            if let Some(meter) = meter {
                meter.count(row.request_size + row.response_size);
            }
            rows.push(&row);
        }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = match &mut self.body {
            AnswerBody::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            AnswerBody::Backend(body) => Pin::new(body).poll_frame(cx),
        };
        if let (Poll::Ready(Some(Ok(frame))), Some(draft)) = (&polled, &mut self.row) {
            draft.row.response_size += frame.data_ref().map_or(0, |data| data.len() as u64);
        }
        if polled.is_ready() && self.is_end_stream() {
            self.write_row();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            AnswerBody::Bytes(bytes) => bytes.is_empty(),
            AnswerBody::Backend(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            AnswerBody::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            AnswerBody::Backend(body) => body.size_hint(),
        }
    }
}

impl Drop for ClientBody {
    /// A client that left in the middle has a row as well.
    fn drop(&mut self) {
        self.write_row();
    }
}

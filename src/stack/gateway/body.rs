//! The answer's body on its way to the client; writes the call's row when it
//! ends.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

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
    row: Option<Box<RowDraft>>,
}

/// A row that lacks what is only known when the answer has ended.
#[derive(Debug)]
pub(super) struct RowDraft {
    pub(super) row: GatewayRow,
    pub(super) began: Instant,
    /// Waiting for the client so far.
    pub(super) waited: Duration,
    /// When the client was handed what it has not yet taken.
    pub(super) handed: Option<Instant>,
    /// The bytes that quotas count: contents.
    pub(super) metered: u64,
    pub(super) rows: RowLog,
    /// Quotas that count the bytes.
    pub(super) meter: Option<Meter>,
}

impl RowDraft {
    /// The client asks for more: it has taken what it was handed.
    fn taken(&mut self) {
        if let Some(handed) = self.handed.take() {
            self.waited += handed.elapsed();
        }
    }

    /// The client is handed some bytes, and perhaps not the last ones.
    fn hand(&mut self, bytes: u64, is_last: bool) {
        self.row.response_size += bytes;
        self.metered += bytes;
        self.handed = (!is_last).then(Instant::now);
    }
}

impl ClientBody {
    pub(super) fn new(body: AnswerBody, draft: Box<RowDraft>) -> Self {
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
        if let Some(mut draft) = self.row.take() {
            draft.taken();
            draft.row.client_time = draft.waited.as_millis() as u64;
            draft.row.total_time = draft.began.elapsed().as_millis() as u64;
            if let Some(meter) = draft.meter {
                meter.count(draft.metered);
            }
            draft.rows.push(&draft.row);
        }
    }
}

impl Body for ClientBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(draft) = &mut self.row {
            draft.taken();
        }
        let polled = match &mut self.body {
            AnswerBody::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            AnswerBody::Backend(body) => Pin::new(body).poll_frame(cx),
        };
        let is_last = polled.is_ready() && self.is_end_stream();
        if let (Poll::Ready(Some(Ok(frame))), Some(draft)) = (&polled, &mut self.row) {
            draft.hand(frame.data_ref().map_or(0, |data| data.len() as u64), is_last);
        }
        if is_last {
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

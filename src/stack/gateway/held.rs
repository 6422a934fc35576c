//! Bodies of a call that are held in memory, because a policy reads them.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use super::answer::{Answer, AnswerBody};
use super::call::Call;
use super::request_body::RequestBody;
use super::value::Side;

/// The largest body that a policy may read, as the platform has it.
const MAX_HELD: usize = 2 * 1024 * 1024;

impl Call {
    /// Has the bodies that exist in memory, so that expressions can read them.
    pub(super) async fn hold_bodies(&mut self) -> Result<(), String> {
        self.hold_request().await.map_err(|e| e.to_string())?;
        if let Some(Answer { body: body @ AnswerBody::Backend(_), .. }) = &mut self.response
            && let AnswerBody::Backend(backend) = std::mem::replace(body, AnswerBody::Bytes(Bytes::new()))
        {
            *body = AnswerBody::Bytes(collect(backend).await.map_err(|e| e.to_string())?);
        }
        Ok(())
    }

    /// Has the response's body in memory, unless it is larger than a policy may
    /// read.
    pub(super) async fn hold_response_if_small(&mut self) {
        if let Some(Answer { body: body @ AnswerBody::Backend(_), .. }) = &mut self.response
            && let AnswerBody::Backend(backend) = std::mem::replace(body, AnswerBody::Bytes(Bytes::new()))
        {
            *body = backend.hold(MAX_HELD).await.map_or_else(AnswerBody::Backend, AnswerBody::Bytes);
        }
    }

    /// Has the request's body in memory.
    pub(super) async fn hold_request(&mut self) -> Result<(), BodyFault> {
        if let RequestBody::Stream(_) = &self.body
            && let RequestBody::Stream(incoming) = self.body.take()
        {
            let began = Instant::now();
            let content = collect(incoming).await;
            self.client_time += began.elapsed();
            let content = content?;
            self.content_size = content.len() as u64;
            self.body = RequestBody::Bytes(content);
        }
        Ok(())
    }

    /// A body as text. Unless it is preserved it is consumed: who reads it next
    /// finds nothing, the backend included.
    pub(super) fn read_body(&mut self, side: Side, preserve: bool) -> Result<String, String> {
        self.body_bytes(side, preserve).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A body as it is, like [`Call::read_body`].
    pub(super) fn body_bytes(&mut self, side: Side, preserve: bool) -> Result<Bytes, String> {
        let bytes = match side {
            Side::Request => match &self.body {
                RequestBody::Bytes(bytes) => bytes.clone(),
                RequestBody::None => return Err("the body was read before, without preserveContent".into()),
                RequestBody::Stream(_) | RequestBody::Gated(..) => return Err("the body is not in memory".into()),
            },
            Side::Response => match self.response.as_ref().map(|r| &r.body) {
                Some(AnswerBody::Bytes(bytes)) => bytes.clone(),
                _ => return Err("the body is not in memory".into()),
            },
        };
        if !preserve {
            match (side, &mut self.response) {
                (Side::Request, _) => self.body = RequestBody::None,
                (Side::Response, Some(answer)) => answer.body = AnswerBody::Bytes(Bytes::new()),
                _ => {}
            }
        }
        Ok(bytes)
    }
}

/// Why a body can't be had in memory.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the body broke off: {0}")]
    BrokenOff(hyper::Error),
    #[error("the body is larger than {MAX_HELD} bytes, more than a policy may read")]
    TooLarge,
}

/// A body, read to its end.
pub(super) async fn collect<B>(mut body: B) -> Result<Bytes, BodyFault>
where
    B: http_body::Body<Data = Bytes, Error = hyper::Error> + Unpin,
{
    let mut held = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(BodyFault::BrokenOff)?;
        if let Some(data) = frame.data_ref() {
            if held.len() + data.len() > MAX_HELD {
                return Err(BodyFault::TooLarge);
            }
            held.extend_from_slice(data);
        }
    }
    Ok(held.freeze())
}

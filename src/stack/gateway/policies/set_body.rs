//! `set-body`.

use bytes::Bytes;
use http::header;

use crate::policy::{Section, SetBody};
use crate::stack::gateway::answer::AnswerBody;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::request_body::RequestBody;

/// Sets the request's body before the backend was called, the response's
/// after.
pub(in crate::stack::gateway) fn set_body(call: &mut Call, policy: &SetBody, section: Section) -> Result<(), Raised> {
    let body = answer_body(call, policy)?;
    let on_response = matches!(section, Section::Outbound | Section::OnError);
    match (&mut call.response, body) {
        (Some(answer), body) if on_response || section == Section::Backend => {
            answer.headers.remove(header::CONTENT_ENCODING);
            answer.body = body;
        }
        (None, AnswerBody::Bytes(bytes)) if !on_response => call.body = RequestBody::Bytes(bytes),
        _ => {}
    }
    Ok(())
}

/// The text as a body.
pub(super) fn answer_body(call: &mut Call, policy: &SetBody) -> Result<AnswerBody, Raised> {
    let text = call.text_or_empty(&policy.text)?;
    Ok(AnswerBody::Bytes(Bytes::copy_from_slice(text.as_bytes())))
}

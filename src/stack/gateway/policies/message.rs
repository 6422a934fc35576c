//! The message that a policy acts on: the request before the backend
//! answered, the response after.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::policy::Section;
use crate::stack::gateway::answer::AnswerBody;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::request_body::RequestBody;
use crate::stack::gateway::value::Side;

/// Which message it is in a section.
pub(super) fn side(call: &Call, section: Section) -> Side {
    match section {
        Section::Inbound => Side::Request,
        Section::Backend if call.response.is_none() => Side::Request,
        Section::Backend | Section::Outbound | Section::OnError => Side::Response,
    }
}

/// The body's text, which stays where it is; `None` where there is no body.
pub(super) fn text(call: &mut Call, side: Side) -> Result<Option<String>, Raised> {
    let absent = match side {
        Side::Request => call.body.is_none(),
        Side::Response => call.response.is_none(),
    };
    if absent {
        return Ok(None);
    }
    call.read_body(side, true).map(Some).map_err(failed)
}

/// Puts another body in place.
pub(super) fn set_text(call: &mut Call, side: Side, text: &str) {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    match (side, &mut call.response) {
        (Side::Request, _) => call.body = RequestBody::Bytes(bytes),
        (Side::Response, Some(answer)) => {
            answer.headers.remove(header::CONTENT_ENCODING);
            answer.body = AnswerBody::Bytes(bytes);
        }
        (Side::Response, None) => {}
    }
}

/// Its media type, with parameters; empty where it names none.
pub(super) fn media_type(headers: Option<&HeaderMap>) -> String {
    let value = headers.and_then(|h| h.get(header::CONTENT_TYPE));
    value.map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).unwrap_or_default()
}

/// Names another media type.
pub(super) fn set_media_type(call: &mut Call, side: Side, media_type: &'static str) {
    let headers = match (side, &mut call.response) {
        (Side::Request, _) => &mut call.request_headers,
        (Side::Response, Some(answer)) => &mut answer.headers,
        (Side::Response, None) => return,
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
}

/// A policy that could not do what it should.
pub(super) fn failed(message: impl Into<String>) -> Raised {
    Raised::internal("", "ExpressionValueEvaluationFailure", message)
}

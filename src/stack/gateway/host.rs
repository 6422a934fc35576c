//! Requests that name no host, or two.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, Version, header};

use super::answer::AnswerBody;
use super::body::ClientBody;

/// The answer to a request of HTTP/1.1 without exactly one `Host`: 400, and
/// the connection's end (RFC 9112 §3.2). The platform's front end gives it
/// before any policy runs, so it has no shape of the API's own and no row.
pub(super) fn refusal(parts: &Parts) -> Option<Response<ClientBody>> {
    let hosts = parts.headers.get_all(header::HOST).iter().count();
    if hosts == 1 || (hosts == 0 && parts.version != Version::HTTP_11) {
        return None;
    }
    let body = AnswerBody::Bytes(Bytes::from_static(b"<h2>Bad Request - Invalid Hostname</h2>"));
    let mut answer = Response::new(ClientBody::unlogged(body));
    *answer.status_mut() = StatusCode::BAD_REQUEST;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    Some(answer)
}

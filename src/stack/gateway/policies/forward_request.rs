//! `forward-request`.

use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header};

use crate::policy::ForwardRequest;
use crate::stack::gateway::answer::{Answer, AnswerBody};
use crate::stack::gateway::backend::Backend;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::finish::strip_hop_by_hop;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::request_body::RequestBody;
use crate::stack::gateway::server::Shared;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const SOURCE: &str = "forward-request";

/// Calls the backend and takes its answer's header fields; the body follows as
/// the client reads it.
pub(in crate::stack::gateway) async fn forward_request(
    _shared: &Shared,
    call: &mut Call,
    policy: &ForwardRequest,
) -> Result<(), Raised> {
    let Some(backend) = call.backend.clone() else {
        return Err(Raised::internal(SOURCE, "BackendConnectionFailure", "The API has no backend."));
    };
    let amount = u64::try_from(call.number(&policy.timeout_ms)?).unwrap_or(0);
    let timeout = if policy.in_seconds { Duration::from_secs(amount) } else { Duration::from_millis(amount) };
    let request = request(call, &backend)?;
    let began = Instant::now();
    let answered = tokio::time::timeout(timeout, backend.send(request)).await;
    call.sent.time = began.elapsed();
    let response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(error)) if error.is_of_the_client() => {
            return Err(Raised::client_gone(SOURCE, error.to_string()));
        }
        Ok(Err(error)) => return Err(Raised::internal(SOURCE, "BackendConnectionFailure", error.to_string())),
        Err(_) => {
            let message = format!("The backend did not answer within {} s.", timeout.as_secs_f64());
            return Err(Raised::internal(SOURCE, "Timeout", message));
        }
    };
    let (parts, body) = response.into_parts();
    call.sent.status = parts.status.as_u16();
    let mut headers = parts.headers;
    strip_hop_by_hop(&mut headers);
    call.response = Some(Answer { status: parts.status, reason: None, headers, body: AnswerBody::Backend(body) });
    if call.sent.status >= 400 && call.flag(&policy.fail_on_error)? {
        let message = format!("The backend answered {}.", call.sent.status);
        return Err(Raised::internal(SOURCE, "BackendStatusCode", message));
    }
    Ok(())
}

/// The request as the backend gets it. The call keeps its own header fields:
/// later policies read them.
fn request(call: &mut Call, backend: &Backend) -> Result<Request<RequestBody>, Raised> {
    let path = if call.path.is_empty() { "/" } else { &call.path };
    let target = if call.query.is_empty() { path.to_owned() } else { format!("{path}?{}", call.query) };
    call.sent.method = call.method.to_string();
    call.sent.url = format!("{}{target}", backend.origin);
    let target = PathAndQuery::try_from(target)
        .map_err(|e| Raised::internal(SOURCE, "ExpressionValueEvaluationFailure", format!("the URL is none: {e}")))?;
    let mut request = Request::new(call.body.take());
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = headers(call, backend);
    Ok(request)
}

fn headers(call: &Call, backend: &Backend) -> HeaderMap {
    let mut headers = call.request_headers.clone();
    strip_hop_by_hop(&mut headers);
    // Nobody has to ask whether the body is wanted: it is.
    headers.remove(header::EXPECT);
    headers.insert(header::HOST, backend.authority.clone());
    let mut path: Vec<String> =
        headers.get_all(&FORWARDED_FOR).iter().map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned()).collect();
    path.push(call.peer.to_string());
    if let Ok(path) = HeaderValue::try_from(path.join(", ")) {
        headers.insert(FORWARDED_FOR, path);
    }
    headers
}

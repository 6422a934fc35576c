//! `forward-request`.

use std::fmt::Write as _;
use std::pin::Pin;
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};

use crate::limit::Outcome;
use crate::policy::ForwardRequest;
use crate::stack::gateway::answer::{Answer, AnswerBody};
use crate::stack::gateway::backend::SendError;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::finish::strip_hop_by_hop;
use crate::stack::gateway::gate::Gate;
use crate::stack::gateway::held::BodyFault;
use crate::stack::gateway::hosts::Destination;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::redirect::Redirect;
use crate::stack::gateway::request_body::RequestBody;
use crate::stack::gateway::server::Shared;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

const SOURCE: &str = "forward-request";

/// A request on its way, until its answer begins. Boxed: it is handed on more
/// than once.
type Sending<'s> = Pin<Box<dyn Future<Output = Result<Response<AnswerBody>, SendError>> + Send + 's>>;

/// Calls the backend and takes its answer's header fields; the body follows as
/// the client reads it.
pub(in crate::stack::gateway) async fn forward_request(
    shared: &Shared,
    call: &mut Call,
    policy: &ForwardRequest,
) -> Result<(), Raised> {
    // Of an attempt that fails, nothing of the one before is left.
    call.response = None;
    let Some(backend) = call.backend.clone() else {
        return Err(Raised::internal(SOURCE, "BackendConnectionFailure", "The API has no backend."));
    };
    match backend.now(call.clock.now()) {
        Ok(destination) => ask(shared, call, policy, &destination).await?,
        Err(reason) => call.response = Some(unavailable(&reason)),
    }
    let status = call.response.as_ref().map_or(0, |r| r.status.as_u16());
    if status >= 400 && call.flag(&policy.fail_on_error)? {
        let message = format!("The backend answered {status}.");
        return Err(Raised::internal(SOURCE, "BackendStatusCode", message));
    }
    Ok(())
}

/// The answer where the circuits of all who could be asked are broken. The
/// reason phrase is what documents look at; the body is not known.
fn unavailable(reason: &str) -> Answer {
    let mut answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE);
    answer.reason = Some(reason.into());
    answer
}

async fn ask(
    shared: &Shared,
    call: &mut Call,
    policy: &ForwardRequest,
    destination: &Destination,
) -> Result<(), Raised> {
    let amount = u64::try_from(call.number(&policy.timeout_ms)?).unwrap_or(0);
    let timeout = if policy.in_seconds { Duration::from_secs(amount) } else { Duration::from_millis(amount) };
    let timeout = shared.patience.of_backend(call.api.as_ref().map(|api| api.id.as_str()), timeout, &call.clock);
    let redirects = call.flag(&policy.follow_redirects)?;
    let body = body(call, policy).await?;
    let mut request = request(call, destination, body)?;
    let patience = policy.continue_timeout.as_ref().map(|t| call.number(t)).transpose()?;
    let gate = patience.and_then(|seconds| Some((Gate::before(&mut request)?, seconds)));
    let began = Instant::now();
    let sending: Sending<'_> = if redirects {
        Box::pin(Redirect::following(&shared.hosts, destination, request))
    } else {
        Box::pin(destination.send(request))
    };
    let answered = match gate {
        Some(gate) => tokio::time::timeout(timeout, Box::pin(wanted(sending, gate))).await,
        None => tokio::time::timeout(timeout, sending).await,
    };
    call.sent.time = began.elapsed();
    let answered = answered.unwrap_or(Err(SendError::Timeout(timeout)));
    if destination.circuit.is_some() {
        destination.learn(call.clock.now(), outcome(&answered));
    }
    take(call, answered.map_err(|error| raised(SOURCE, &error))?);
    Ok(())
}

/// What the backend's circuit learns.
fn outcome(answered: &Result<Response<AnswerBody>, SendError>) -> Outcome {
    let Ok(response) = answered else { return Outcome::Silent };
    let seconds = response.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
    Outcome::Answered(response.status().as_u16(), seconds.map(Duration::from_secs))
}

/// Sends a request that asks first whether its body is wanted, not longer than
/// the backend has time to say so.
async fn wanted(mut sending: Sending<'_>, (gate, seconds): (Gate, i64)) -> Result<Response<AnswerBody>, SendError> {
    let patience = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    let said = async {
        tokio::select! {
            answered = &mut sending => Some(answered),
            () = gate.opened() => None,
        }
    };
    let answered = match tokio::time::timeout(patience, said).await {
        Ok(Some(answered)) => answered,
        Ok(None) => sending.await,
        Err(_) => Err(SendError::Timeout(patience)),
    };
    // Who answers without a word of it gets the rest, so that the connection
    // can be used again.
    gate.open();
    answered
}

/// The error that a policy raises where nobody answered.
pub(super) fn raised(source: &'static str, error: &SendError) -> Raised {
    if error.is_of_the_client() {
        return Raised::client_gone(source, error.to_string());
    }
    let reason = match error {
        SendError::Timeout(_) => "Timeout",
        _ => "BackendConnectionFailure",
    };
    Raised::internal(source, reason, error.to_string())
}

/// The body that is sent: the call keeps one that may be sent again.
async fn body(call: &mut Call, policy: &ForwardRequest) -> Result<RequestBody, Raised> {
    if !call.flag(&policy.buffer_request_body)? {
        return Ok(call.body.take());
    }
    call.hold_request().await.map_err(|fault| not_held(SOURCE, &fault))?;
    Ok(call.body.again())
}

/// The error that a policy raises where the request's body can't be kept.
pub(super) fn not_held(source: &'static str, fault: &BodyFault) -> Raised {
    match fault {
        BodyFault::BrokenOff(_) => Raised::client_gone(source, fault.to_string()),
        BodyFault::TooLarge => Raised::internal(source, "BackendConnectionFailure", fault.to_string()),
    }
}

fn take(call: &mut Call, response: Response<AnswerBody>) {
    let (parts, body) = response.into_parts();
    (call.sent.status, call.sent.version) = (parts.status.as_u16(), Some(parts.version));
    let mut headers = parts.headers;
    strip_hop_by_hop(&mut headers);
    call.response = Some(Answer { status: parts.status, reason: None, headers, body });
}

/// The request as the backend gets it. The call keeps its own header fields:
/// later policies read them.
fn request(call: &mut Call, destination: &Destination, body: RequestBody) -> Result<Request<RequestBody>, Raised> {
    let (base, path) = (&destination.base_path, &call.path);
    let mut target = if base.is_empty() && path.is_empty() { "/".to_owned() } else { format!("{base}{path}") };
    if !call.query.is_empty() {
        target.push('?');
        target.push_str(&call.query);
    }
    call.sent.method = call.method.to_string();
    call.sent.url = format!("{}{target}", destination.shown);
    let target = PathAndQuery::try_from(target)
        .map_err(|e| Raised::internal(SOURCE, "ExpressionValueEvaluationFailure", format!("the URL is none: {e}")))?;
    let mut request = Request::new(body);
    *request.method_mut() = call.method.clone();
    *request.uri_mut() = Uri::from(target);
    *request.headers_mut() = headers(call, destination);
    Ok(request)
}

fn headers(call: &Call, destination: &Destination) -> HeaderMap {
    let mut headers = call.request_headers.clone();
    strip_hop_by_hop(&mut headers);
    // Nobody has to ask whether the body is wanted: it is.
    headers.remove(header::EXPECT);
    headers.insert(header::HOST, destination.authority());
    let mut path = String::new();
    for before in headers.get_all(&FORWARDED_FOR) {
        path.push_str(&String::from_utf8_lossy(before.as_bytes()));
        path.push_str(", ");
    }
    // Writing to a string does not fail.
    let _ = write!(path, "{}", call.peer);
    if let Ok(path) = HeaderValue::try_from(path) {
        headers.insert(FORWARDED_FOR, path);
    }
    headers
}

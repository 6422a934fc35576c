//! `send-request` and `send-one-way-request`.

use std::time::Duration;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Uri, header};
use url::Url;

use super::{authentication_basic, forward_request, managed_identity, set_body, set_header, set_method};
use crate::door::Origin;
use crate::policy::{Action, SendRequest};
use crate::stack::gateway::answer::AnswerBody;
use crate::stack::gateway::backend::SendError;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::finish::strip_hop_by_hop;
use crate::stack::gateway::held::collect;
use crate::stack::gateway::hosts::Destination;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::received::Received;
use crate::stack::gateway::request_body::RequestBody;
use crate::stack::gateway::server::Shared;
use crate::stack::gateway::value::{Address, Value};

const SOURCE: &str = "send-request";

/// Sends a request and keeps the response in a variable.
pub(in crate::stack::gateway) async fn send_request(
    shared: &Shared,
    call: &mut Call,
    policy: &SendRequest,
) -> Result<(), Raised> {
    let ready = prepare(shared, call, policy).await?;
    let value = match ready.send().await {
        Ok(received) => Value::Response(received.into()),
        Err(_) if call.flag(&policy.ignore_error)? => Value::Null,
        Err(error) => return Err(forward_request::raised(SOURCE, &error)),
    };
    if let Some(variable) = &policy.response_variable {
        call.set_variable(variable, value);
    }
    Ok(())
}

/// Sends a request and goes on at once.
pub(in crate::stack::gateway) async fn send_one_way_request(
    shared: &Shared,
    call: &mut Call,
    policy: &SendRequest,
) -> Result<(), Raised> {
    let ready = prepare(shared, call, policy).await?;
    shared.background.spawn(async move {
        // Whether it arrived, nobody asks.
        let _ = ready.send().await;
    });
    Ok(())
}

/// A request that is complete.
struct Ready {
    destination: Destination,
    request: Request<RequestBody>,
    timeout: Duration,
}

impl Ready {
    async fn send(self) -> Result<Received, SendError> {
        let answered = async {
            let (parts, body) = self.destination.send(self.request).await?.into_parts();
            let body = match body {
                AnswerBody::Bytes(bytes) => bytes,
                AnswerBody::Backend(body) => collect(body).await.map_err(SendError::Body)?,
            };
            let mut headers = parts.headers;
            strip_hop_by_hop(&mut headers);
            Ok(Received::new(parts.status, None, headers, body))
        };
        let answered = tokio::time::timeout(self.timeout, answered).await;
        answered.unwrap_or(Err(SendError::Timeout(self.timeout)))
    }
}

/// What a request begins as.
struct Draft {
    method: Method,
    headers: HeaderMap,
    body: RequestBody,
}

impl Draft {
    fn copied(call: &Call) -> Self {
        let mut headers = call.request_headers.clone();
        strip_hop_by_hop(&mut headers);
        headers.remove(header::HOST);
        headers.remove(header::EXPECT);
        Self { method: call.method.clone(), headers, body: call.body.again() }
    }

    fn new() -> Self {
        Self { method: Method::GET, headers: HeaderMap::new(), body: RequestBody::None }
    }
}

async fn prepare(shared: &Shared, call: &mut Call, policy: &SendRequest) -> Result<Ready, Raised> {
    let mut draft = if policy.copies {
        let held = call.hold_request().await;
        held.map_err(|fault| forward_request::not_held(SOURCE, &fault))?;
        Draft::copied(call)
    } else {
        Draft::new()
    };
    let url = match &policy.url {
        Some(url) => call.text_or_empty(url)?.trim().to_owned(),
        None => copied_url(call),
    };
    for part in &policy.parts {
        apply(shared, call, &mut draft, part).await?;
    }
    let seconds = u64::try_from(call.number(&policy.timeout)?).unwrap_or(0);
    let (destination, target) = address(shared, &url)?;
    let mut request = Request::new(draft.body);
    *request.method_mut() = draft.method;
    *request.uri_mut() = target;
    *request.headers_mut() = draft.headers;
    if !request.headers().contains_key(header::HOST) {
        request.headers_mut().insert(header::HOST, destination.authority());
    }
    Ok(Ready { destination, request, timeout: Duration::from_secs(seconds) })
}

async fn apply(shared: &Shared, call: &mut Call, draft: &mut Draft, part: &Action) -> Result<(), Raised> {
    match part {
        Action::SetMethod(policy) => draft.method = set_method::method(call, policy)?,
        Action::SetHeader(policy) => set_header::apply(call, &mut draft.headers, policy)?,
        Action::SetBody(policy) => {
            if let AnswerBody::Bytes(bytes) = set_body::answer_body(call, policy)? {
                draft.body = RequestBody::Bytes(bytes);
            }
        }
        Action::AuthenticationBasic(policy) => {
            draft.headers.insert(header::AUTHORIZATION, authentication_basic::value(call, policy)?);
        }
        Action::ManagedIdentity(policy) => {
            let value = managed_identity::value(shared, call, policy).await?;
            draft.headers.extend(value.map(|value| (header::AUTHORIZATION, value)));
        }
        // No certificate is presented to what is mapped.
        _ => {}
    }
    Ok(())
}

/// The URL that the call itself would be sent to.
fn copied_url(call: &Call) -> String {
    let (path, query) = call.path_and_query(Address::Backend);
    let mark = if query.is_empty() { "" } else { "?" };
    let (scheme, host, port) = call.origin(Address::Original);
    match call.backend.as_ref().and_then(|backend| backend.now(call.clock.now()).ok()) {
        Some(backend) => format!("{}{}{path}{mark}{query}", backend.shown, backend.base_path),
        None => format!("{scheme}://{host}:{port}{path}{mark}{query}"),
    }
}

fn address(shared: &Shared, url: &str) -> Result<(Destination, Uri), Raised> {
    let none = || {
        let message = format!("Expression evaluation failed. '{url}' is no URL that can be called.");
        Raised::internal(SOURCE, "ExpressionValueEvaluationFailure", message)
    };
    let parsed = Url::parse(url).map_err(|_| none())?;
    let shown = Origin::parse(parsed.as_str()).ok_or_else(none)?;
    let query = parsed.query().map(|q| format!("?{q}")).unwrap_or_default();
    let target = PathAndQuery::try_from(format!("{}{query}", parsed.path())).map_err(|_| none())?;
    let destination = Destination::new(shown, shared.hosts.reach(&parsed));
    Ok((destination, Uri::from(target)))
}

//! Members of `context` and its parts.

use std::sync::Arc;

use http::HeaderMap;

use super::super::call::Call;
use super::super::received::Received;
use super::super::value::{Address, Side, Value};
use super::Fault;
use crate::observe::LastError;
use crate::policy::expression::Op;

/// The member, if it is one of the context's.
pub(super) fn member(op: Op, operands: &[Value], call: &Call) -> Option<Result<Value, Fault>> {
    if let Some(Value::Response(received)) = operands.first() {
        return received_member(op, received).map(Ok);
    }
    if let Some(result) = parts(op, operands.first(), call) {
        return Some(result);
    }
    dictionary(op, operands, call)
}

/// Members of `context`, and of parts that are always there: what they stand
/// on needs no evaluation.
pub(super) fn root(op: Op, call: &Call) -> Option<Value> {
    let here = |there: bool| if there { Value::Here } else { Value::Null };
    Some(match op {
        Op::ContextRequest | Op::ContextDeployment => Value::Here,
        Op::ContextVariables => Value::Variables,
        Op::RequestParameters => Value::Parameters,
        Op::ContextApi => here(call.api.is_some()),
        Op::ContextOperation => here(call.operation.is_some()),
        Op::ContextResponse => here(call.response.is_some()),
        Op::ContextLastError => here(call.last_error.is_some()),
        Op::ContextProduct => here(call.api.as_ref().is_some_and(|a| a.product.is_some())),
        // Nobody subscribes to the embedded gateway, and nobody signs in.
        Op::ContextSubscription | Op::ContextUser => Value::Null,
        Op::ContextRequestId => Value::Guid(call.id),
        Op::ContextTimestamp => Value::Instant(call.arrived),
        Op::ContextElapsed => Value::Span(call.began.elapsed().as_micros() as i64),
        Op::ContextTracing => Value::Bool(false),
        Op::RequestMethod => Value::text(call.method.as_str()),
        Op::RequestHeaders => Value::Headers(Side::Request),
        Op::RequestUrl => Value::Url(Address::Backend),
        Op::RequestOriginalUrl => Value::Url(Address::Original),
        Op::RequestIpAddress => Value::text(call.peer.to_string()),
        Op::RequestBody => {
            if call.body.is_none() {
                Value::Null
            } else {
                Value::Body(Side::Request)
            }
        }
        Op::DeploymentRegion => Value::text("embedded"),
        Op::DeploymentServiceId | Op::DeploymentServiceName => Value::text("seamstress"),
        Op::DeploymentGatewayId => Value::text("managed"),
        _ => return None,
    })
}

/// Members of a response that `send-request` brought.
fn received_member(op: Op, received: &Arc<Received>) -> Option<Value> {
    Some(match op {
        Op::ResponseStatusCode => Value::Int(i64::from(received.status.as_u16())),
        Op::ResponseStatusReason => Value::text(received.reason()),
        Op::ResponseHeaders => Value::ReceivedHeaders(Arc::clone(received)),
        Op::ResponseBody => Value::ReceivedBody(Arc::clone(received)),
        _ => return None,
    })
}

/// Members of parts that may be null.
fn parts(op: Op, of: Option<&Value>, call: &Call) -> Option<Result<Value, Fault>> {
    let text = |text: &str| Value::text(text);
    let error = |get: fn(&LastError) -> &str| call.last_error.as_ref().map(|e| text(get(e)));
    let api = call.api.as_deref();
    let operation = call.operation.as_deref();
    let value = match op {
        Op::ResponseStatusCode => call.response.as_ref().map(|r| Value::Int(i64::from(r.status.as_u16()))),
        Op::ResponseStatusReason => call.response.as_ref().map(|r| text(r.reason())),
        Op::ResponseHeaders => call.response.as_ref().map(|_| Value::Headers(Side::Response)),
        Op::ResponseBody => call.response.as_ref().map(|_| Value::Body(Side::Response)),
        Op::ErrorSource => error(|e| &e.source),
        Op::ErrorReason => error(|e| &e.reason),
        Op::ErrorMessage => error(|e| &e.message),
        Op::ErrorScope => error(|e| &e.scope),
        Op::ErrorSection => error(|e| &e.section),
        Op::ErrorPath => error(|e| &e.path),
        Op::ErrorPolicyId => error(|e| &e.policy_id),
        Op::ApiId => api.map(|a| text(&a.id)),
        Op::ApiName => api.map(|a| text(&a.name)),
        Op::ApiPath => api.map(|a| text(a.base_path.trim_start_matches('/'))),
        Op::ApiVersion => api.map(|a| text(&a.version)),
        Op::ApiRevision => api.map(|_| text("1")),
        Op::OperationId | Op::OperationName => operation.map(|o| text(&o.id)),
        Op::OperationMethod => operation.map(|o| text(o.method.as_str())),
        Op::OperationUrlTemplate => operation.map(|o| text(&o.template)),
        Op::ProductId | Op::ProductName => api.and_then(|a| a.product.as_deref()).map(text),
        Op::SubscriptionId | Op::SubscriptionName | Op::SubscriptionKey | Op::UserId | Op::UserEmail => None,
        Op::UrlScheme
        | Op::UrlHost
        | Op::UrlPort
        | Op::UrlPath
        | Op::UrlQueryString
        | Op::UrlQuery
        | Op::UrlToString => return Some(url(op, of, call)),
        _ => return None,
    };
    Some(value.ok_or_else(Fault::null))
}

fn url(op: Op, of: Option<&Value>, call: &Call) -> Result<Value, Fault> {
    let Some(Value::Url(address)) = of else { return Err(Fault::null()) };
    let (scheme, host, port) = call.origin(*address);
    let (path, query) = call.path_and_query(*address);
    Ok(match op {
        Op::UrlScheme => Value::text(scheme),
        Op::UrlHost => Value::text(host),
        Op::UrlPort => Value::Int(i64::from(port)),
        Op::UrlPath => Value::text(path),
        Op::UrlQueryString => Value::text(if query.is_empty() { String::new() } else { format!("?{query}") }),
        Op::UrlQuery => Value::Query(*address),
        _ => {
            let mark = if query.is_empty() { "" } else { "?" };
            Value::text(format!("{scheme}://{host}:{port}{path}{mark}{query}"))
        }
    })
}

/// Header fields, query, parameters, variables.
fn dictionary(op: Op, operands: &[Value], call: &Call) -> Option<Result<Value, Fault>> {
    let of = operands.first()?;
    if !matches!(
        of,
        Value::Headers(_) | Value::ReceivedHeaders(_) | Value::Query(_) | Value::Parameters | Value::Variables
    ) {
        return None;
    }
    let Some(Value::Text(key)) = operands.get(1) else {
        return Some(Err(Fault::new("Value cannot be null. Parameter name: key")));
    };
    let found = lookup(of, key, call);
    let or_default = |found: Option<Value>| found.or_else(|| operands.get(2).cloned()).unwrap_or(Value::Null);
    Some(match op {
        Op::HeadersGet | Op::QueryGet => Ok(or_default(found.map(joined))),
        Op::ParametersGet | Op::VariablesGet => Ok(or_default(found)),
        Op::HeadersContains | Op::QueryContains | Op::ParametersContains | Op::VariablesContains => {
            Ok(Value::Bool(found.is_some()))
        }
        Op::Index => found.ok_or_else(absent),
        _ => return None,
    })
}

/// Several values of one name are one text with commas.
fn joined(values: Value) -> Value {
    match values {
        Value::Texts(texts) if texts.len() == 1 => Value::Text(Arc::clone(&texts[0])),
        Value::Texts(texts) => Value::text(texts.join(",")),
        other => other,
    }
}

fn absent() -> Fault {
    Fault::new("The given key was not present in the dictionary.")
}

fn fields(headers: &HeaderMap, name: &str) -> Vec<Arc<str>> {
    headers.get_all(name).iter().map(|v| Arc::from(String::from_utf8_lossy(v.as_bytes()))).collect()
}

fn lookup(of: &Value, key: &str, call: &Call) -> Option<Value> {
    let texts = |values: Vec<Arc<str>>| (!values.is_empty()).then(|| Value::Texts(values.into()));
    match of {
        Value::Variables => call.variable(key).cloned(),
        Value::Parameters => call.parameter(key).map(Value::text),
        Value::Headers(side) => texts(fields(call.headers(*side)?, key)),
        Value::ReceivedHeaders(received) => texts(fields(&received.headers, key)),
        Value::Query(address) => {
            let (_, query) = call.path_and_query(*address);
            let pairs = url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == key);
            texts(pairs.map(|(_, value)| Arc::from(&*value)).collect())
        }
        _ => None,
    }
}

//! Members of `context` and its parts.

use std::sync::Arc;

use http::HeaderMap;

use super::super::call::Call;
use super::super::library::Library;
use super::super::received::Received;
use super::super::value::{Address, Side, Value};
use super::{Fault, described};
use crate::observe::{LastError, TraceRecord};
use crate::policy::expression::ContextOp;

/// How many records expressions may leave.
const MAX_TRACES: usize = 200;

/// `context.Trace(message)`: a record of the call.
pub(super) fn trace(message: Option<&Value>, call: &mut Call) -> Value {
    let message = message.map_or_else(|| "".into(), Value::display);
    // A loop of an expression must not fill the memory.
    if call.traces.len() < MAX_TRACES {
        let (source, severity) = ("context.Trace".to_owned(), "verbose".to_owned());
        let message = message.to_string();
        call.traces.push(TraceRecord { source, severity, message, ..TraceRecord::default() });
    }
    Value::Null
}

/// What a member gives.
pub(super) fn member(op: ContextOp, operands: &[Value], call: &Call) -> Result<Value, Fault> {
    match operands.first() {
        Some(Value::Response(received)) => received_member(op, received),
        Some(
            Value::Headers(_) | Value::ReceivedHeaders(_) | Value::Query(_) | Value::Parameters | Value::Variables,
        ) => dictionary(op, operands, call),
        Some(Value::Url(address)) => url(op, *address, call),
        Some(Value::Library(object)) => service_url(op, object),
        _ => match described::member(op, call) {
            Some(result) => result,
            None => parts(op, call).ok_or_else(Fault::null),
        },
    }
}

/// Members of `context`, and of parts that are always there: what they stand
/// on needs no evaluation.
pub(super) fn root(op: ContextOp, call: &Call) -> Option<Value> {
    let here = |there: bool| if there { Value::Here } else { Value::Null };
    Some(match op {
        ContextOp::ContextRequest | ContextOp::ContextDeployment | ContextOp::DeploymentGateway => Value::Here,
        ContextOp::ContextVariables => Value::Variables,
        ContextOp::RequestParameters => Value::Parameters,
        ContextOp::ContextApi => here(call.api.is_some()),
        ContextOp::ContextOperation => here(call.operation.is_some()),
        ContextOp::ContextResponse => here(call.response.is_some()),
        ContextOp::ContextLastError => here(call.last_error.is_some()),
        ContextOp::ContextProduct => here(call.product.is_some()),
        ContextOp::ContextSubscription => here(call.subscription.is_some()),
        ContextOp::ContextUser => here(call.owner().is_some()),
        ContextOp::ContextRequestId => Value::Guid(call.id),
        ContextOp::ContextTimestamp => Value::Instant(call.arrived.into()),
        ContextOp::ContextElapsed => Value::Span((call.began.elapsed().as_nanos() / 100) as i64),
        ContextOp::ContextTracing => Value::Bool(false),
        // No client shows a certificate here, and nobody comes by a private link.
        ContextOp::RequestCertificate | ContextOp::RequestEndpoint => Value::Null,
        ContextOp::RequestMethod => Value::text(call.method.as_str()),
        ContextOp::RequestHeaders => Value::Headers(Side::Request),
        ContextOp::RequestUrl => Value::Url(Address::Backend),
        ContextOp::RequestOriginalUrl => Value::Url(Address::Original),
        ContextOp::RequestIpAddress => Value::text(call.peer.to_string()),
        ContextOp::RequestBody => {
            if call.body.is_none() {
                Value::Null
            } else {
                Value::Body(Side::Request)
            }
        }
        ContextOp::DeploymentRegion => Value::text(call.region.as_deref().unwrap_or("embedded")),
        ContextOp::DeploymentServiceId | ContextOp::DeploymentServiceName => Value::text("seamstress"),
        ContextOp::DeploymentGatewayId | ContextOp::GatewayId => Value::text("managed"),
        ContextOp::GatewayInstanceId => Value::text("embedded"),
        ContextOp::GatewayIsManaged => Value::Bool(true),
        _ => return None,
    })
}

/// Members of a response that `send-request` brought.
fn received_member(op: ContextOp, received: &Arc<Received>) -> Result<Value, Fault> {
    Ok(match op {
        ContextOp::ResponseStatusCode => Value::Int(i64::from(received.status.as_u16())),
        ContextOp::ResponseStatusReason => Value::text(received.reason()),
        ContextOp::ResponseHeaders => Value::ReceivedHeaders(Arc::clone(received)),
        ContextOp::ResponseBody => Value::ReceivedBody(Arc::clone(received)),
        _ => return Err(Fault::null()),
    })
}

/// Members of parts that may be null.
fn parts(op: ContextOp, call: &Call) -> Option<Value> {
    let text = |text: &str| Value::text(text);
    let error = |get: fn(&LastError) -> &str| call.last_error.as_ref().map(|e| text(get(e)));
    let api = call.api.as_deref();
    let operation = call.operation.as_deref();
    match op {
        ContextOp::ResponseStatusCode => call.response.as_ref().map(|r| Value::Int(i64::from(r.status.as_u16()))),
        ContextOp::ResponseStatusReason => call.response.as_ref().map(|r| text(r.reason())),
        ContextOp::ResponseHeaders => call.response.as_ref().map(|_| Value::Headers(Side::Response)),
        ContextOp::ResponseBody => call.response.as_ref().map(|_| Value::Body(Side::Response)),
        ContextOp::ErrorSource => error(|e| &e.source),
        ContextOp::ErrorReason => error(|e| &e.reason),
        ContextOp::ErrorMessage => error(|e| &e.message),
        ContextOp::ErrorScope => error(|e| &e.scope),
        ContextOp::ErrorSection => error(|e| &e.section),
        ContextOp::ErrorPath => error(|e| &e.path),
        ContextOp::ErrorPolicyId => error(|e| &e.policy_id),
        ContextOp::ApiId => api.map(|a| text(&a.id)),
        ContextOp::ApiName => api.map(|a| text(&a.name)),
        ContextOp::ApiPath => api.map(|a| text(a.base_path.trim_start_matches('/'))),
        ContextOp::ApiVersion => api.map(|a| text(&a.version)),
        ContextOp::ApiRevision => api.map(|a| text(&a.revision)),
        ContextOp::OperationId => operation.map(|o| text(&o.id)),
        ContextOp::OperationName => operation.map(|o| text(&o.name)),
        ContextOp::OperationMethod => operation.map(|o| text(o.method.as_str())),
        ContextOp::OperationUrlTemplate => operation.map(|o| text(&o.template)),
        ContextOp::ProductId => call.product.as_ref().map(|p| text(&p.id)),
        ContextOp::ProductName => call.product.as_ref().map(|p| text(&p.name)),
        ContextOp::SubscriptionId => call.subscription.as_ref().map(|s| text(&s.id)),
        ContextOp::SubscriptionName => call.subscription.as_ref().map(|s| text(&s.name)),
        ContextOp::SubscriptionKey => call.subscription.as_ref().map(|s| text(s.primary_key.expose())),
        ContextOp::UserId => call.owner().map(|u| text(&u.id)),
        ContextOp::UserEmail => call.owner().map(|u| text(&u.email)),
        // What stands on a dictionary or an address was called on null.
        _ => None,
    }
}

/// Members of a URL that the instance describes.
fn service_url(op: ContextOp, object: &Library) -> Result<Value, Fault> {
    let Library::Uri(uri) = object else { return Err(Fault::null()) };
    let url = &uri.absolute;
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    Ok(match op {
        ContextOp::UrlScheme => Value::text(url.scheme()),
        ContextOp::UrlHost => Value::text(url.host_str().unwrap_or_default()),
        ContextOp::UrlPort => Value::Int(url.port_or_known_default().map_or(-1, i64::from)),
        ContextOp::UrlPath => Value::text(url.path()),
        ContextOp::UrlQueryString => Value::text(query),
        _ => Value::text(url.as_str()),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "like the other members")]
fn url(op: ContextOp, address: Address, call: &Call) -> Result<Value, Fault> {
    let (scheme, host, port) = call.origin(address);
    let (path, query) = call.path_and_query(address);
    Ok(match op {
        ContextOp::UrlScheme => Value::text(scheme),
        ContextOp::UrlHost => Value::text(host),
        ContextOp::UrlPort => Value::Int(i64::from(port)),
        ContextOp::UrlPath => Value::text(path),
        ContextOp::UrlQueryString => Value::text(if query.is_empty() { String::new() } else { format!("?{query}") }),
        ContextOp::UrlQuery => Value::Query(address),
        _ => {
            let mark = if query.is_empty() { "" } else { "?" };
            Value::text(format!("{scheme}://{host}:{port}{path}{mark}{query}"))
        }
    })
}

/// Header fields, query, parameters, variables.
fn dictionary(op: ContextOp, operands: &[Value], call: &Call) -> Result<Value, Fault> {
    use ContextOp as C;
    let [of, Value::Text(key), ..] = operands else { return Err(Fault::null_argument("key")) };
    let headers = match of {
        Value::Headers(side) => call.headers(*side),
        Value::ReceivedHeaders(received) => Some(&received.headers),
        _ => None,
    };
    let found = match (op, headers) {
        (C::HeadersContains, headers) => {
            return Ok(Value::Bool(headers.is_some_and(|h| h.contains_key(&**key))));
        }
        (C::HeadersGet, headers) => headers.and_then(|headers| field(headers, key)),
        (C::QueryGet, _) => lookup(of, key, call).map(joined),
        _ => lookup(of, key, call),
    };
    if matches!(op, C::QueryContains | C::ParametersContains | C::VariablesContains) {
        return Ok(Value::Bool(found.is_some()));
    }
    Ok(found.or_else(|| operands.get(2).cloned()).unwrap_or(Value::Null))
}

/// A header field as one text: mostly it stands once, and nothing is copied but
/// that.
fn field(headers: &HeaderMap, name: &str) -> Option<Value> {
    let mut values = headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
    let first = values.next()?;
    let Some(second) = values.next() else { return Some(Value::text(&*first)) };
    let mut joined = format!("{first},{second}");
    for value in values {
        joined.push(',');
        joined.push_str(&value);
    }
    Some(Value::text(joined))
}

/// `dictionary["key"]`.
pub(super) fn index(of: &Value, by: &Value, call: &Call) -> Result<Value, Fault> {
    match by {
        // What a cache had no value for is not set, and null all the same.
        Value::Text(key) if matches!(of, Value::Variables) && call.missed.iter().any(|name| **name == **key) => {
            Ok(lookup(of, key, call).unwrap_or(Value::Null))
        }
        Value::Text(key) => lookup(of, key, call).ok_or_else(Fault::no_key),
        _ => Err(Fault::null_argument("key")),
    }
}

/// Several values of one name are one text with commas.
fn joined(values: Value) -> Value {
    match values {
        Value::Texts(texts) if texts.len() == 1 => Value::Text(Arc::clone(&texts[0])),
        Value::Texts(texts) => Value::text(texts.join(",")),
        other => other,
    }
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

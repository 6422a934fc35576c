//! The end of a call: late counts, the answer on the wire, the row.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, Version, header};

use super::answer::{Answer, AnswerBody};
use super::body::{ClientBody, RowDraft};
use super::call::{Call, Limit, fields_size};
use super::counters::Whose;
use super::meter::Meter;
use super::server::Shared;
use super::value::{Address, Side};
use crate::observe::{GatewayRow, LastError};

/// Request header fields that the row shows.
const LOGGED: [&str; 3] = ["x-correlation-id", "user-agent", "x-ms-workflow-name"];

/// Request header fields by which a caller asks for a trace.
const TRACE_REQUESTS: [HeaderName; 2] =
    [HeaderName::from_static("ocp-apim-trace"), HeaderName::from_static("apim-debug-authorization")];

/// The bytes of a status line without its phrase, and of the end of a head.
const ANSWER_LINE: u64 = "HTTP/1.1 200 \r\n\r\n".len() as u64;

/// Makes what goes to the client of a call that is through.
pub(super) fn finish(shared: &Shared, mut call: Box<Call>) -> Response<ClientBody> {
    count_later(shared, &mut call);
    let mut answer = call.response.take().unwrap_or_else(|| Answer::new(StatusCode::OK));
    for (name, value) in &call.limit_headers {
        if name == header::VARY {
            answer.headers.append(name, value.clone());
        } else {
            answer.headers.insert(name, value.clone());
        }
    }
    let own = matches!(answer.body, AnswerBody::Bytes(_));
    if own && !answer.headers.contains_key(header::DATE) {
        // The gateway's own answers carry the shared clock's date.
        if let Ok(date) = HeaderValue::try_from(call.clock.now().http_date()) {
            answer.headers.insert(header::DATE, date);
        }
    }
    shared.traces.keep(&mut call, Some(answer.status));
    let meter = Meter::of(shared, &mut call);
    let (began, waited, asked) = (call.began, call.client_time, call.content_size);
    let mut row = row(call, answer.status);
    row.response_size = ANSWER_LINE + fields_size(&answer.headers);
    let draft =
        Box::new(RowDraft { row, began, waited, handed: None, metered: asked, rows: shared.rows.clone(), meter });
    let mut response = Response::new(ClientBody::new(answer.body, draft));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    if let Some(reason) = answer.reason
        && let Ok(reason) = hyper::ext::ReasonPhrase::try_from(reason.as_bytes().to_vec())
    {
        response.extensions_mut().insert(reason);
    }
    response
}

/// Writes the row of a call whose client left before it had an answer.
pub(super) fn abandoned(shared: &Shared, mut call: Box<Call>) {
    let error = LastError {
        elapsed: call.began.elapsed().as_millis() as u64,
        source: call.at.as_ref().map_or("", |s| s.policy).to_owned(),
        reason: "ClientConnectionFailure".to_owned(),
        message: "The client left before it had an answer.".to_owned(),
        section: call.section.name().to_owned(),
        ..LastError::default()
    };
    call.errors.push(error.clone());
    call.last_error = Some(error);
    shared.traces.keep(&mut call, None);
    let (began, waited) = (call.began, call.client_time);
    let mut row = row(call, StatusCode::OK);
    (row.response_code, row.is_request_success) = (0, false);
    row.client_time = waited.as_millis() as u64;
    row.total_time = began.elapsed().as_millis() as u64;
    shared.rows.push(&row);
}

/// Counts what was to be counted after the response. A condition that raises
/// counts nothing.
fn count_later(shared: &Shared, call: &mut Call) {
    for later in std::mem::take(&mut call.later) {
        let (Ok(true), Ok(count)) = (call.flag(&later.condition), call.number(&later.count)) else { continue };
        let count = u64::try_from(count).unwrap_or(0);
        let turn = shared.counters.turn(call.id, call.clock.now());
        let (counters, now) = (&shared.counters, turn.now);
        match later.limit {
            Limit::Rate(rate) => counters.rate(Whose::Key, &[&later.key], now, |c| c.add(rate, turn, count)),
            Limit::Quota(quota) => {
                counters.quota(Whose::Key, &[&later.key, &later.period], now, |w| w.add(quota, turn, count));
            }
        }
    }
}

/// The row but for what is known only when the answer has ended.
fn row(call: Box<Call>, status: StatusCode) -> GatewayRow {
    let request_headers = logged(&call);
    let (path, query) = call.path_and_query(Address::Original);
    let mark = if query.is_empty() { "" } else { "?" };
    let url = format!("{}://{}{path}{mark}{query}", if call.secure { "https" } else { "http" }, call.host());
    let user_id = call.owner().map(|user| user.id.clone()).unwrap_or_default();
    let is_trace_requested = TRACE_REQUESTS.iter().any(|name| call.request_headers.contains_key(name));
    let elapsed = call.last_error.as_ref().map(|error| error.elapsed);
    let error = call.last_error.unwrap_or_default();
    GatewayRow {
        time_generated: call.arrived,
        correlation_id: call.id.to_string(),
        region: call.region.unwrap_or_default(),
        is_request_success: status.is_success() || status.is_redirection(),
        total_time: 0,
        caller_ip_address: call.peer.to_string(),
        method: call.method.to_string(),
        url,
        client_protocol: protocol(Some(call.version)),
        client_tls_version: call.tls_version.into(),
        response_code: status.as_u16(),
        response_size: 0,
        request_size: call.head_size + call.content_size,
        cache: call.cache,
        cache_time: call.cache_time.as_millis() as u64,
        client_time: 0,
        backend_time: call.sent.time.as_millis() as u64,
        backend_method: call.sent.method,
        backend_url: call.sent.url,
        backend_response_code: call.sent.status,
        backend_protocol: protocol(call.sent.version),
        backend_id: call.backend_id.unwrap_or_default(),
        api_id: call.api.as_ref().map(|a| a.id.clone()).unwrap_or_default(),
        operation_id: call.operation.as_ref().map(|o| o.id.to_string()).unwrap_or_default(),
        api_revision: call.api.as_ref().map(|a| a.revision.clone()).unwrap_or_default(),
        product_id: call.product.as_ref().map(|p| p.id.clone()).unwrap_or_default(),
        user_id,
        apim_subscription_id: call.subscription.as_ref().map(|s| s.id.clone()).unwrap_or_default(),
        last_error_elapsed: elapsed,
        last_error_source: error.source,
        last_error_reason: error.reason,
        last_error_message: error.message,
        last_error_scope: error.scope,
        last_error_section: error.section,
        errors: call.errors,
        request_headers,
        trace_records: call.traces,
        is_trace_requested,
    }
}

/// A protocol as the log has it.
fn protocol(version: Option<Version>) -> Cow<'static, str> {
    match version {
        None => "",
        Some(Version::HTTP_10) => "HTTP/1.0",
        Some(Version::HTTP_2) => "HTTP/2",
        Some(_) => "HTTP/1.1",
    }
    .into()
}

fn logged(call: &Call) -> BTreeMap<String, String> {
    let Some(headers) = call.headers(Side::Request) else { return BTreeMap::new() };
    let field = |name: &&str| {
        let value = headers.get(*name)?;
        Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    };
    LOGGED.iter().filter_map(field).collect()
}

/// Fields that belong to one connection (RFC 9110 §7.6.1), and those that the
/// next one sets itself.
static OF_THE_CONNECTION: [HeaderName; 8] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

/// Takes away fields that belong to one connection, those that `Connection`
/// lists among them.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed = |value: &HeaderValue| {
        let names = value.to_str().unwrap_or_default().split(',');
        names.filter_map(|name| HeaderName::try_from(name.trim()).ok()).collect::<Vec<_>>()
    };
    let listed: Vec<HeaderName> = headers.get_all(header::CONNECTION).iter().flat_map(listed).collect();
    let gone: Vec<&HeaderName> =
        OF_THE_CONNECTION.iter().filter(|own| headers.keys().any(|name| name == *own)).chain(&listed).collect();
    for name in gone {
        headers.remove(name);
    }
}

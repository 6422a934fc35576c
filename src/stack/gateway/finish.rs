//! The end of a call: late counts, the answer on the wire, the row.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::answer::{Answer, AnswerBody};
use super::body::{ClientBody, RowDraft};
use super::call::{Call, Limit};
use super::counters::Whose;
use super::meter::Meter;
use super::server::Shared;
use super::value::{Address, Side};
use crate::observe::{GatewayRow, LastError};

/// Request header fields that the row shows.
const LOGGED: [&str; 3] = ["x-correlation-id", "user-agent", "x-ms-workflow-name"];

/// Makes what goes to the client of a call that is through.
pub(super) fn finish(shared: &Shared, mut call: Call) -> Response<ClientBody> {
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
    let draft = RowDraft {
        row: row(&call, answer.status),
        began: call.began,
        rows: shared.rows.clone(),
        meter: Meter::of(shared, &mut call),
    };
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
pub(super) fn abandoned(shared: &Shared, mut call: Call) {
    call.last_error = Some(LastError {
        source: call.at.as_ref().map_or("", |s| s.policy).to_owned(),
        reason: "ClientConnectionFailure".to_owned(),
        message: "The client left before it had an answer.".to_owned(),
        section: call.section.name().to_owned(),
        ..LastError::default()
    });
    shared.traces.keep(&mut call, None);
    let mut row = row(&call, StatusCode::OK);
    (row.response_code, row.is_request_success) = (0, false);
    row.total_time = call.began.elapsed().as_millis() as u64;
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

fn row(call: &Call, status: StatusCode) -> GatewayRow {
    let error = call.last_error.as_ref();
    let text = |get: fn(&LastError) -> &String| error.map(get).cloned().unwrap_or_default();
    let (path, query) = call.path_and_query(Address::Original);
    let mark = if query.is_empty() { "" } else { "?" };
    GatewayRow {
        time_generated: call.arrived,
        correlation_id: call.id.to_string(),
        is_request_success: status.is_success() || status.is_redirection(),
        total_time: 0,
        caller_ip_address: call.peer.to_string(),
        method: call.method.to_string(),
        url: format!("{}://{}{path}{mark}{query}", if call.secure { "https" } else { "http" }, call.host()),
        response_code: status.as_u16(),
        response_size: 0,
        request_size: content_length(&call.request_headers),
        backend_time: call.sent.time.as_millis() as u64,
        backend_method: call.sent.method.clone(),
        backend_url: call.sent.url.clone(),
        backend_response_code: call.sent.status,
        api_id: call.api.as_ref().map(|a| a.id.clone()).unwrap_or_default(),
        operation_id: call.operation.as_ref().map(|o| o.id.to_string()).unwrap_or_default(),
        api_revision: call.api.as_ref().map(|a| a.revision.clone()).unwrap_or_default(),
        product_id: call.product.as_ref().map(|p| p.id.clone()).unwrap_or_default(),
        apim_subscription_id: call.subscription.as_ref().map(|s| s.id.clone()).unwrap_or_default(),
        last_error_source: text(|e| &e.source),
        last_error_reason: text(|e| &e.reason),
        last_error_message: text(|e| &e.message),
        last_error_scope: text(|e| &e.scope),
        last_error_section: text(|e| &e.section),
        request_headers: logged(call),
        trace_records: call.traces.clone(),
    }
}

fn content_length(headers: &HeaderMap) -> u64 {
    headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok()).unwrap_or(0)
}

fn logged(call: &Call) -> BTreeMap<String, String> {
    let Some(headers) = call.headers(Side::Request) else { return BTreeMap::new() };
    let field = |name: &&str| {
        let value = headers.get(*name)?;
        Some(((*name).to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    };
    LOGGED.iter().filter_map(field).collect()
}

/// Takes away fields that belong to one connection (RFC 9110 §7.6.1) and those
/// that the next one sets itself.
pub(super) fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<Arc<str>> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(',').map(|name| Arc::from(name.trim())))
        .collect();
    for name in &listed {
        headers.remove(&**name);
    }
    for name in [
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "content-length",
    ] {
        headers.remove(name);
    }
}

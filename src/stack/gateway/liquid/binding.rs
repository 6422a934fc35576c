//! What templates see of a call: `body` and `context`.

use http::HeaderMap;
use serde_json::{Map, Value as Json, json};

use super::values::TEXT;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::dotnet::Moment;
use crate::stack::gateway::evaluate::Work;
use crate::stack::gateway::value::{Address, Side, Value};
use crate::stack::gateway::xml;

/// A body by its media type: JSON, XML, or text. With `parse_dates` texts that
/// are instants are written as .NET writes them (reference §2.16).
///
/// # Errors
/// A body that is not what its media type says.
pub(in crate::stack::gateway) fn bound_body(text: &str, media_type: &str, parse_dates: bool) -> Result<Json, String> {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind.ends_with("/json") || kind.ends_with("+json") {
        let mut json = serde_json::from_str(text).map_err(|e| format!("the body is no JSON: {e}"))?;
        if parse_dates {
            write_dates(&mut json);
        }
        return Ok(json);
    }
    if kind.ends_with("/xml") || kind.ends_with("+xml") {
        return xml::bound(text);
    }
    Ok(Json::String(text.to_owned()))
}

/// Texts that look like instants, in the invariant culture's general format.
fn write_dates(json: &mut Json) {
    match json {
        Json::Array(elements) => elements.iter_mut().for_each(write_dates),
        Json::Object(members) => members.values_mut().for_each(write_dates),
        Json::String(text) if text.as_bytes().get(10) == Some(&b'T') && text.len() <= 40 => {
            if let Some(instant) = Moment::parse(&normal(text), Moment::MIN) {
                *text = instant.format("MM/dd/yyyy HH:mm:ss").unwrap_or_default();
            }
        }
        _ => {}
    }
}

/// An instant without seconds gets some.
fn normal(text: &str) -> String {
    match text.len() {
        17 if text.ends_with('Z') => format!("{}:00Z", &text[..16]),
        _ => text.to_owned(),
    }
}

/// `context`, the parts that templates may name.
pub(in crate::stack::gateway) fn bound_context(call: &Call) -> Json {
    let parameters: Map<String, Json> =
        call.parameters.iter().map(|(name, value)| (name.to_string(), Json::from(value.as_str()))).collect();
    let variables: Map<String, Json> =
        call.variables.iter().map(|(name, value)| (name.to_string(), json_of(value))).collect();
    let response = call.response.as_ref().map(|answer| {
        json!({
            "StatusCode": answer.status.as_u16(), "StatusReason": answer.reason(),
            "Headers": headers(Some(&answer.headers)),
        })
    });
    let api = call.api.as_ref().map(|api| json!({ "Id": api.id, "Name": api.name, "Version": api.version }));
    let operation =
        call.operation.as_ref().map(|o| json!({ "Id": &*o.id, "Name": &*o.id, "Method": o.method.as_str() }));
    json!({
        "RequestId": call.id.to_string(),
        "Request": {
            "Url": url(call, Address::Backend),
            "Method": call.method.as_str(),
            "OriginalMethod": call.method.as_str(),
            "OriginalUrl": url(call, Address::Original),
            "IpAddress": call.peer.to_string(),
            "MatchedParameters": parameters,
            "HasBody": !call.body.is_none(),
            "Headers": headers(call.headers(Side::Request)),
        },
        "Response": response,
        "Variables": variables,
        "Api": api,
        "Operation": operation,
    })
}

/// A variable as JSON.
fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(b) => Json::Bool(*b),
        Value::Int(n) | Value::Long(n) => Json::from(*n),
        Value::Double(n) => Json::from(*n),
        Value::Json(_) | Value::Collection(_) | Value::Texts(_) => {
            let token = value.to_token(&mut Work::new()).ok();
            token.and_then(|t| serde_json::from_str(&t.write(false)).ok()).unwrap_or_default()
        }
        other => Json::from(&*other.display()),
    }
}

fn headers(headers: Option<&HeaderMap>) -> Json {
    let mut members = Map::new();
    for (name, value) in headers.into_iter().flatten() {
        let values = members.entry(name.as_str()).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(values) = values {
            values.push(Json::from(String::from_utf8_lossy(value.as_bytes())));
        }
    }
    Json::Object(members)
}

fn url(call: &Call, address: Address) -> Json {
    let (scheme, host, port) = call.origin(address);
    let (path, query) = call.path_and_query(address);
    let mut pairs = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let values = pairs.entry(name.into_owned()).or_insert_with(|| Json::Array(Vec::new()));
        if let Json::Array(values) = values {
            values.push(Json::from(&*value));
        }
    }
    let mark = if query.is_empty() { "" } else { "?" };
    let text = format!("{scheme}://{host}:{port}{path}{mark}{query}");
    json!({
        "Scheme": scheme, "Host": host, "Port": port, "Path": path, "Query": pairs,
        "QueryString": format!("{mark}{query}"), "ToUri": text, TEXT: text,
    })
}

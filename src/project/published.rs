//! The document as flows see it: the service's own, and what the gateway before
//! it demands and answers. Whatever the document says itself stands.

use serde_json::{Map, Value, json};

/// The header field that the gateway demands and echoes, unless the document
/// has one of its own.
pub(super) const CORRELATION: &str = "X-Correlation-Id";

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// What the gateway answers: status, which operations can be answered so, the
/// failure types, whether it says when to call again, in words.
const ANSWERS: [(u16, To, &[&str], bool, &str); 11] = [
    (400, To::All, &["correlation_id_missing"], false, "The call can't succeed as it is."),
    (401, To::All, &["unauthorized"], false, "There is no token, or none that is accepted."),
    (403, To::All, &["forbidden", "quota_exceeded"], false, "The token lacks the role, or the quota is used up."),
    (404, To::WithPath, &["not_found"], false, "There is no such thing."),
    (411, To::WithBody, &["length_required"], false, "The header field `Content-Length` is missing."),
    (413, To::WithBody, &["payload_too_large"], false, "The body is too large."),
    (415, To::WithBody, &["unsupported_media_type"], false, "The body's media type is not accepted."),
    (429, To::All, &["throttled"], true, "Too many calls."),
    (500, To::All, &["internal"], false, "Something failed that should not."),
    (503, To::All, &["downstream_unavailable"], true, "The service can't be reached now."),
    (504, To::All, &["timeout"], false, "The service did not answer in time."),
];

/// Which operations can be answered so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum To {
    All,
    WithPath,
    WithBody,
}

/// Adds what is missing. `carrier` is the header field of the correlation ID,
/// `uri` what tokens are asked for. Gives what was added, for people; empty: the
/// document says it all.
pub(super) fn publish(document: &mut Value, carrier: &str, uri: &str, role: &str) -> Vec<String> {
    let mut added = Vec::new();
    if document.get("security").is_none() && !own_security(document) {
        secure(document, uri, role);
        added.push(format!("security (tokens for `{uri}` with the role `{role}`)"));
    }
    let mut statuses = Vec::new();
    let mut carried = false;
    for (path, method) in operations(document) {
        for answer in &ANSWERS {
            if concerns(answer.1, &path, &document["paths"][&path][&method])
                && declare(document, (&path, &method), answer)
            {
                statuses.push(answer.0);
            }
        }
        carried |= carry(document, (&path, &method), carrier);
    }
    if carried {
        added.push(format!("the header field `{carrier}`"));
    }
    statuses.sort_unstable();
    statuses.dedup();
    if !statuses.is_empty() {
        let list: Vec<String> = statuses.iter().map(u16::to_string).collect();
        added.push(format!("the gateway's answers {}", list.join(", ")));
    }
    if carried || !statuses.is_empty() {
        components(document, carrier);
    }
    added
}

fn own_security(document: &Value) -> bool {
    operations(document).iter().any(|(path, method)| document["paths"][path][method].get("security").is_some())
}

/// Path and method of each operation.
fn operations(document: &Value) -> Vec<(String, String)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    let found = paths.flat_map(|(path, item)| {
        let methods = METHODS.iter().filter(|method| item.get(**method).is_some_and(Value::is_object));
        methods.map(|method| (path.clone(), (*method).to_owned())).collect::<Vec<_>>()
    });
    found.collect()
}

fn concerns(to: To, path: &str, operation: &Value) -> bool {
    match to {
        To::All => true,
        To::WithPath => path.contains('{'),
        To::WithBody => operation.get("requestBody").is_some(),
    }
}

/// Declares an answer of the gateway, beside what is declared already for the
/// status; whether there was something to do.
fn declare(document: &mut Value, (path, method): (&str, &str), answer: &(u16, To, &[&str], bool, &str)) -> bool {
    let key = answer.0.to_string();
    let reference = json!({ "$ref": format!("#/components/responses/Gateway{key}") });
    let Some(responses) = object(&mut document["paths"][path][method], "responses") else { return false };
    let Some(there) = responses.get(&key) else {
        responses.insert(key, reference);
        return true;
    };
    // A response that several operations share is completed where it stands.
    let pointer = there.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#')).map(str::to_owned);
    let own = match pointer {
        Some(pointer) => document.pointer_mut(&pointer),
        None => responses.get_mut(&key),
    };
    let Some(content) = own.and_then(|response| object(response, "content")) else { return false };
    if content.keys().any(|media| media.starts_with("application/problem+json")) {
        return false;
    }
    content.insert("application/problem+json".to_owned(), problem(answer.0, answer.2));
    true
}

/// Demands the correlation ID of an operation and echoes it in its successes;
/// whether there was something to do.
fn carry(document: &mut Value, (path, method): (&str, &str), carrier: &str) -> bool {
    let parameter = json!({ "$ref": "#/components/parameters/GatewayCorrelationId" });
    let header = json!({ "$ref": "#/components/headers/GatewayCorrelationId" });
    let item = &document["paths"][path];
    let lists = [item.get("parameters"), item[method].get("parameters")];
    let carried = lists.into_iter().flatten().filter_map(Value::as_array).flatten().any(|own| {
        let own = resolved(document, own);
        own["in"] == "header" && own["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(carrier))
    });
    let operation = &mut document["paths"][path][method];
    if !carried && let Some(operation) = operation.as_object_mut() {
        let list = operation.entry("parameters").or_insert_with(|| json!([]));
        list.as_array_mut().into_iter().for_each(|list| list.push(parameter.clone()));
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten();
    let mut echoed = false;
    for (_, response) in
        responses.filter(|(status, response)| status.starts_with('2') && response.get("$ref").is_none())
    {
        let Some(headers) = object(response, "headers") else { continue };
        if !headers.keys().any(|name| name.eq_ignore_ascii_case(carrier)) {
            headers.insert(carrier.to_owned(), header.clone());
            echoed = true;
        }
    }
    !carried || echoed
}

fn resolved<'v>(document: &'v Value, value: &'v Value) -> &'v Value {
    let pointer = value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// A member that is an object, made where it is missing.
fn object<'v>(value: &'v mut Value, key: &str) -> Option<&'v mut Map<String, Value>> {
    value.as_object_mut()?.entry(key).or_insert_with(|| json!({})).as_object_mut()
}

fn secure(document: &mut Value, uri: &str, role: &str) {
    let scope = format!("{uri}/.default");
    let flow = json!({
        "tokenUrl": "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/oauth2/v2.0/token",
        "scopes": { &scope: "All app roles that the application was given." },
    });
    let scheme = json!({
        "type": "oauth2",
        "description": format!("A token of the calling application with the app role `{role}`."),
        "flows": { "clientCredentials": flow },
    });
    put(document, "securitySchemes", "entra", scheme);
    if let Some(top) = document.as_object_mut() {
        top.insert("security".to_owned(), json!([{ "entra": [scope] }]));
    }
}

/// Puts a component, unless one of the name is there.
fn put(document: &mut Value, kind: &str, name: &str, value: Value) {
    let kinds = object(document, "components")
        .and_then(|components| components.entry(kind).or_insert_with(|| json!({})).as_object_mut());
    if let Some(kinds) = kinds {
        kinds.entry(name).or_insert(value);
    }
}

fn components(document: &mut Value, carrier: &str) {
    let id = json!({ "type": "string", "format": "uuid" });
    put(
        document,
        "parameters",
        "GatewayCorrelationId",
        json!({
            "name": carrier, "in": "header", "required": true, "schema": id,
            "description": "Says which run a call belongs to; every answer says it back.",
        }),
    );
    put(document, "headers", "GatewayCorrelationId", json!({ "description": "As it was sent.", "schema": id }));
    put(
        document,
        "headers",
        "GatewayRetryAfter",
        json!({
            "description": "When to call again, in seconds.", "required": true,
            "schema": { "type": "integer", "minimum": 0 },
        }),
    );
    put(
        document,
        "schemas",
        "GatewayProblem",
        json!({
            "type": "object",
            "description": "A failure that the gateway tells, as RFC 9457 shapes it.",
            "required": ["type", "title", "status", "detail", "failureType"],
            "properties": {
                "type": { "type": "string", "format": "uri" },
                "title": { "type": "string" },
                "status": { "type": "integer", "minimum": 400, "maximum": 599 },
                "detail": { "type": "string" },
                "failureType": { "type": "string" },
                "correlationId": { "type": "string" },
            },
        }),
    );
    for (status, _, types, again, words) in ANSWERS {
        put(document, "responses", &format!("Gateway{status}"), response(status, types, again, words));
    }
}

fn response(status: u16, types: &[&str], again: bool, words: &str) -> Value {
    let mut response = json!({
        "description": words,
        "content": { "application/problem+json": problem(status, types) },
    });
    if again {
        response["headers"] = json!({ "Retry-After": { "$ref": "#/components/headers/GatewayRetryAfter" } });
    }
    response
}

fn problem(status: u16, types: &[&str]) -> Value {
    let examples: Map<String, Value> = types
        .iter()
        .map(|name| {
            let value = json!({
                "type": format!("urn:seamstress:failure:{name}"), "title": name.replace('_', " "),
                "status": status, "detail": "…", "failureType": name,
            });
            ((*name).to_owned(), json!({ "value": value }))
        })
        .collect();
    json!({ "schema": { "$ref": "#/components/schemas/GatewayProblem" }, "examples": examples })
}

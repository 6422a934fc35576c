//! Bodies, responses, header fields and examples.

use serde_json::Value as Json;

use super::cursor::Cursor;
use super::{Link, MediaType, RequestBody, ResponseHeader, ResponseSpec, SchemaRef, StatusKey};
use crate::diagnose::{Diagnostic, Diagnostics};

/// Reads a request body.
pub(super) fn request_body(at: Cursor<'_>, notices: &mut Diagnostics) -> Option<RequestBody> {
    let at = at.follow("the request body", notices)?;
    at.known_keys("a request body", &["description", "content", "required", "summary"], notices);
    Some(RequestBody {
        required: at.flag("required", notices).unwrap_or(false),
        content: content(&at, notices),
        place: at.node.place.clone(),
    })
}

/// Reads a response.
pub(super) fn response(at: Cursor<'_>, notices: &mut Diagnostics) -> Option<ResponseSpec> {
    let at = at.follow("the response", notices)?;
    at.known_keys("a response", &["description", "summary", "headers", "content", "links"], notices);
    let headers = at.get("headers").map(|h| h.entries()).unwrap_or_default();
    let links = at.get("links").map(|l| l.entries()).unwrap_or_default();
    Some(ResponseSpec {
        // OpenAPI ignores a response header called Content-Type: `content` says it.
        headers: headers
            .into_iter()
            .filter(|(name, ..)| !name.eq_ignore_ascii_case("content-type"))
            .filter_map(|(name, _, at)| header(name, at, notices))
            .collect(),
        content: content(&at, notices),
        links: links.into_iter().filter_map(|(name, _, at)| link(name, at, notices)).collect(),
        place: at.node.place.clone(),
    })
}

/// Reads a key under `responses`.
pub(super) fn status_key(text: &str) -> Option<StatusKey> {
    if text == "default" {
        return Some(StatusKey::Default);
    }
    if let Some(class) = text.strip_suffix("XX").or_else(|| text.strip_suffix("xx")) {
        return class.parse().ok().filter(|c| (1..=5).contains(c)).map(StatusKey::Class);
    }
    text.parse().ok().filter(|s| (100..=599).contains(s)).map(StatusKey::Exact)
}

fn header(name: String, at: Cursor<'_>, notices: &mut Diagnostics) -> Option<ResponseHeader> {
    let at = at.follow("the header", notices)?;
    Some(ResponseHeader { name, required: at.flag("required", notices).unwrap_or(false), schema: schema(&at) })
}

fn link(name: String, at: Cursor<'_>, notices: &mut Diagnostics) -> Option<Link> {
    let at = at.follow("the link", notices)?;
    let parameters = at.get("parameters").map(|p| p.entries()).unwrap_or_default();
    Some(Link {
        name,
        operation: at.text("operationId", notices).map(str::to_owned),
        parameters: parameters
            .into_iter()
            .filter_map(|(name, _, value)| Some((name, value.node.as_str()?.to_owned())))
            .collect(),
    })
}

/// Reads `content`.
pub(super) fn content(at: &Cursor<'_>, notices: &mut Diagnostics) -> Vec<MediaType> {
    let Some(content) = at.get("content") else {
        return Vec::new();
    };
    let mut types: Vec<MediaType> = Vec::new();
    for (key, key_node, at) in content.entries() {
        let name = key.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if name.is_empty() || !name.contains('/') {
            notices.push(
                Diagnostic::warning(key_node.place.clone(), format!("`{key}` is no media type and is left out"))
                    .expected("a media type, e.g. `application/json`"),
            );
            continue;
        }
        if types.iter().any(|known| known.name == name) {
            notices.push(Diagnostic::notice(
                key_node.place.clone(),
                format!("`{key}` differs from an earlier media type in parameters only and is left out"),
            ));
            continue;
        }
        types.push(MediaType { name, schema: schema(&at), examples: examples(&at, notices) });
    }
    types
}

/// The `schema` beneath a parameter, header or media type.
pub(super) fn schema(at: &Cursor<'_>) -> Option<SchemaRef> {
    at.get("schema").map(|schema| SchemaRef { pointer: schema.pointer.into() })
}

/// `example` and the values of `examples`; where neither stands there, those of
/// the schema itself.
pub(super) fn examples(at: &Cursor<'_>, notices: &mut Diagnostics) -> Vec<Json> {
    let mut found: Vec<Json> = at.get("example").map(|e| e.node.to_json()).into_iter().collect();
    for (_, _, example) in at.get("examples").map(|e| e.entries()).unwrap_or_default() {
        if let Some(example) = example.follow("the example", notices) {
            found.extend(example.get("value").map(|value| value.node.to_json()));
        }
    }
    if found.is_empty()
        && let Some(schema) = at.get("schema").and_then(|s| s.follow("the schema", &mut Diagnostics::new()))
    {
        found.extend(schema.get("example").map(|e| e.node.to_json()));
        found.extend(schema.get("examples").iter().flat_map(Cursor::elements).map(|e| e.node.to_json()));
    }
    found
}

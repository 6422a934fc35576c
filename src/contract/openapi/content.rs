//! Bodies, responses, header fields and examples.

use serde_json::Value as Json;

use super::cursor::Cursor;
use super::link::link;
use super::{Encoding, MediaType, RequestBody, ResponseHeader, ResponseSpec, SchemaRef, StatusKey};
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
    if text.eq_ignore_ascii_case("default") {
        return Some(StatusKey::Default);
    }
    let lower = text.to_ascii_lowercase();
    if let Some(class) = lower.strip_suffix("xx") {
        return class.parse().ok().filter(|c| (1..=5).contains(c)).map(StatusKey::Class);
    }
    text.parse().ok().filter(|s| (100..=599).contains(s)).map(StatusKey::Exact)
}

fn header(name: String, at: Cursor<'_>, notices: &mut Diagnostics) -> Option<ResponseHeader> {
    let at = at.follow("the header", notices)?;
    Some(ResponseHeader { name, required: at.flag("required", notices).unwrap_or(false), schema: schema(&at) })
}

/// How single properties of a form are written.
fn encoding(at: &Cursor<'_>, notices: &mut Diagnostics) -> Vec<Encoding> {
    let mut found = Vec::new();
    for (property, _, at) in at.get("encoding").map(|e| e.entries()).unwrap_or_default() {
        let headers = at.get("headers").map(|h| h.entries()).unwrap_or_default();
        let headers = headers.into_iter().filter(|(name, ..)| !name.eq_ignore_ascii_case("content-type"));
        found.push(Encoding {
            property,
            content_type: at.text("contentType", notices).map(str::to_owned),
            style: at.text("style", notices).map(str::to_owned),
            explode: at.flag("explode", notices),
            allow_reserved: at.flag("allowReserved", notices).unwrap_or(false),
            headers: headers.filter_map(|(name, _, at)| header(name, at, notices)).collect(),
        });
    }
    found
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
        let Some(at) = at.follow("the media type", notices) else { continue };
        types.push(MediaType {
            name,
            written: key.trim().to_owned(),
            schema: schema(&at),
            examples: examples(&at, notices),
            encoding: encoding(&at, notices),
        });
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
    // A parameter that is described by `content` has its examples there.
    let content = at.get("content").filter(|_| at.node.get("schema").is_none());
    if let Some((.., media)) = content.and_then(|content| content.entries().into_iter().next()) {
        return if media.node.get("content").is_some() { Vec::new() } else { examples(&media, notices) };
    }
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

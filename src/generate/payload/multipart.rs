//! multipart/form-data (RFC 7578; OpenAPI 3.1.1, §4.8.15.2): a part for each
//! property, for lists one for each element.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::sample::sample;
use super::shape::{Shape, scalar};
use crate::contract::openapi::{Encoding, MediaType, OpenApi, is_json};
use crate::generate::schema::SchemaGenerator;

/// What stands between the parts. Content in which it stands is not sent.
pub(super) const BOUNDARY: &str = "seamstress-d41c7b1e0f6a4f6e";

/// Writes and reads one form.
#[derive(Debug)]
pub(super) struct Multipart {
    shape: Shape,
    encoding: Vec<Said>,
}

/// What is said of one property.
#[derive(Debug)]
struct Said {
    property: String,
    content_type: Option<String>,
    /// Header fields of its part, with a value that keeps their schema.
    headers: Vec<(String, String)>,
}

impl Multipart {
    /// A form of a media type.
    pub(super) fn new(openapi: &OpenApi, media_type: &MediaType, shape: Shape) -> Self {
        let encoding = media_type.encoding.iter().map(|encoding| said(openapi, encoding)).collect();
        Self { shape, encoding }
    }

    /// The content; none where it can't carry the value. What is null is not
    /// there.
    pub(super) fn write(&self, value: &Value) -> Option<Bytes> {
        let mut content = Vec::new();
        for (name, value) in value.as_object()?.iter().filter(|(_, value)| !value.is_null()) {
            let shape = self.shape.member(name);
            match value {
                Value::Array(items) => {
                    items.iter().try_for_each(|item| self.part(name, item, shape.item(), &mut content))
                }
                one => self.part(name, one, shape, &mut content),
            }?;
        }
        content.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        Some(Bytes::from(content))
    }

    fn part(&self, name: &str, value: &Value, shape: &Shape, content: &mut Vec<u8>) -> Option<()> {
        let said = self.encoding.iter().find(|said| said.property == name);
        let media = self.media(name, value, shape);
        let bytes = if is_json(&media) {
            value.to_string().into_bytes()
        } else if let Some(sample) = sample(&media) {
            sample.to_vec()
        } else {
            scalar(value)?.into_bytes()
        };
        if contains(&bytes, BOUNDARY.as_bytes()) || value.is_null() {
            return None;
        }
        let escaped = name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
        let file = if shape.octets || sample(&media).is_some() { "; filename=\"content.bin\"" } else { "" };
        let mut head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{escaped}\"{file}\r\n");
        if media != "text/plain" || said.is_some_and(|s| s.content_type.is_some()) {
            head.extend(["Content-Type: ", &media, "\r\n"]);
        }
        for (field, text) in said.into_iter().flat_map(|said| &said.headers) {
            head.extend([field.as_str(), ": ", text, "\r\n"]);
        }
        head.push_str("\r\n");
        content.extend_from_slice(head.as_bytes());
        content.extend_from_slice(&bytes);
        content.extend_from_slice(b"\r\n");
        Some(())
    }

    /// The media type of a part: the first that is said, else by what it is.
    fn media(&self, name: &str, value: &Value, shape: &Shape) -> String {
        let said =
            self.encoding.iter().find(|said| said.property == name).and_then(|said| said.content_type.as_deref());
        if let Some(said) = said {
            return concrete(said.split(',').next().unwrap_or_default().trim());
        }
        if value.is_object() || value.is_array() {
            return "application/json".to_owned();
        }
        if shape.octets { "application/octet-stream".to_owned() } else { "text/plain".to_owned() }
    }

    /// The value that the content carries.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Value> {
        let mut members = Map::new();
        for part in parts(bytes)? {
            let (name, media, content) = disassemble(part)?;
            let whole = self.shape.member(&name);
            let shape = if whole.is("array") { whole.item() } else { whole };
            let value = if media.as_deref().is_some_and(is_json) {
                serde_json::from_slice(content).ok()?
            } else {
                match std::str::from_utf8(content) {
                    Ok(text) => shape.read(text),
                    Err(_) => Value::String(content.iter().map(|byte| char::from(*byte)).collect()),
                }
            };
            if whole.is("array") {
                let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut()?.push(value);
            } else {
                members.insert(name, value);
            }
        }
        Some(Value::Object(members))
    }
}

/// A media type for a range.
pub(super) fn concrete(media: &str) -> String {
    match media {
        "*/*" | "application/*" => "application/octet-stream",
        "text/*" => "text/plain",
        "image/*" => "image/png",
        other => other,
    }
    .to_owned()
}

fn said(openapi: &OpenApi, encoding: &Encoding) -> Said {
    let mut headers = Vec::new();
    for header in encoding.headers.iter().filter(|header| header.required) {
        let schema = header.schema.as_ref().and_then(|schema| SchemaGenerator::compile(openapi, schema).ok());
        let value = schema.and_then(|schema| (0..20).find_map(|seed| field(&schema.conforming(seed).ok()?)));
        headers.push((header.name.clone(), value.unwrap_or_else(|| "any".to_owned())));
    }
    Said { property: encoding.property.clone(), content_type: encoding.content_type.clone(), headers }
}

/// A value that can stand in a header field.
fn field(value: &Value) -> Option<String> {
    scalar(value).filter(|text| !text.is_empty() && text.bytes().all(|b| (0x21..0x7f).contains(&b)))
}

/// The parts between the boundaries.
fn parts(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (open, close) = (format!("--{BOUNDARY}\r\n"), format!("--{BOUNDARY}--\r\n"));
    let mut rest = bytes;
    let mut found = Vec::new();
    while let Some(after) = rest.strip_prefix(open.as_bytes()) {
        let end = position(after, format!("\r\n--{BOUNDARY}").as_bytes())?;
        found.push(&after[..end]);
        rest = &after[end + 2..];
    }
    (rest == close.as_bytes()).then_some(found)
}

/// Name, media type and content of a part.
fn disassemble(part: &[u8]) -> Option<(String, Option<String>, &[u8])> {
    let end = position(part, b"\r\n\r\n")?;
    let head = std::str::from_utf8(&part[..end]).ok()?;
    let field = |name: &str| head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let name = field("Content-Disposition")?.split("name=\"").nth(1)?.split('"').next()?;
    let name = name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
    Some((name, field("Content-Type").map(str::to_owned), &part[end + 4..]))
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    position(bytes, wanted).is_some()
}

//! application/x-www-form-urlencoded (OpenAPI 3.1.1, §4.8.15.1): lists and
//! scalars by their style, objects as JSON unless a style is said.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::shape::{Shape, scalar};
use super::style::{Pairs, Style, decode, encode};
use crate::contract::openapi::{Encoding, MediaType};

/// Writes and reads one form.
#[derive(Debug)]
pub(super) struct Form {
    shape: Shape,
    encoding: Vec<Encoding>,
}

impl Form {
    /// A form of a media type.
    pub(super) fn new(media_type: &MediaType, shape: Shape) -> Self {
        Self { shape, encoding: media_type.encoding.clone() }
    }

    fn style(&self, property: &str) -> Style<'_> {
        let said = self.encoding.iter().find(|e| e.property == property);
        let name = said.and_then(|e| e.style.as_deref()).unwrap_or("form");
        let explode = said.and_then(|e| e.explode).unwrap_or(name == "form");
        Style { name, explode, reserved: said.is_some_and(|e| e.allow_reserved) }
    }

    /// Whether values of a property go as JSON.
    fn is_json(&self, property: &str) -> bool {
        let said = self.encoding.iter().find(|e| e.property == property);
        let shape = self.shape.member(property);
        let nested = shape.is("object") || (shape.is("array") && shape.item().is("object"));
        match said {
            Some(said) if said.style.is_some() => false,
            Some(said) if said.content_type.as_deref().is_some_and(|t| t.contains("json")) => true,
            _ => nested,
        }
    }

    /// The content; none where it can't carry the value. What is null is not
    /// there.
    pub(super) fn write(&self, value: &Value) -> Option<Bytes> {
        let mut written: Pairs = Vec::new();
        for (name, value) in value.as_object()?.iter().filter(|(_, value)| !value.is_null()) {
            if matches!(value, Value::Array(items) if items.is_empty()) {
                continue;
            }
            if name.contains(['[', ']']) {
                return None;
            }
            let structured = value.is_array() || value.is_object();
            if self.is_json(name) && structured {
                written.push((encode(name), encode(&value.to_string())));
            } else if value.is_object() && self.style(name).name != "deepObject" {
                // Spread, its members could not be told from those beside it.
                return None;
            } else {
                written.extend(self.style(name).pairs(name, value)?);
            }
        }
        let texts: Vec<String> = written.into_iter().map(|(name, text)| format!("{name}={text}")).collect();
        Some(Bytes::from(texts.join("&")))
    }

    /// The value that the content carries.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Value> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut groups: Vec<(String, Pairs)> = Vec::new();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let base = decode(name)?.split('[').next()?.to_owned();
            let one = (name.to_owned(), value.to_owned());
            match groups.iter_mut().find(|(known, _)| *known == base) {
                Some((_, pairs)) => pairs.push(one),
                None => groups.push((base, vec![one])),
            }
        }
        let mut members = Map::new();
        for (name, pairs) in groups {
            let shape = self.shape.member(&name);
            let json = self.is_json(&name) && (shape.is("object") || shape.is("array"));
            let value = if json {
                let text = decode(&pairs.first()?.1)?;
                serde_json::from_str(&text).unwrap_or(Value::String(text))
            } else {
                self.style(&name).read(&name, &pairs, shape)?
            };
            members.insert(name, value);
        }
        Some(Value::Object(members))
    }
}

/// A value as plain content: text, or bytes that are text here.
pub(super) fn plain(value: &Value) -> Option<Bytes> {
    scalar(value).map(Bytes::from)
}

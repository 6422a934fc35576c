//! JSON as text: read, and written in Newtonsoft's layout.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value as Json;

use super::dotnet::general;
use super::evaluate::Work;
use super::token::{Leaf, Token};

/// How Newtonsoft breaks lines: as the platform does, on which it runs.
const LINE: &str = "\r\n";

impl Token {
    /// Reads JSON.
    pub(super) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        let token: Self = serde_json::from_str(text)?;
        // Text is nested less deeply than trees may be.
        let _ = token.sink(0, &mut Work::new());
        Ok(token)
    }

    /// JSON as Newtonsoft writes it, in one line or indented.
    pub(super) fn write(&self, indented: bool) -> String {
        let mut out = String::new();
        self.write_to(&mut out, indented.then_some(0));
        out
    }

    fn write_to(&self, out: &mut String, indent: Option<usize>) {
        match self {
            Self::Leaf(leaf) => leaf.write_to(out),
            Self::Object(object) => {
                let members = object.members();
                let inner = indent.map(|i| i + 1);
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    separate(out, at, inner);
                    quote(out, name);
                    out.push_str(if indent.is_some() { ": " } else { ":" });
                    value.write_to(out, inner);
                }
                close(out, members.is_empty(), indent, '}');
            }
            Self::Array(array) => {
                let elements = array.elements();
                out.push('[');
                for (at, value) in elements.iter().enumerate() {
                    separate(out, at, indent.map(|i| i + 1));
                    value.write_to(out, indent.map(|i| i + 1));
                }
                close(out, elements.is_empty(), indent, ']');
            }
            Self::Property(property) => {
                quote(out, &property.name);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                property.value().write_to(out, indent);
            }
        }
    }
}

fn separate(out: &mut String, at: usize, indent: Option<usize>) {
    if at > 0 {
        out.push(',');
    }
    line(out, indent);
}

fn close(out: &mut String, empty: bool, indent: Option<usize>, with: char) {
    if !empty {
        line(out, indent);
    }
    out.push(with);
}

fn line(out: &mut String, indent: Option<usize>) {
    if let Some(indent) = indent {
        out.push_str(LINE);
        out.extend(std::iter::repeat_n("  ", indent));
    }
}

impl Leaf {
    fn write_to(&self, out: &mut String) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Self::Int(n) => drop(write!(out, "{n}")),
            Self::Float(n) if n.is_finite() => {
                let text = general(*n);
                out.push_str(&text);
                out.push_str(if text.contains(['.', 'E']) { "" } else { ".0" });
            }
            Self::Float(_) => out.push_str("\"NaN\""),
            Self::Text(text) | Self::Date(text) => quote(out, text),
        }
    }
}

/// A text in quotes, escaped as Newtonsoft does.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\0'..='\u{1f}' | '\u{85}' | '\u{2028}' | '\u{2029}' => drop(write!(out, "\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
}

impl From<&Json> for Token {
    fn from(json: &Json) -> Self {
        let token = Self::deserialize(json).unwrap_or(Self::NULL);
        let _ = token.sink(0, &mut Work::new());
        token
    }
}

impl<'de> Deserialize<'de> for Token {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Token;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Token, E> {
        Ok(Token::NULL)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Token, E> {
        Ok(Token::Leaf(Leaf::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Token, E> {
        Ok(Token::Leaf(Leaf::Int(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Token, E> {
        Ok(Token::Leaf(i64::try_from(value).map_or(Leaf::Float(value as f64), Leaf::Int)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Token, E> {
        Ok(Token::Leaf(Leaf::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Token, E> {
        let text: Arc<str> = value.into();
        Ok(Token::Leaf(if is_date(value) { Leaf::Date(text) } else { Leaf::Text(text) }))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Token, A::Error> {
        let mut read = Vec::new();
        while let Some(element) = elements.next_element::<Token>()? {
            read.push(element);
        }
        Ok(Token::of_elements(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Token, A::Error> {
        let mut read = indexmap::IndexMap::new();
        while let Some((name, value)) = members.next_entry::<Arc<str>, Token>()? {
            read.insert(name, value);
        }
        Ok(Token::of_members(read))
    }
}

/// Whether Newtonsoft reads a text as a date: `2026-09-01T08:05:06`, with a
/// fraction and an offset.
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"0000-00-00T00:00:00";
    bytes.len() >= shape.len()
        && bytes.len() <= 35
        && bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
        && bytes[shape.len()..].iter().all(|b| b.is_ascii_digit() || b".:+-Z".contains(b))
        && crate::clock::Timestamp::parse(&if bytes.len() == shape.len() {
            format!("{text}Z")
        } else {
            text.to_owned()
        })
        .is_some()
}

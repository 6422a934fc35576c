//! Bodies: values as content of a media type, and back.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};

use super::csv;
use super::parameter::{read_scalar, scalar};
use crate::contract::openapi::{MediaType, OpenApi};
use crate::generate::CouldNotMake;
use crate::generate::schema::SchemaGenerator;

/// A body in one media type.
#[derive(Debug)]
pub(crate) struct BodyGenerator {
    /// As it stands in `Content-Type`.
    pub(crate) media_type: String,
    /// Its values; none where it has no schema.
    pub(crate) schema: Option<SchemaGenerator>,
    /// Whole examples that keep the schema.
    pub(crate) examples: Vec<Value>,
    format: Format,
    columns: Vec<csv::Column>,
}

/// How values become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Form,
    Csv,
    Text,
    Octets,
}

impl BodyGenerator {
    /// Compiles a media type.
    pub(crate) fn compile(openapi: &OpenApi, media_type: &MediaType, at: &str) -> Result<Self, CouldNotMake> {
        let format = match media_type.name.as_str() {
            _ if media_type.is_json() => Format::Json,
            "application/x-www-form-urlencoded" => Format::Form,
            "text/csv" => Format::Csv,
            "application/octet-stream" => Format::Octets,
            "*/*" | "application/*" => Format::Json,
            name if name.starts_with("text/") => Format::Text,
            name => return Err(CouldNotMake::new(at, format!("bodies of `{name}` are not made"))),
        };
        let name = if media_type.name.contains('*') { "application/json" } else { &media_type.name };
        let schema = media_type.schema.as_ref().map(|s| SchemaGenerator::compile(openapi, s)).transpose()?;
        let columns = schema.as_ref().map_or_else(Vec::new, |s| match format {
            Format::Csv => s.columns(),
            _ => s.properties(),
        });
        if format == Format::Csv && columns.is_empty() {
            return Err(CouldNotMake::new(at, "text/csv is made only from a list of objects with properties"));
        }
        let mut examples = media_type.examples.clone();
        examples.retain(|example| schema.as_ref().is_some_and(|s| s.is_valid(example)));
        Ok(Self { media_type: name.to_owned(), schema, examples, format, columns })
    }

    /// Whether each row stands on a line of its own.
    pub(crate) fn is_csv(&self) -> bool {
        self.format == Format::Csv
    }

    /// Whether values keep their types.
    pub(crate) fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// The content; none where the format can't carry the value.
    pub(crate) fn write(&self, value: &Value, delimiter: u8) -> Option<Bytes> {
        match self.format {
            Format::Json => serde_json::to_vec(value).ok().map(Bytes::from),
            Format::Csv => csv::write(value, &self.columns, delimiter),
            Format::Form => write_form(value.as_object()?),
            Format::Text | Format::Octets => scalar(value).map(Bytes::from),
        }
    }

    /// The value that the content carries.
    pub(crate) fn read(&self, bytes: &[u8], delimiter: u8) -> Option<Value> {
        match self.format {
            Format::Json => serde_json::from_slice(bytes).ok(),
            Format::Csv => csv::read(bytes, &self.columns, delimiter),
            Format::Form => self.read_form(bytes),
            Format::Text | Format::Octets => {
                let text = std::str::from_utf8(bytes).ok()?;
                let types = self.schema.as_ref().map_or_else(Vec::new, SchemaGenerator::types);
                Some(read_scalar(text, &types))
            }
        }
    }

    fn read_form(&self, bytes: &[u8]) -> Option<Value> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut members = Map::new();
        for pair in text.split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=')?;
            let decode = |t: &str| percent_decode_str(t).decode_utf8().ok().map(|t| t.to_string());
            let (name, value) = (decode(name)?, decode(value)?);
            let types = self.columns.iter().find(|(n, _)| *n == name).map_or(&[][..], |(_, t)| t.as_slice());
            let value = read_scalar(&value, types);
            if types.contains(&"array") {
                let list = members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                list.as_array_mut()?.push(value);
            } else {
                members.insert(name, value);
            }
        }
        Some(Value::Object(members))
    }
}

fn write_form(members: &Map<String, Value>) -> Option<Bytes> {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let mut pairs = Vec::new();
    for (name, value) in members {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        for value in values {
            pairs.push(format!("{}={}", encode(name), encode(&scalar(value)?)));
        }
    }
    Some(Bytes::from(pairs.join("&")))
}

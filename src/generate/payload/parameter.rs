//! Parameters: values as text in path, query, header and cookie, and back.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use crate::contract::openapi::{OpenApi, Parameter, ParameterIn};
use crate::generate::CouldNotMake;
use crate::generate::schema::{Medium, SchemaGenerator};

/// Characters that RFC 3986 §2.3 leaves unreserved stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// One parameter.
#[derive(Debug)]
pub(crate) struct ParameterGenerator {
    /// What the document says.
    pub(crate) parameter: Parameter,
    /// Its values; none where it has no schema, which is any text.
    pub(crate) schema: Option<SchemaGenerator>,
}

impl ParameterGenerator {
    /// Compiles its schema.
    pub(crate) fn compile(openapi: &OpenApi, parameter: &Parameter) -> Result<Self, CouldNotMake> {
        let schema = parameter.schema.as_ref().map(|s| SchemaGenerator::compile(openapi, s)).transpose()?;
        Ok(Self { parameter: parameter.clone(), schema })
    }

    /// What its strings may hold.
    pub(crate) fn medium(&self) -> Medium {
        match self.parameter.within {
            ParameterIn::Path => Medium::Segment,
            ParameterIn::Query => Medium::Any,
            ParameterIn::Header | ParameterIn::Cookie => Medium::Field,
        }
    }

    /// Where it stands, as labels have it.
    pub(crate) fn place(&self) -> String {
        let within = match self.parameter.within {
            ParameterIn::Path => "path",
            ParameterIn::Query => "query",
            ParameterIn::Header => "header",
            ParameterIn::Cookie => "cookie",
        };
        format!("{within} {}", self.parameter.name)
    }

    /// The value as it goes over the wire: one text in a path segment, header
    /// field or cookie, name and value pairs in a query. None where it can't
    /// go there.
    pub(crate) fn write(&self, value: &Value) -> Option<Vec<(String, String)>> {
        let name = &self.parameter.name;
        let one = |text: String| Some(vec![(name.clone(), text)]);
        match self.parameter.within {
            ParameterIn::Query => self.write_query(value),
            ParameterIn::Path => {
                let text = self.simple(value, true)?;
                (!text.is_empty() && !text.contains("%2F") && !text.starts_with('.')).then(|| one(text))?
            }
            ParameterIn::Header => {
                let text = self.simple(value, false)?;
                let inner = text.bytes().all(|b| (0x20..0x7f).contains(&b));
                (inner && !text.is_empty() && text.trim() == text).then(|| one(text))?
            }
            ParameterIn::Cookie => {
                let text = self.simple(value, false)?;
                let inner = text.bytes().all(|b| (0x21..0x7f).contains(&b) && !b";,\"\\".contains(&b));
                (inner && !text.is_empty()).then(|| one(text))?
            }
        }
    }

    fn write_query(&self, value: &Value) -> Option<Vec<(String, String)>> {
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let name = encode(&self.parameter.name);
        let (explode, style) = (self.parameter.explode, self.parameter.style.as_str());
        Some(match value {
            Value::Array(items) if explode => {
                items.iter().map(|i| Some((name.clone(), encode(&scalar(i)?)))).collect::<Option<_>>()?
            }
            Value::Array(items) => {
                let separator = match style {
                    "spaceDelimited" => "%20",
                    "pipeDelimited" => "%7C",
                    _ => ",",
                };
                let texts: Vec<String> = items.iter().map(|i| Some(encode(&scalar(i)?))).collect::<Option<_>>()?;
                vec![(name, texts.join(separator))]
            }
            Value::Object(members) if style == "deepObject" => members
                .iter()
                .map(|(k, v)| Some((format!("{name}%5B{}%5D", encode(k)), encode(&scalar(v)?))))
                .collect::<Option<_>>()?,
            Value::Object(members) if explode => {
                members.iter().map(|(k, v)| Some((encode(k), encode(&scalar(v)?)))).collect::<Option<_>>()?
            }
            Value::Object(members) => {
                let texts: Vec<String> =
                    members.iter().map(|(k, v)| Some(encode(k) + "," + &encode(&scalar(v)?))).collect::<Option<_>>()?;
                vec![(name, texts.join(","))]
            }
            other => vec![(name, encode(&scalar(other)?))],
        })
    }

    /// Style `simple`, which path, header and (without explode) cookie share.
    fn simple(&self, value: &Value, encoded: bool) -> Option<String> {
        let text = |v: &Value| {
            let text = scalar(v)?;
            if encoded {
                return Some(utf8_percent_encode(&text, RESERVED).to_string());
            }
            Some(text)
        };
        match value {
            Value::Array(items) => {
                let texts: Vec<String> = items.iter().map(text).collect::<Option<_>>()?;
                let split = !encoded && texts.iter().any(|t| t.contains(','));
                (!split && texts.iter().all(|t| !t.is_empty())).then(|| texts.join(","))
            }
            Value::Object(members) => {
                let between = if self.parameter.explode { "=" } else { "," };
                let texts: Vec<String> =
                    members.iter().map(|(k, v)| Some(format!("{k}{between}{}", text(v)?))).collect::<Option<_>>()?;
                (encoded || !texts.iter().any(|t| t.matches(',').count() > 1)).then(|| texts.join(","))
            }
            other => text(other),
        }
    }

    /// Reads what [`Self::write`] made, as far as the wire carries it: texts
    /// that look like the schema's type are of that type.
    pub(crate) fn read(&self, pairs: &[(String, String)]) -> Option<Value> {
        let schema = self.schema.as_ref()?;
        let decode = |text: &str| {
            let plain = matches!(self.parameter.within, ParameterIn::Header | ParameterIn::Cookie);
            if plain {
                return Some(text.to_owned());
            }
            percent_encoding::percent_decode_str(text).decode_utf8().ok().map(|t| t.to_string())
        };
        let types = schema.types();
        if types.contains(&"array") {
            let items = schema.item_types();
            let spread = self.parameter.explode && self.parameter.within == ParameterIn::Query;
            let separator = if self.parameter.style == "pipeDelimited" { "%7C" } else { "," };
            let texts: Vec<&str> = if spread {
                pairs.iter().map(|(_, v)| v.as_str()).collect()
            } else {
                pairs.iter().flat_map(|(_, v)| v.split(separator)).collect()
            };
            let items: Option<Vec<Value>> = texts.into_iter().map(|t| Some(read_scalar(&decode(t)?, &items))).collect();
            return items.map(Value::Array);
        }
        if types.contains(&"object") {
            return self.read_object(schema, pairs, &decode);
        }
        let (_, text) = pairs.first()?;
        Some(read_scalar(&decode(text)?, &types))
    }

    fn read_object(
        &self,
        schema: &SchemaGenerator,
        pairs: &[(String, String)],
        decode: &dyn Fn(&str) -> Option<String>,
    ) -> Option<Value> {
        let known = schema.properties();
        let mut members = Map::new();
        let mut put = |name: &str, text: &str| {
            let types = known.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, t)| t.as_slice());
            members.insert(name.to_owned(), read_scalar(text, types));
        };
        let query = self.parameter.within == ParameterIn::Query;
        if query && (self.parameter.explode || self.parameter.style == "deepObject") {
            for (name, text) in pairs {
                let name = decode(name)?;
                let inner = name.strip_prefix(&format!("{}[", self.parameter.name)).and_then(|n| n.strip_suffix(']'));
                put(inner.unwrap_or(&name), &decode(text)?);
            }
            return Some(Value::Object(members));
        }
        let parts: Vec<&str> = pairs.first()?.1.split(',').collect();
        if self.parameter.explode {
            for part in parts {
                let (name, text) = part.split_once('=')?;
                put(&decode(name)?, &decode(text)?);
            }
        } else {
            for pair in parts.chunks(2) {
                put(&decode(pair[0])?, &decode(pair.get(1)?)?);
            }
        }
        Some(Value::Object(members))
    }
}

/// A value as text; none for null, lists and objects.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A text as a value of one of the types.
pub(super) fn read_scalar(text: &str, types: &[&str]) -> Value {
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
    if types.contains(&"integer")
        && let Ok(whole) = text.parse::<i64>()
    {
        return Value::from(whole);
    }
    if (types.contains(&"number") || types.contains(&"integer"))
        && numeric
        && let Some(number) = serde_json::from_str::<serde_json::Number>(text).ok()
    {
        return Value::Number(number);
    }
    match text {
        "true" | "false" if types.contains(&"boolean") => Value::Bool(text == "true"),
        _ => Value::String(text.to_owned()),
    }
}

//! Parameters: values as text in path, query, header and cookie, and back.

use serde_json::Value;

use super::shape::{Shape, scalar};
use super::style::{Pairs, Style, decode, encode};
use crate::contract::openapi::{OpenApi, Parameter, ParameterIn, is_json};
use crate::generate::CouldNotMake;
use crate::generate::schema::{Medium, SchemaGenerator};

/// One parameter.
#[derive(Debug)]
pub(crate) struct ParameterGenerator {
    /// What the document says.
    pub(crate) parameter: Parameter,
    /// Its values; none where it has no schema, which is any text.
    pub(crate) schema: Option<SchemaGenerator>,
    /// Examples that keep the schema.
    pub(crate) examples: Vec<Value>,
    /// Whether nothing at all in its place breaks the schema.
    pub(crate) blank_breaks: bool,
    shape: Shape,
}

impl ParameterGenerator {
    /// Compiles its schema.
    pub(crate) fn compile(openapi: &OpenApi, parameter: &Parameter) -> Result<Self, CouldNotMake> {
        let schema = parameter.schema.as_ref().map(|s| SchemaGenerator::compile(openapi, s)).transpose()?;
        if let Some(media) = parameter.content.as_deref().filter(|m| !is_json(m) && !m.starts_with("text/")) {
            let at = format!("the parameter {}", parameter.name);
            return Err(CouldNotMake::new(at, format!("content of `{media}` is not made")));
        }
        let shape = Shape::of(openapi, parameter.schema.as_ref());
        let blank = shape.read("");
        let blank_breaks = parameter.content.is_none() && schema.as_ref().is_some_and(|s| !s.is_valid(&blank));
        let mut made = Self { parameter: parameter.clone(), schema, examples: Vec::new(), blank_breaks, shape };
        let right = |example: &&Value| {
            made.schema.as_ref().is_none_or(|s| s.is_valid(example)) && made.write(example).is_some()
        };
        made.examples = parameter.examples.iter().filter(right).cloned().collect();
        Ok(made)
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

    /// Whether the value is nothing at all, and the document allows that
    /// whatever the schema says.
    pub(crate) fn is_free_blank(&self, value: &Value) -> bool {
        self.parameter.allow_empty && *value == Value::String(String::new())
    }

    fn style(&self) -> Style<'_> {
        let Parameter { style, explode, allow_reserved, .. } = &self.parameter;
        Style { name: style, explode: *explode, reserved: *allow_reserved }
    }

    /// The value as it goes over the wire: one text in a path segment or header
    /// field, name and value pairs in a query or cookie. None where it can't go
    /// there.
    pub(crate) fn write(&self, value: &Value) -> Option<Pairs> {
        let name = &self.parameter.name;
        if *value == Value::String(String::new()) {
            // Whether an empty value is there is read one way and another; it
            // is sent where both readings agree.
            let query = self.parameter.within == ParameterIn::Query;
            let sent = (query && self.parameter.allow_empty) || (self.blank_breaks && self.parameter.required);
            return (sent && self.parameter.within != ParameterIn::Path).then(|| vec![(encode(name), String::new())]);
        }
        let one = |text: String| vec![(name.clone(), text)];
        if let Some(media) = &self.parameter.content {
            let text = if is_json(media) { value.to_string() } else { scalar(value)? };
            let raw = matches!(self.parameter.within, ParameterIn::Header | ParameterIn::Cookie);
            return self.fits(one(if raw { text } else { encode(&text) }));
        }
        match self.parameter.within {
            ParameterIn::Query => self.style().pairs(name, value),
            ParameterIn::Path => self.fits(one(self.style().line(name, value, false)?)),
            ParameterIn::Header => self.fits(one(self.style().line(name, value, true)?)),
            ParameterIn::Cookie => self.cookies(value),
        }
    }

    /// A cookie; lists and objects that are exploded are several of them.
    fn cookies(&self, value: &Value) -> Option<Pairs> {
        let name = &self.parameter.name;
        let pairs = match value {
            Value::Array(items) if self.parameter.explode => {
                items.iter().map(|item| Some((name.clone(), scalar(item)?))).collect::<Option<_>>()?
            }
            Value::Object(members) if self.parameter.explode => {
                members.iter().map(|(key, member)| Some((key.clone(), scalar(member)?))).collect::<Option<_>>()?
            }
            one => vec![(name.clone(), self.style().line(name, one, true)?)],
        };
        self.fits(pairs)
    }

    /// Those texts that can stand where they go.
    fn fits(&self, pairs: Pairs) -> Option<Pairs> {
        let plain = self.parameter.style == "simple";
        let right = |text: &str| match self.parameter.within {
            ParameterIn::Query => true,
            ParameterIn::Path if plain && text.starts_with('.') => false,
            ParameterIn::Path => !text.is_empty() && !text.contains("%2F"),
            ParameterIn::Header => {
                text.bytes().all(|b| (0x20..0x7f).contains(&b)) && !text.is_empty() && text.trim() == text
            }
            // `%` would be decoded by some and not by others.
            ParameterIn::Cookie => {
                !text.is_empty() && text.bytes().all(|b| (0x21..0x7f).contains(&b) && !b";,\"\\%".contains(&b))
            }
        };
        let token =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        let named =
            |name: &str| self.parameter.within != ParameterIn::Cookie || token(name) || *name == self.parameter.name;
        (!pairs.is_empty() && pairs.iter().all(|(name, text)| right(text) && named(name))).then_some(pairs)
    }

    /// Reads what [`Self::write`] made, as far as the wire carries it: texts
    /// that look like the schema's type are of that type.
    pub(crate) fn read(&self, pairs: &[(String, String)]) -> Option<Value> {
        let (_, first) = pairs.first()?;
        let name = &self.parameter.name;
        let raw = matches!(self.parameter.within, ParameterIn::Header | ParameterIn::Cookie);
        if let Some(media) = &self.parameter.content {
            let text = if raw { first.clone() } else { decode(first)? };
            return if is_json(media) { serde_json::from_str(&text).ok() } else { Some(self.shape.read(&text)) };
        }
        if first.is_empty() && pairs.len() == 1 {
            return Some(self.shape.read(""));
        }
        match self.parameter.within {
            ParameterIn::Query => self.style().read(name, pairs, &self.shape),
            ParameterIn::Cookie if self.parameter.explode && (self.shape.is("array") || self.shape.is("object")) => {
                self.style().read(name, pairs, &self.shape)
            }
            _ => self.style().read_line(name, first, &self.shape, raw),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use serde_json::json;

    use super::*;

    /// A parameter of a document that says this of it.
    fn parameter(says: &str) -> ParameterGenerator {
        let mut text = String::from("openapi: 3.1.0\ninfo: { title: t, version: '1' }\npaths:\n  /a/{p}:\n    get:\n");
        let _ = writeln!(text, "      responses: {{}}\n      parameters: [{{ name: p, required: true, {says} }}]");
        let openapi = OpenApi::parse("a.yaml", &text).unwrap_or_else(|e| panic!("{e}"));
        ParameterGenerator::compile(&openapi, &openapi.operations[0].parameters[0]).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn every_style_is_written_as_the_standard_has_it_and_read_again() {
        let list = "schema: { type: array, items: { type: string } }";
        let object = "schema: { type: object, properties: { R: { type: integer }, G: { type: integer } } }";
        let (blue, rg) = (json!(["blue", "black"]), json!({"R": 100, "G": 200}));
        for (says, value, wire) in [
            (format!("in: path, {list}"), &blue, "p=blue,black"),
            (format!("in: path, {object}"), &rg, "p=R,100,G,200"),
            (format!("in: path, explode: true, {object}"), &rg, "p=R=100,G=200"),
            (format!("in: path, style: label, {list}"), &blue, "p=.blue,black"),
            (format!("in: path, style: label, explode: true, {list}"), &blue, "p=.blue.black"),
            (format!("in: path, style: label, explode: true, {object}"), &rg, "p=.R=100.G=200"),
            (format!("in: path, style: matrix, {list}"), &blue, "p=;p=blue,black"),
            (format!("in: path, style: matrix, explode: true, {list}"), &blue, "p=;p=blue;p=black"),
            (format!("in: path, style: matrix, {object}"), &rg, "p=;p=R,100,G,200"),
            (format!("in: path, style: matrix, explode: true, {object}"), &rg, "p=;R=100;G=200"),
            ("in: path, style: matrix, schema: { type: integer }".into(), &json!(5), "p=;p=5"),
            ("in: path, style: label, schema: { type: string }".into(), &json!("a/b"), "p=-"),
            ("in: path, style: label, schema: { type: string }".into(), &json!("ä b"), "p=.%C3%A4%20b"),
            (format!("in: query, {list}"), &blue, "p=blue&p=black"),
            (format!("in: query, explode: false, {list}"), &json!(["a,b", "c"]), "p=a%2Cb,c"),
            (format!("in: query, style: spaceDelimited, {list}"), &blue, "p=blue%20black"),
            (format!("in: query, style: spaceDelimited, {list}"), &json!(["a b"]), "-"),
            (format!("in: query, style: pipeDelimited, {list}"), &blue, "p=blue%7Cblack"),
            (format!("in: query, style: pipeDelimited, {object}"), &rg, "p=R%7C100%7CG%7C200"),
            (format!("in: query, {object}"), &rg, "R=100&G=200"),
            (format!("in: query, explode: false, {object}"), &rg, "p=R,100,G,200"),
            (format!("in: query, style: deepObject, {object}"), &rg, "p%5BR%5D=100&p%5BG%5D=200"),
            ("in: query, allowReserved: true, schema: { type: string }".into(), &json!("a/b?c&d"), "p=a/b?c%26d"),
            (
                format!("in: query, content: {{ application/json: {{ {object} }} }}"),
                &rg,
                "p=%7B%22R%22%3A100%2C%22G%22%3A200%7D",
            ),
            (format!("in: header, {list}"), &blue, "p=blue,black"),
            (format!("in: header, explode: true, {object}"), &rg, "p=R=100,G=200"),
            (format!("in: header, content: {{ application/json: {{ {list} }} }}"), &blue, "p=[\"blue\",\"black\"]"),
            (format!("in: cookie, {list}"), &blue, "p=blue&p=black"),
            ("in: cookie, schema: { type: string }".into(), &json!("a;b"), "-"),
        ] {
            let parameter = parameter(&says);
            let Some(pairs) = parameter.write(value) else {
                assert!(wire.ends_with('-'), "{says}: {value} can't be written");
                continue;
            };
            let written: Vec<String> = pairs.iter().map(|(name, text)| format!("{name}={text}")).collect();
            assert_eq!(written.join("&"), wire, "{says}");
            assert_eq!(parameter.read(&pairs).as_ref(), Some(value), "{says}");
        }
    }

    #[test]
    fn nothing_at_all_is_sent_where_it_means_one_thing() {
        let sent = |says: &str| parameter(says).write(&json!("")).is_some();
        assert!(
            sent("in: header, schema: { type: integer }") && sent("in: query, schema: { type: string, minLength: 1 }")
        );
        assert!(!sent("in: header, schema: { type: string }") && !sent("in: query, schema: { type: string }"));
        assert!(sent("in: query, allowEmptyValue: true, schema: { type: string }"));
        assert!(!sent("in: path, schema: { type: integer }"));
    }
}

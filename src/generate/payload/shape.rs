//! What text can be read as: the types a schema has at each place of a value.

use serde_json::{Map, Value};

use crate::contract::openapi::{OpenApi, SchemaRef};

/// How deep values of parameters and forms are looked into.
const DEEPEST: usize = 5;

/// Most places that are looked at.
const MOST: usize = 2000;

/// What text at one place can be read as.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// JSON types; empty: the schema says nothing.
    pub(super) types: Vec<&'static str>,
    /// Whether it is a text of bytes that are nobody's characters.
    pub(super) octets: bool,
    members: Vec<(String, Shape)>,
    others: Option<Box<Shape>>,
    items: Option<Box<Shape>>,
}

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// Where nothing is known.
static ANY: Shape = Shape { types: Vec::new(), octets: false, members: Vec::new(), others: None, items: None };

impl Shape {
    /// The shape of a schema as it acts for requests.
    pub(super) fn of(openapi: &OpenApi, schema: Option<&SchemaRef>) -> Self {
        let document = openapi.requests();
        let mut left = MOST;
        let value = schema.and_then(|schema| document.pointer(&schema.pointer));
        value.map_or_else(Self::default, |value| build(document, value, 0, &mut left))
    }

    /// Whether values may be of a type.
    pub(super) fn is(&self, name: &str) -> bool {
        self.types.contains(&name)
    }

    /// The shape of a property.
    pub(super) fn member(&self, name: &str) -> &Self {
        let known = self.members.iter().find(|(n, _)| n == name).map(|(_, shape)| shape);
        known.or(self.others.as_deref()).unwrap_or(&ANY)
    }

    /// The shape of an element.
    pub(super) fn item(&self) -> &Self {
        self.items.as_deref().unwrap_or(&ANY)
    }

    /// A text as the value that it stands for.
    pub(super) fn read(&self, text: &str) -> Value {
        read_scalar(text, &self.types)
    }
}

fn build(document: &Value, schema: &Value, depth: usize, left: &mut usize) -> Shape {
    let parts = parts(document, schema);
    let mut shape = Shape { types: types(&parts), ..Shape::default() };
    shape.octets = parts.iter().any(|part| {
        part.get("format").is_some_and(|f| f == "binary")
            || (part.get("contentMediaType").is_some() && part.get("contentEncoding").is_none())
    });
    if depth >= DEEPEST || *left == 0 {
        return shape;
    }
    for (name, property) in parts.iter().filter_map(|p| p.get("properties")?.as_object()).flatten() {
        if *left > 0 && !shape.members.iter().any(|(known, _)| known == name) {
            *left -= 1;
            shape.members.push((name.clone(), build(document, property, depth + 1, left)));
        }
    }
    let mut below = |keyword: &str| {
        let part = parts.iter().find_map(|p| p.get(keyword).filter(|s| s.is_object()))?;
        Some(Box::new(build(document, part, depth + 1, left)))
    };
    shape.others = below("additionalProperties");
    shape.items = below("items");
    shape
}

/// The schema with its `$ref`s followed, and those it is composed of.
fn parts<'d>(document: &'d Value, schema: &'d Value) -> Vec<&'d Value> {
    let mut found: Vec<&Value> = Vec::new();
    let mut waiting = vec![schema];
    while let Some(schema) = waiting.pop() {
        if found.len() >= 200 || found.iter().any(|known| std::ptr::eq::<Value>(*known, schema)) {
            continue;
        }
        found.push(schema);
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
        let pointer = reference.map(|r| percent_encoding::percent_decode_str(r).decode_utf8_lossy());
        waiting.extend(pointer.and_then(|pointer| document.pointer(&pointer)));
        for keyword in ["allOf", "anyOf", "oneOf"] {
            waiting.extend(schema.get(keyword).and_then(Value::as_array).into_iter().flatten());
        }
    }
    found
}

/// The types that schemas speak of: by `type`, else by their values, else by
/// their keywords.
fn types(parts: &[&Value]) -> Vec<&'static str> {
    let mut found: Vec<&'static str> = Vec::new();
    let mut add = |name: &str| {
        let known = TYPES.into_iter().find(|t| *t == name).filter(|t| !found.contains(t));
        found.extend(known);
    };
    for part in parts {
        match part.get("type") {
            Some(Value::String(name)) => add(name),
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).for_each(&mut add),
            _ => {}
        }
    }
    if !found.is_empty() {
        return found;
    }
    let mut add = |name: &'static str| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    for part in parts {
        let listed = part.get("enum").and_then(Value::as_array).into_iter().flatten();
        listed.chain(part.get("const")).for_each(|value| add(kind(value)));
        if part.get("properties").is_some() {
            add("object");
        }
        if part.get("items").is_some() {
            add("array");
        }
        if part.get("minimum").is_some() || part.get("maximum").is_some() {
            add("number");
        }
    }
    found
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
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

/// Texts as a list.
pub(super) fn read_list<'t>(texts: impl IntoIterator<Item = &'t str>, shape: &Shape) -> Value {
    texts.into_iter().map(|text| shape.item().read(text)).collect()
}

/// Names and texts as an object.
pub(super) fn read_members(pairs: impl IntoIterator<Item = (String, String)>, shape: &Shape) -> Value {
    let members = pairs.into_iter().map(|(name, text)| {
        let value = shape.member(&name).read(&text);
        (name, value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

//! The JSON Schema keywords of a contract's requests, with their places: what
//! can be violated.

use std::collections::BTreeSet;

use serde_json::Value;

use super::reach::place;
use crate::contract::openapi::{OpenApi, Operation, Parameter, ParameterIn};

/// The keywords that a value can fail at the place where they stand.
const KEYWORDS: [&str; 18] = [
    "type",
    "enum",
    "const",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "required",
];

/// Deepest place that is counted.
const DEEPEST: usize = 6;

/// The keywords of an operation's requests, with their places. The correlation
/// ID has rules of its own.
pub(super) fn keywords(document: &OpenApi, operation: &Operation, correlation: Option<&str>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let content = operation.request.iter().flat_map(|request| &request.content);
    for (media, schema) in content.filter_map(|media| Some((media, document.schema(media.schema.as_ref()?)?))) {
        walk(&Walk { document, typed: media.is_json() }, schema, "body ", 0, &mut found);
    }
    let own = |p: &&Parameter| {
        p.within != ParameterIn::Header || correlation.is_none_or(|name| !p.name.eq_ignore_ascii_case(name))
    };
    for parameter in operation.parameters.iter().filter(own) {
        if parameter.required && parameter.within != ParameterIn::Path {
            found.insert(format!("required at {}", place(parameter)));
        }
        if let Some(schema) = parameter.schema.as_ref().and_then(|schema| document.schema(schema)) {
            walk(&Walk { document, typed: false }, schema, &place(parameter), 0, &mut found);
        }
    }
    found
}

/// What a walk through a schema knows.
struct Walk<'d> {
    document: &'d OpenApi,
    /// Whether the wire tells texts from numbers. Where it doesn't, everything
    /// is a text.
    typed: bool,
}

fn walk(of: &Walk<'_>, schema: &Value, at: &str, depth: usize, found: &mut BTreeSet<String>) {
    let Some(members) = of.document.resolve(schema).as_object() else { return };
    if depth > DEEPEST || (depth > 0 && members.get("readOnly") == Some(&Value::Bool(true))) {
        return;
    }
    let whole = if at == "body " { "body /" } else { at };
    let mut add = |keyword: &str| {
        found.insert(format!("{keyword} at {whole}"));
    };
    let kind = members.get("type").and_then(Value::as_str);
    let can_fail = of.typed || matches!(kind, Some("integer" | "number" | "boolean"));
    for keyword in KEYWORDS.iter().filter(|keyword| **keyword != "type" || can_fail) {
        let trivial = |value: &Value| {
            value == &Value::Bool(false) || value.as_u64() == Some(0) || value.as_array().is_some_and(Vec::is_empty)
        };
        if members.get(*keyword).is_some_and(|value| !trivial(value) || *keyword == "maximum") {
            add(keyword);
        }
    }
    if members.get("additionalProperties") == Some(&Value::Bool(false)) {
        add("additionalProperties");
    }
    for keyword in ["oneOf", "anyOf"] {
        if members.contains_key(keyword) {
            add(keyword);
        }
    }
    for part in members.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        walk(of, part, at, depth + 1, found);
    }
    for (name, member) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let name = name.replace('~', "~0").replace('/', "~1");
        walk(of, member, &format!("{at}/{name}"), depth + 1, found);
    }
    if let Some(items) = members.get("items") {
        walk(of, items, &format!("{at}/*"), depth + 1, found);
    }
}

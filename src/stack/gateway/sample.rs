//! A small value that shows what a schema describes.

use serde_json::{Map, Value as Json, json};

use crate::contract::openapi::OpenApi;

/// How deep a value nests at most; deeper down there is null.
const MAX_DEPTH: usize = 8;

/// A value of a schema: what it names as an example or a default, else the
/// simplest of its type, with every property that is declared.
pub(super) fn sample(openapi: &OpenApi, schema: &Json) -> Json {
    at_depth(openapi, schema, 0)
}

fn at_depth(openapi: &OpenApi, schema: &Json, depth: usize) -> Json {
    let schema = openapi.resolve(schema);
    if depth > MAX_DEPTH {
        return Json::Null;
    }
    let said = ["example", "default", "const"].into_iter().find_map(|key| schema.get(key));
    let listed = ["examples", "enum"].into_iter().find_map(|key| schema.get(key)?.as_array()?.first());
    if let Some(value) = said.or(listed) {
        return value.clone();
    }
    if let Some(first) = ["oneOf", "anyOf"].into_iter().find_map(|key| schema.get(key)?.as_array()?.first()) {
        return at_depth(openapi, first, depth + 1);
    }
    match kind(schema) {
        "object" => Json::Object(members(openapi, schema, depth)),
        "array" => {
            let item = schema.get("items").map(|items| at_depth(openapi, items, depth + 1));
            Json::Array(item.into_iter().collect())
        }
        "string" => text(schema),
        "integer" | "number" => number(schema),
        "boolean" => Json::Bool(true),
        _ => Json::Null,
    }
}

/// The schema's type; where several are named, the first that is not null.
fn kind(schema: &Json) -> &str {
    match schema.get("type") {
        Some(Json::String(kind)) => kind,
        Some(Json::Array(kinds)) => kinds.iter().filter_map(Json::as_str).find(|k| *k != "null").unwrap_or("null"),
        _ if schema.get("properties").is_some() || schema.get("allOf").is_some() => "object",
        _ if schema.get("items").is_some() => "array",
        _ => "null",
    }
}

fn members(openapi: &OpenApi, schema: &Json, depth: usize) -> Map<String, Json> {
    let mut members = Map::new();
    for part in schema.get("allOf").and_then(Json::as_array).into_iter().flatten() {
        if let Json::Object(more) = at_depth(openapi, part, depth + 1) {
            members.extend(more);
        }
    }
    for (name, property) in schema.get("properties").and_then(Json::as_object).into_iter().flatten() {
        members.insert(name.clone(), at_depth(openapi, property, depth + 1));
    }
    members
}

fn text(schema: &Json) -> Json {
    let format = schema.get("format").and_then(Json::as_str).unwrap_or_default();
    let text = match format {
        "date-time" => "2026-01-01T00:00:00Z",
        "date" => "2026-01-01",
        "time" => "00:00:00Z",
        "uuid" => "00000000-0000-0000-0000-000000000000",
        "email" => "somebody@example.com",
        "uri" => "https://example.com",
        _ => "string",
    };
    let least = schema.get("minLength").and_then(Json::as_u64).unwrap_or(0).min(1000) as usize;
    let most = schema.get("maxLength").and_then(Json::as_u64).unwrap_or(u64::MAX).min(1000) as usize;
    let mut text = text.to_owned();
    while text.len() < least {
        text.push('x');
    }
    text.truncate(most);
    Json::String(text)
}

fn number(schema: &Json) -> Json {
    match schema.get("minimum").or_else(|| schema.get("maximum")) {
        Some(bound) => bound.clone(),
        None => json!(0),
    }
}

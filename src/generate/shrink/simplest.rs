//! The simplest values a schema speaks of. They are proposals: whether they
//! keep the schema is proven when the request is.

use serde_json::{Map, Number, Value};

use crate::contract::openapi::OpenApi;

/// Deepest nesting that is looked into.
const DEEPEST: u32 = 8;

/// Most values for one place.
const MOST: usize = 8;

/// Longest string that is made of nothing but its length.
const LONGEST: u64 = 100_000;

/// The simplest values of any of these schemas that are of `current`'s type,
/// the shortest first; none where `current` is one of them.
pub(super) fn values(openapi: &OpenApi, schemas: &[&Value], current: &Value) -> Option<Vec<Value>> {
    let mut found: Vec<Value> = Vec::new();
    for schema in schemas {
        for value in of_schema(openapi, schema, Some(current), 0) {
            let alike = std::mem::discriminant(&value) == std::mem::discriminant(current) || value.is_string();
            if alike && !found.contains(&value) {
                found.push(value);
            }
        }
    }
    found.sort_by_cached_key(|value| value.to_string().len());
    found.truncate(MOST);
    // What a pattern leaves as it is can still be simpler.
    let settled = found.first() == Some(current) && !schemas.iter().any(|schema| schema.get("pattern").is_some());
    found.retain(|value| value != current);
    (!settled || current.is_object()).then_some(found)
}

fn of_schema(openapi: &OpenApi, schema: &Value, current: Option<&Value>, depth: u32) -> Vec<Value> {
    let mut all = Map::new();
    gather(openapi, schema, &mut all, 0);
    let mut branches: Vec<Value> = Vec::new();
    for keyword in ["oneOf", "anyOf"] {
        branches.extend(all.get(keyword).and_then(Value::as_array).into_iter().flatten().cloned());
    }
    if branches.is_empty() || depth > DEEPEST {
        return of_keywords(openapi, &all, current, depth).into_iter().collect();
    }
    let mut found = Vec::new();
    for branch in branches {
        let mut merged = all.clone();
        merged.remove("oneOf");
        merged.remove("anyOf");
        gather(openapi, &branch, &mut merged, 0);
        if !merged.contains_key("oneOf") && !merged.contains_key("anyOf") {
            found.extend(of_keywords(openapi, &merged, current, depth));
        }
    }
    found
}

/// All keywords of a schema and of what it is composed of.
fn gather(openapi: &OpenApi, schema: &Value, into: &mut Map<String, Value>, depth: u32) {
    let Some(schema) = openapi.resolve(schema).as_object() else { return };
    if depth > DEEPEST {
        return;
    }
    for (keyword, value) in schema {
        match (keyword.as_str(), into.get_mut(keyword)) {
            ("allOf", _) => {}
            ("required", Some(Value::Array(known))) => known.extend(value.as_array().into_iter().flatten().cloned()),
            ("properties", Some(Value::Object(known))) => {
                for (name, property) in value.as_object().into_iter().flatten() {
                    known.entry(name.clone()).or_insert_with(|| property.clone());
                }
            }
            ("minimum" | "exclusiveMinimum" | "minLength" | "minItems", Some(known))
                if known.as_f64() >= value.as_f64() => {}
            ("maximum" | "exclusiveMaximum", Some(known)) if known.as_f64() <= value.as_f64() => {}
            _ => {
                into.insert(keyword.clone(), value.clone());
            }
        }
    }
    for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        gather(openapi, part, into, depth + 1);
    }
}

fn of_keywords(openapi: &OpenApi, schema: &Map<String, Value>, current: Option<&Value>, depth: u32) -> Option<Value> {
    if let Some(only) = schema.get("const") {
        return Some(only.clone());
    }
    if let Some(listed) = schema.get("enum").and_then(Value::as_array) {
        return listed.first().cloned();
    }
    match kind(schema, current)? {
        "object" => object(openapi, schema, current, depth),
        "array" => array(openapi, schema, depth),
        "string" => string(schema, current),
        "integer" => number(schema, true),
        "number" => number(schema, false),
        "boolean" => Some(Value::Bool(false)),
        _ => Some(Value::Null),
    }
}

/// The type to make: the one that stands there where the schema admits it.
fn kind<'s>(schema: &'s Map<String, Value>, current: Option<&Value>) -> Option<&'s str> {
    let declared: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ if schema.contains_key("properties") || schema.contains_key("required") => vec!["object"],
        _ if schema.contains_key("items") => vec!["array"],
        _ => Vec::new(),
    };
    let fits = |name: &str| match current {
        Some(Value::Null) => name == "null",
        Some(Value::Bool(_)) => name == "boolean",
        Some(Value::Number(_)) => name == "integer" || name == "number",
        Some(Value::String(_)) => name == "string",
        Some(Value::Array(_)) => name == "array",
        Some(Value::Object(_)) => name == "object",
        None => false,
    };
    declared.iter().find(|name| fits(name)).or_else(|| declared.iter().find(|n| **n != "null")).copied()
}

fn object(openapi: &OpenApi, schema: &Map<String, Value>, current: Option<&Value>, depth: u32) -> Option<Value> {
    if depth > DEEPEST {
        return None;
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let required = schema.get("required").and_then(Value::as_array);
    let mut members = Map::new();
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        let there = current.and_then(|value| value.get(name));
        let described = properties.and_then(|p| p.get(name));
        let simplest = described.and_then(|schema| {
            let mut values = of_schema(openapi, schema, there, depth + 1);
            values.sort_by_cached_key(|value| value.to_string().len());
            values.into_iter().next()
        });
        members.insert(name.to_owned(), simplest.or_else(|| there.cloned())?);
    }
    Some(Value::Object(members))
}

fn array(openapi: &OpenApi, schema: &Map<String, Value>, depth: u32) -> Option<Value> {
    let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
    if least == 0 {
        return Some(Value::Array(Vec::new()));
    }
    let distinct = schema.get("uniqueItems") == Some(&Value::Bool(true)) && least > 1;
    if distinct || least > 100 || depth > DEEPEST || schema.contains_key("prefixItems") {
        return None;
    }
    let item = of_schema(openapi, schema.get("items")?, None, depth + 1).into_iter().next()?;
    Some(Value::Array(vec![item; least as usize]))
}

/// By format; else as short as may be. Patterns are left to what stands there.
fn string(schema: &Map<String, Value>, current: Option<&Value>) -> Option<Value> {
    if schema.contains_key("pattern") {
        return current.filter(|value| value.is_string()).cloned().or_else(|| Some(Value::from("a")));
    }
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let simple = match format {
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "date" => "2000-01-01",
        "date-time" => "2000-01-01T00:00:00Z",
        "time" => "00:00:00Z",
        "duration" => "PT0S",
        "email" | "idn-email" => "a@a.example",
        "uri" | "iri" | "uri-reference" | "iri-reference" => "http://a.example",
        "hostname" | "idn-hostname" => "a.example",
        "ipv4" => "0.0.0.0",
        "ipv6" => "::",
        _ => {
            let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(0);
            return (least <= LONGEST).then(|| Value::from("a".repeat(least as usize)));
        }
    };
    Some(Value::from(simple))
}

/// Zero where that is right, else the bound that is nearest to it.
fn number(schema: &Map<String, Value>, integer: bool) -> Option<Value> {
    let read = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let step = read("multipleOf").filter(|step| *step > 0.0).unwrap_or(if integer { 1.0 } else { 0.0 });
    // OpenAPI 3.0 has `exclusiveMinimum: true` beside `minimum`.
    let open = |keyword: &str| schema.get(keyword) == Some(&Value::Bool(true));
    let apart = if step > 0.0 { step } else { 0.01 };
    let above = |bound: f64| if step > 0.0 { ((bound / step).floor() + 1.0) * step } else { bound + apart };
    let low = match (read("minimum"), read("exclusiveMinimum")) {
        (Some(bound), _) if open("exclusiveMinimum") => above(bound),
        (Some(bound), None) => {
            if step > 0.0 {
                (bound / step).ceil() * step
            } else {
                bound
            }
        }
        (bound, Some(other)) => above(other).max(bound.unwrap_or(f64::MIN)),
        (None, None) => f64::MIN,
    };
    let high = match (read("maximum"), read("exclusiveMaximum")) {
        (Some(bound), _) if open("exclusiveMaximum") => -above(-bound),
        (Some(bound), None) => {
            if step > 0.0 {
                (bound / step).floor() * step
            } else {
                bound
            }
        }
        (bound, Some(other)) => (-above(-other)).min(bound.unwrap_or(f64::MAX)),
        (None, None) => f64::MAX,
    };
    let near = if low > 0.0 {
        low
    } else if high < 0.0 {
        high
    } else {
        0.0
    };
    plain_number(near)
}

/// A number without a fraction as a whole one.
pub(super) fn plain_number(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Some(Value::from(value as i64));
    }
    let tidy = format!("{value:.6}").parse().unwrap_or(value);
    Number::from_f64(tidy).map(Value::Number)
}

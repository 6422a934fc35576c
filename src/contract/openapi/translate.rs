//! Schemas of OpenAPI 3.0 as JSON Schema 2020-12.
//!
//! 3.0 has a dialect of its own (OpenAPI 3.0.3, §4.7.24): `nullable`, boolean
//! `exclusiveMinimum` and `exclusiveMaximum`, and `$ref` hides what stands
//! beside it.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::bundle::BUNDLED;
use super::cursor::local_pointer;

/// Translates every schema of a 3.0 document in place.
pub(super) fn translate(document: &mut Value) {
    let mut referred = Vec::new();
    in_document(document, &mut referred);
    // A file that was bundled may be a schema through and through: what
    // schemas refer to is one.
    let mut seen = HashSet::new();
    while let Some(pointer) = referred.pop() {
        if seen.insert(pointer.clone())
            && let Some(target) = document.pointer_mut(&pointer)
        {
            schema(target, &mut referred);
        }
    }
}

fn in_document(value: &mut Value, referred: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| in_document(item, referred)),
        Value::Object(members) => {
            for (key, member) in members {
                match key.as_str() {
                    "schema" => schema(member, referred),
                    "schemas" => each(member, referred),
                    "example" | "examples" => {}
                    extension if extension.starts_with("x-") && extension != BUNDLED => {}
                    _ => in_document(member, referred),
                }
            }
        }
        _ => {}
    }
}

fn each(schemas: &mut Value, referred: &mut Vec<String>) {
    match schemas {
        Value::Object(members) => members.values_mut().for_each(|member| schema(member, referred)),
        Value::Array(items) => items.iter_mut().for_each(|item| schema(item, referred)),
        _ => {}
    }
}

fn schema(value: &mut Value, referred: &mut Vec<String>) {
    let Value::Object(members) = value else {
        return;
    };
    if let Some(Value::String(reference)) = members.get("$ref") {
        referred.extend(local_pointer(reference));
        let nullable = members.get("nullable") == Some(&Value::Bool(true));
        members.retain(|key, _| key == "$ref");
        if nullable {
            allow_null(value);
        }
        return;
    }
    for (key, member) in members.iter_mut() {
        match key.as_str() {
            "properties" | "allOf" | "anyOf" | "oneOf" => each(member, referred),
            "items" | "additionalProperties" | "not" => schema(member, referred),
            _ => {}
        }
    }
    bound(members, "exclusiveMinimum", "minimum");
    bound(members, "exclusiveMaximum", "maximum");
    if members.remove("nullable") != Some(Value::Bool(true)) {
        return;
    }
    match members.get("type") {
        Some(Value::String(kind)) => {
            let kinds = json!([kind, "null"]);
            members.insert("type".to_owned(), kinds);
        }
        // By the letter, `nullable` without `type` says nothing; documents
        // that write it beside `allOf` mean null all the same.
        None if ["allOf", "anyOf", "oneOf"].iter().any(|key| members.contains_key(*key)) => allow_null(value),
        Some(_) | None => {}
    }
}

fn allow_null(value: &mut Value) {
    let inner = value.take();
    *value = json!({ "anyOf": [{ "type": "null" }, inner] });
}

/// `minimum: 3, exclusiveMinimum: true` is `exclusiveMinimum: 3`.
fn bound(members: &mut Map<String, Value>, exclusive: &str, inclusive: &str) {
    let Some(Value::Bool(strict)) = members.get(exclusive) else {
        return;
    };
    let strict = *strict;
    members.remove(exclusive);
    if strict && let Some(limit) = members.remove(inclusive) {
        members.insert(exclusive.to_owned(), limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_of_3_0_becomes_one_of_2020_12() {
        let mut document = json!({"components": {"schemas": {
            "A": {"type": "string", "nullable": true},
            "B": {"type": "number", "minimum": 3, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false},
            "C": {"$ref": "#/components/schemas/A", "maxLength": 3},
            "D": {"properties": {"nullable": {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true}},
                  "example": {"nullable": true}},
        }}});
        translate(&mut document);
        assert_eq!(
            document["components"]["schemas"],
            json!({
                "A": {"type": ["string", "null"]},
                "B": {"type": "number", "exclusiveMinimum": 3, "maximum": 9},
                "C": {"$ref": "#/components/schemas/A"},
                "D": {"properties": {"nullable": {"anyOf": [{"type": "null"},
                        {"allOf": [{"$ref": "#/components/schemas/A"}]}]}},
                      "example": {"nullable": true}},
            })
        );
        let once = document.clone();
        translate(&mut document);
        assert_eq!(document, once, "translating again changes nothing");
    }
}

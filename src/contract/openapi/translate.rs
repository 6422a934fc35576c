//! Schemas of OpenAPI 3.0 as JSON Schema 2020-12.
//!
//! 3.0 has a dialect of its own (OpenAPI 3.0.3, §4.7.24): `nullable`, boolean
//! `exclusiveMinimum` and `exclusiveMaximum`, and `$ref` hides what stands
//! beside it. Documents of 3.1 that still write the first two mean the same.

use serde_json::{Map, Value, json};

/// What is left of a 3.0 schema that has a `$ref`.
pub(super) fn reference_alone(value: &mut Value) {
    let Value::Object(members) = value else { return };
    let nullable = members.get("nullable") == Some(&Value::Bool(true));
    members.retain(|key, _| key == "$ref");
    if nullable {
        allow_null(value);
    }
}

/// Translates one schema; its parts are translated already.
pub(super) fn translate(value: &mut Value) {
    let Value::Object(members) = value else { return };
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
        None if ["allOf", "anyOf", "oneOf", "$ref"].iter().any(|key| members.contains_key(*key)) => allow_null(value),
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
    use super::super::Dialect;
    use super::super::mend::mend;
    use super::*;
    use crate::diagnose::{Diagnostics, parse_yaml};

    #[test]
    fn a_schema_of_3_0_becomes_one_of_2020_12() {
        let mut document = json!({"components": {"schemas": {
            "A": {"type": "string", "nullable": true},
            "B": {"type": "number", "minimum": 3, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false},
            "C": {"$ref": "#/components/schemas/A", "maxLength": 3},
            "D": {"properties": {"nullable": {"allOf": [{"$ref": "#/components/schemas/A"}], "nullable": true}},
                  "example": {"nullable": true}},
        }}});
        let source = parse_yaml("a.json", &document.to_string()).expect("JSON");
        let mut notices = Diagnostics::new();
        mend(&mut document, Dialect::OpenApi30, &source, &mut notices);
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
        assert!(notices.is_empty(), "{notices}");
        let once = document.clone();
        mend(&mut document, Dialect::OpenApi30, &source, &mut notices);
        assert_eq!(document, once, "translating again changes nothing");
    }
}

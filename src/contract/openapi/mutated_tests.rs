//! Whatever is done to a document: it loads or is refused with a place, and
//! nothing panics.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::OpenApi;
use crate::diagnose::parse_yaml;

const DOCUMENTS: [&str; 2] = [
    include_str!("../../../contracts/bulk-update/v2/openapi.yaml"),
    r##"{"openapi": "3.0.3", "info": {"title": "t", "version": "1"},
        "servers": [{"url": "/{v}", "variables": {"v": {"default": "v1", "enum": ["v1"]}}}],
        "security": [{"key": []}],
        "paths": {"/a/{id}": {"$ref": "#/components/x-items/A"}, "/b": {"post": {
            "requestBody": {"$ref": "#/components/requestBodies/B"},
            "responses": {"2XX": {"$ref": "#/components/responses/R"}, "default": {"description": "d"}}}}},
        "components": {
            "x-items": {"A": {"parameters": [{"$ref": "#/components/parameters/P"}], "get": {"responses": {}}}},
            "parameters": {"P": {"name": "id", "in": "path", "required": true, "style": "label", "explode": true,
                "schema": {"type": "integer", "minimum": 0, "exclusiveMinimum": true}, "example": 3}},
            "securitySchemes": {"key": {"type": "apiKey", "in": "cookie", "name": "k"}},
            "requestBodies": {"B": {"required": true, "content": {
                "multipart/form-data": {"schema": {"$ref": "#/components/schemas/Pet"},
                    "encoding": {"kind": {"contentType": "text/plain", "headers": {"X-A": {"schema": {"type": "string"}}}}}},
                "application/json": {"schema": {"$ref": "#/components/schemas/Pet"},
                    "examples": {"one": {"value": {"kind": "Cat"}}}}}}},
            "responses": {"R": {"description": "r", "headers": {"X-B": {"schema": {"type": "integer"}}},
                "content": {"application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Cat"}],
                    "discriminator": {"propertyName": "kind", "mapping": {"c": "Cat"}}}}},
                "links": {"l": {"operationRef": "#/paths/~1b/post", "parameters": {"id": "$response.body#/id"}}}}},
            "schemas": {
                "Pet": {"type": "object", "required": ["kind", "id"], "discriminator": {"propertyName": "kind"},
                    "properties": {"kind": {"type": "string"}, "id": {"type": "integer", "readOnly": true},
                        "next": {"$ref": "#/components/schemas/Pet"}}},
                "Cat": {"allOf": [{"$ref": "#/components/schemas/Pet"}, {"properties": {"tags": {"type": "array",
                    "nullable": true, "items": {"type": "string", "pattern": "^[a-z]+$", "enum": ["a", "b"]}}}}]}}}}"##,
];

/// Anything that a value may be replaced by.
fn odd(rng: &mut ChaCha8Rng, whole: &Value) -> Value {
    let text = [
        "",
        "$ref",
        "\u{0}",
        "\u{202e}\u{feff}",
        "e\u{301}\u{1f9f5}",
        "#/",
        "#",
        "a.yaml#/x",
        "{",
        "9e999",
        "/^(?<=a$/",
    ];
    match rng.random_range(0..14) {
        0 => Value::Null,
        1 => json!(rng.random_bool(0.5)),
        2 => json!(*[0.0, -1.5, 1e308, 5e-324].choose(rng).expect("not empty")),
        3 => json!(*[i64::MIN, -1, 0, i64::MAX].choose(rng).expect("not empty")),
        4 => json!(u64::MAX),
        5 | 6 => json!(*text.choose(rng).expect("not empty")),
        7 => json!([]),
        8 => json!({}),
        9 => json!({ "$ref": format!("#{}", pointer(rng, whole)) }),
        10 => (0..rng.random_range(1..120)).fold(json!({}), |inner, _| json!({ "items": inner })),
        11 => (0..rng.random_range(1..120)).fold(json!([]), |inner, _| json!([inner])),
        12 => json!([[], {}, null, "a"]),
        _ => whole.pointer(&pointer(rng, whole)).cloned().unwrap_or_default(),
    }
}

/// Some place in a value.
fn pointer(rng: &mut ChaCha8Rng, value: &Value) -> String {
    let mut pointer = String::new();
    let mut at = value;
    for _ in 0..rng.random_range(0..12) {
        let below: Vec<(String, &Value)> = match at {
            Value::Object(members) => {
                members.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect()
            }
            Value::Array(items) => items.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
            _ => break,
        };
        let Some((token, next)) = below.choose(rng) else { break };
        pointer = format!("{pointer}/{token}");
        at = next;
    }
    pointer
}

fn mutate(rng: &mut ChaCha8Rng, document: &mut Value) {
    let place = pointer(rng, document);
    let value = odd(rng, document);
    let deep = ["openapi", "paths"].iter().any(|key| place == format!("/{key}")) || place.is_empty();
    if deep && rng.random_bool(0.9) {
        return;
    }
    let (parent, name) = place.rsplit_once('/').unwrap_or_default();
    match (rng.random_range(0..4), document.pointer_mut(parent)) {
        (0, Some(Value::Object(members))) => {
            members.shift_remove(name);
        }
        (1, Some(Value::Object(members))) => {
            let renamed = *["$ref", "allOf", "200", "", "schema"].choose(rng).expect("not empty");
            if let Some(moved) = members.shift_remove(name) {
                members.insert(renamed.to_owned(), moved);
            }
        }
        _ => {
            if let Some(target) = document.pointer_mut(&place) {
                *target = value;
            }
        }
    }
}

/// Everything that is compiled of a document.
fn use_all(document: &OpenApi) {
    for operation in &document.operations {
        let bodies = operation.request.iter().flat_map(|r| &r.content).filter_map(|m| m.schema.as_ref());
        for schema in bodies.chain(operation.parameters.iter().filter_map(|p| p.schema.as_ref())) {
            let _ = document.request_validator(schema);
        }
        for schema in operation.responses.values().flat_map(|r| &r.content).filter_map(|m| m.schema.as_ref()) {
            let _ = document.answer_validator(schema);
        }
        let _ = document.match_path(&operation.method, &operation.path);
        let _ = document.missing_security(operation, |_| false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_document_loads_or_is_refused_with_a_place(seed: u64, which in 0..DOCUMENTS.len(), changes in 1..12) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut document = parse_yaml("a.yaml", DOCUMENTS[which]).expect("valid").to_json();
        for _ in 0..changes {
            mutate(&mut rng, &mut document);
        }
        match OpenApi::parse("mutated.json", &document.to_string()) {
            Ok(document) => {
                prop_assert!(document.notices.iter().all(|notice| notice.place.line > 0), "{}", document.notices);
                use_all(&document);
            }
            Err(faults) => prop_assert!(faults.iter().all(|fault| fault.place.line > 0), "{}", faults),
        }
    }
}

#[test]
fn a_document_of_a_hundred_levels_loads_and_one_of_a_hundred_thousand_is_refused() {
    let nested = |levels: usize| {
        let schema = format!("{}{{}}{}", r#"{"items":"#.repeat(levels), "}".repeat(levels));
        format!(r#"{{"openapi": "3.1.0", "paths": {{}}, "components": {{"schemas": {{"A": {schema}}}}}}}"#)
    };
    let document = OpenApi::parse("a.json", &nested(100)).expect("loads");
    let schema = super::SchemaRef { pointer: "/components/schemas/A".into() };
    assert!(document.validator(&schema).expect("compiles").is_valid(&json!([[[1]]])));
    let faults = OpenApi::parse("a.json", &nested(100_000)).expect_err("too deep");
    assert!(faults.to_string().contains("nested deeper than"), "{faults}");
}

/// A document with so many times the paths and components of a shipped one.
fn large(copies: usize) -> String {
    let one = parse_yaml("a.yaml", DOCUMENTS[0]).expect("valid").to_json();
    let mut whole = json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}, "components": {}});
    for copy in 0..copies {
        let text = one.to_string().replace("#/components/schemas/", &format!("#/components/schemas/C{copy}"));
        let copied: Value = serde_json::from_str(&text).expect("JSON");
        for (path, item) in copied["paths"].as_object().expect("there") {
            whole["paths"][format!("/c{copy}{path}")] = item.clone();
        }
        for (section, members) in copied["components"].as_object().expect("there") {
            for (name, member) in members.as_object().expect("there") {
                let name = if section == "schemas" { format!("C{copy}{name}") } else { name.clone() };
                whole["components"][section][name] = member.clone();
            }
        }
    }
    serde_json::to_string_pretty(&whole).expect("JSON")
}

#[test]
fn twice_the_document_takes_about_twice_the_time() {
    let best = |text: &str| -> Duration {
        let once = |_| {
            let begun = Instant::now();
            let document = OpenApi::parse("large.json", text).expect("loads");
            assert!(document.operations.len() > 10);
            begun.elapsed()
        };
        (0..3).map(once).min().expect("three times")
    };
    let (one, two) = (large(20), large(40));
    let (first, second) = (best(&one), best(&two));
    println!("{} kB load in {first:?}, {} kB in {second:?}", one.len() / 1000, two.len() / 1000);
    assert!(second < first * 5 + Duration::from_millis(200), "{first:?}, then {second:?}");
}

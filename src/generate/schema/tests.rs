//! A schema with every keyword that is understood.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{SchemaDraft, SchemaGenerator};
use crate::generate::{CouldNotMake, Obstacle};

/// Refers to nothing outside.
struct Nowhere;

impl jsonschema::Retrieve for Nowhere {
    fn retrieve(&self, uri: &jsonschema::Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("{uri} is not there").into())
    }
}

pub(super) fn compiled(schema: &Value) -> Result<SchemaGenerator, CouldNotMake> {
    SchemaGenerator::of_schema(schema, "seamstress:///schema", SchemaDraft::Draft202012, Nowhere)
}

fn generator(document: &Value, pointer: &str) -> SchemaGenerator {
    let mut document = document.clone();
    document["$ref"] = json!(format!("#{pointer}"));
    compiled(&document).expect("it compiles")
}

fn batch() -> Value {
    json!({"components": {"schemas": {
        "Id": {"type": "string", "format": "uuid"},
        "Record": {
            "type": "object", "additionalProperties": false, "required": ["id"], "minProperties": 2,
            "properties": {
                "id": {"$ref": "#/components/schemas/Id"},
                "name": {"type": "string", "minLength": 1, "maxLength": 160},
                "creditLimit": {"type": "integer", "minimum": 0, "maximum": 1_000_000_000},
                "status": {"enum": ["active", "on_hold", "closed"], "type": "string"},
                "externalRef": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{6}$"},
                "amount": {"type": "number", "exclusiveMinimum": 0, "maximum": 10, "multipleOf": 0.01},
                "due": {"type": ["string", "null"], "format": "date"},
                "tags": {"type": "array", "items": {"type": "string", "maxLength": 4}, "maxItems": 5, "uniqueItems": true},
                "who": {"oneOf": [{"$ref": "#/components/schemas/Person"}, {"type": "string", "const": "nobody"}]},
                "tree": {"$ref": "#/components/schemas/Tree"},
                "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}], "items": false, "minItems": 2},
                "map": {"type": "object", "additionalProperties": {"type": "integer"}, "maxProperties": 3}
            }
        },
        "Person": {"allOf": [
            {"type": "object", "properties": {"mail": {"type": "string", "format": "email"}}},
            {"type": "object", "required": ["mail", "age"], "properties": {"age": {"type": "integer", "minimum": 18}}}
        ]},
        "Tree": {"type": "object", "additionalProperties": false, "properties": {
            "left": {"$ref": "#/components/schemas/Tree"}, "right": {"$ref": "#/components/schemas/Tree"},
            "leaf": {"type": "boolean"}
        }},
        "Batch": {
            "type": "object", "additionalProperties": false, "required": ["records"],
            "properties": {
                "records": {"type": "array", "minItems": 1, "maxItems": 60, "items": {"$ref": "#/components/schemas/Record"}},
                "note": {"type": "string", "maxLength": 500}
            }
        }
    }}})
}

#[test]
fn every_target_is_reached() {
    let document = batch();
    let generator = generator(&document, "/components/schemas/Batch");
    assert!(generator.notices().is_empty(), "{:?}", generator.notices());
    let failed: Vec<_> = (0..generator.boundary_count())
        .filter_map(|i| generator.at_boundary(i, 7).err())
        .chain((0..generator.violating_count()).filter_map(|i| generator.violation(i, 7).err()))
        .map(|e| e.to_string())
        .collect();
    assert!(generator.violating_count() > 50 && generator.boundary_count() > 60);
    assert_eq!(failed, Vec::<String>::new());
}

#[test]
fn a_violation_fails_at_its_place() {
    let document = batch();
    let generator = generator(&document, "/components/schemas/Batch");
    let index = generator
        .violating()
        .iter()
        .position(|t| t.place() == "/records/*/creditLimit" && t.keyword == "minimum")
        .expect("it is a target");
    let (value, failing) = generator.violation(index, 3).expect("it can be made");
    assert_eq!(failing.len(), 1, "{failing:?}");
    let (place, keyword) = &failing[0];
    assert_eq!(keyword, "minimum");
    assert_eq!(value.pointer(place), Some(&json!(-1)));
}

#[test]
fn what_is_empty_is_told_from_what_was_not_found() {
    let empty = [
        json!(false),
        json!({"not": {}}),
        json!({"type": "string", "enum": [1]}),
        json!({"type": "integer", "minimum": 3, "maximum": 2}),
        json!({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 4}),
        json!({"allOf": [{"type": "string"}, {"type": "array"}]}),
        json!({"type": "object", "required": ["a"], "properties": {"a": false}}),
        json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}),
        json!({"type": "array", "minItems": 2, "maxItems": 1}),
        json!({"type": "array", "prefixItems": [true], "items": false, "minItems": 2}),
        json!({"type": "object", "additionalProperties": false, "required": ["x"]}),
    ];
    for schema in empty {
        let fault = compiled(&schema).expect_err("nothing keeps it");
        assert_eq!(fault.obstacle, Obstacle::Empty, "{schema}: {fault}");
        assert!(fault.to_string().contains("proven empty"), "{fault}");
    }
    let hard = json!({"type": "string", "pattern": "^a{3}$", "allOf": [{"pattern": "^b"}]});
    let fault = compiled(&hard).and_then(|g| g.conforming(1)).expect_err("nothing keeps it");
    assert_eq!(fault.obstacle, Obstacle::NotFound, "{fault}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn conforming_is_valid_and_repeatable(seed: u64) {
        let document = batch();
        let generator = generator(&document, "/components/schemas/Batch");
        let value = generator.conforming(seed).expect("it can be made");
        prop_assert!(generator.is_valid(&value));
        prop_assert_eq!(generator.conforming(seed).expect("again"), value);
    }
}

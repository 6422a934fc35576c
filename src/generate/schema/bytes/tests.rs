//! What is written keeps its schema, and reads back as what it says.

use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::super::SchemaGenerator;
use crate::contract::openapi::{OpenApi, SchemaRef};

const BENCH: &str = include_str!("../../../../tests/bench/payload.yaml");

fn generator(text: &str, pointer: &str) -> SchemaGenerator {
    let openapi = OpenApi::parse("test.yaml", text).unwrap_or_else(|e| panic!("{e}"));
    SchemaGenerator::compile(&openapi, &SchemaRef { pointer: pointer.into() }).unwrap_or_else(|e| panic!("{e}"))
}

fn schema(json: &str) -> SchemaGenerator {
    let text = format!(
        "openapi: 3.1.0\ninfo: {{ title: T, version: '1' }}\npaths: {{}}\ncomponents: {{ schemas: {{ S: {json} }} }}\n"
    );
    generator(&text, "/components/schemas/S")
}

fn written(generator: &SchemaGenerator, seed: u64) -> Value {
    let mut out = Vec::new();
    generator.write_conforming(seed, &mut out).expect("a document");
    let value = serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out)));
    assert!(generator.is_valid(&value), "{value}");
    value
}

#[test]
fn the_document_of_the_benchmark_is_plain_and_valid() {
    let generator = generator(BENCH, "/components/schemas/Order");
    assert!(generator.is_plain(), "{:?}", generator.notices());
    let documents: Vec<Value> = (0..400).map(|seed| written(&generator, seed)).collect();
    for kind in ["transfer", "card"] {
        assert!(documents.iter().any(|d| d["payment"]["kind"] == kind), "{kind}");
    }
    for field in ["currency", "due", "note", "tags"] {
        assert!(documents.iter().any(|d| d.get(field).is_some()), "{field}");
        assert!(documents.iter().any(|d| d.get(field).is_none()), "{field}");
    }
    let distinct: std::collections::HashSet<String> = documents.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), documents.len());
    assert_eq!(written(&generator, 7), documents[7], "each stands alone");
}

#[test]
fn shipped_bodies_take_the_short_way() {
    for (contract, name) in [("bulk-update/v1", "BatchRequest"), ("bulk-update/v2", "BatchRequest")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(contract).join("openapi.yaml");
        let openapi = OpenApi::load(&path).unwrap_or_else(|e| panic!("{e}"));
        let pointer = format!("/components/schemas/{name}");
        let generator = SchemaGenerator::compile(&openapi, &SchemaRef { pointer: pointer.as_str().into() });
        let generator = generator.unwrap_or_else(|e| panic!("{e}"));
        assert!(generator.is_plain(), "{contract}");
        (0..60).for_each(|seed| drop(written(&generator, seed)));
    }
}

#[test]
fn what_is_not_plain_goes_through_values() {
    for json in [
        "{ oneOf: [{ type: integer }, { type: number, minimum: 3 }] }",
        "{ type: string, pattern: '^a*$', minLength: 3 }",
    ] {
        let generator = schema(json);
        assert!(!generator.is_plain(), "{json}");
        assert_eq!(written(&generator, 5), generator.conforming(5).expect("a document"));
    }
}

#[test]
fn branches_that_exclude_each_other_are_plain() {
    for json in [
        "{ oneOf: [{ type: integer }, { type: string }, { type: 'null' }] }",
        "{ oneOf: [{ enum: [a, b] }, { enum: [c, 1] }] }",
        "{ oneOf: [{ type: object, required: [a], properties: { a: { const: 1 } } }, \
           { type: object, properties: { a: { const: 2 } } }] }",
        "{ oneOf: [{ type: object, required: [a] }, \
           { type: object, additionalProperties: false, properties: { b: { type: boolean } } }] }",
    ] {
        let generator = schema(json);
        assert!(generator.is_plain(), "{json}");
        (0..40).for_each(|seed| drop(written(&generator, seed)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn texts_and_numbers_keep_their_schema(seed: u64, which in 0..SCHEMAS.len()) {
        let generator = schema(SCHEMAS[which]);
        prop_assert!(generator.is_plain(), "{}", SCHEMAS[which]);
        prop_assert_eq!(written(&generator, seed), written(&generator, seed));
    }
}

const SCHEMAS: [&str; 12] = [
    "{ type: string }",
    "{ type: string, minLength: 3, maxLength: 5 }",
    "{ type: string, format: date-time }",
    "{ type: string, format: uri }",
    "{ type: string, format: ipv6 }",
    "{ type: string, format: hostname, maxLength: 60 }",
    "{ type: string, pattern: '^(\\\"a\\\\|b)[^/]{2,4}(xy){0,3}$' }",
    "{ type: integer, minimum: -9007199254740993, maximum: 9007199254740993 }",
    "{ type: number, exclusiveMinimum: -0.5, maximum: 12.25, multipleOf: 0.05 }",
    "{ type: array, uniqueItems: true, minItems: 2, items: { type: integer, minimum: 0, maximum: 3 } }",
    "{ type: object, additionalProperties: { type: [boolean, 'null'] } }",
    "{ $defs: { T: { type: object, properties: { l: { $ref: '#/components/schemas/S' } } } }, type: object, \
       properties: { t: { $ref: '#/components/schemas/S' }, v: { type: string, format: email } } }",
];

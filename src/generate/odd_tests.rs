//! What is generated for a document with a little of everything, and for what
//! is left of it when it is damaged.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::*;
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};
use crate::diagnose::parse_yaml;

const DOCUMENT: &str = r##"
openapi: 3.0.3
info: { title: Odd, version: 1 }
servers: [{ url: "/api/{v}", variables: { v: { default: v1 } } }]
paths:
  /pets/{id}/{forgotten}:
    parameters: [{ name: id, in: path, required: true, style: label, schema: { type: integer, minimum: 1 }, example: 7 }]
    put:
      operationId: putPet
      deprecated: true
      parameters:
        - { name: X-Level, in: header, required: true, schema: { type: integer } }
        - { name: filter, in: query, style: deepObject, schema: { type: object, properties: { age: { type: integer }, tags: { type: array, items: { type: string, minLength: 1 } } } } }
        - { name: verbose, in: query, allowEmptyValue: true, schema: { type: boolean } }
        - { name: sort, in: cookie, content: { application/json: { schema: { type: array, items: { enum: [1, 2] } } } } }
      requestBody:
        required: true
        content:
          application/vnd.pet+json; charset=utf-8:
            schema: { $ref: "#/components/schemas/Pet" }
            examples: { cat: { value: { kind: cat, claws: 3 } }, wrong: { value: { kind: 5 } } }
          multipart/form-data:
            schema: { type: object, required: [photo], properties: { photo: { type: string, format: binary }, about: { $ref: "#/components/schemas/Cat" } } }
          application/x-www-form-urlencoded: { schema: { $ref: "#/components/schemas/Dog" } }
          application/xml: { schema: { $ref: "#/components/schemas/Pet" } }
      responses: { 200: { description: done } }
  /notes:
    post:
      requestBody: { content: { "text/*": { schema: { type: string, minLength: 1, maxLength: 9, example: hi } } } }
      responses: { 2XX: { description: done } }
    get:
      parameters: [{ name: ids, in: query, required: true, explode: false, style: pipeDelimited, schema: { type: array, minItems: 1, items: { type: integer } } }]
      responses: { default: { description: any } }
components:
  schemas:
    Pet:
      type: object
      required: [id, kind]
      discriminator: { propertyName: kind, mapping: { cat: "#/components/schemas/Cat" } }
      properties: { id: { type: integer, format: int64, readOnly: true }, kind: { type: string }, parent: { $ref: "#/components/schemas/Pet" } }
    Cat: { allOf: [{ $ref: "#/components/schemas/Pet" }, { type: object, properties: { claws: { type: integer, minimum: 0 } } }] }
    Dog: { allOf: [{ $ref: "#/components/schemas/Pet" }, { type: object, required: [bark], properties: { bark: { type: boolean }, name: { type: string, nullable: true, pattern: "^[a-z]{1,9}$" } } }] }
"##;

fn generators(document: &str) -> Option<Generators> {
    let openapi = Arc::new(OpenApi::parse("odd.yaml", document).ok()?);
    let id = ContractId::new("odd", "");
    Some(Generators::new(&Contract {
        id,
        path: "odd.yaml".into(),
        openapi,
        behaviour: None,
        callee: None,
        recorded: None,
    }))
}

static ODD: LazyLock<Generators> = LazyLock::new(|| generators(DOCUMENT).expect("it loads"));

fn case(of: &Generators, operation: &str, kind: CaseKind, index: u32) -> Result<Case, CouldNotMake> {
    let key = CaseKey::parse(&format!("odd:{operation}:{kind}:{index}")).expect("a key");
    of.case(&key, Seed(4), &Nonce("n".into()), &Pools::new())
}

fn conforming(operation: &str, count: u32) -> Vec<Call> {
    let made =
        (0..count).map(|index| case(&ODD, operation, CaseKind::Conforming, index).unwrap_or_else(|e| panic!("{e}")));
    made.map(|case| case.calls().next().expect("one call").clone()).collect()
}

fn media(call: &Call) -> String {
    call.request.headers.get("Content-Type").unwrap_or_default().to_owned()
}

#[test]
fn examples_come_first_and_every_media_type_is_tried() {
    let calls = conforming("putPet", 40);
    let first: Value = serde_json::from_slice(calls[0].request.body.bytes().expect("a body")).expect("JSON");
    assert_eq!(first, json!({"kind": "cat", "claws": 3}));
    assert!(calls[0].request.target.starts_with("/api/v1/pets/.7/any"), "{}", calls[0].request.target);
    let types: Vec<String> = calls[1..4].iter().map(media).collect();
    assert_eq!(types[0], "application/vnd.pet+json; charset=utf-8");
    assert!(types[1].starts_with("multipart/form-data; boundary=") && types[2].ends_with("urlencoded"), "{types:?}");
    let reasons = ODD.could_not_make();
    assert!(reasons.iter().any(|r| r.reason.contains("`application/xml`")), "{reasons:?}");
    assert_eq!(conforming("POST /notes", 1)[0].request.body.bytes().map(|b| b.to_vec()), Some(b"hi".to_vec()));
}

#[test]
fn what_is_read_only_is_not_sent_and_the_discriminator_names_the_branch() {
    let mut kinds = Vec::new();
    for call in conforming("putPet", 60).iter().filter(|call| media(call).contains("json")) {
        let body: Value = serde_json::from_slice(call.request.body.bytes().expect("a body")).expect("JSON");
        assert!(!body.to_string().contains("\"id\":"), "{body}");
        let kind = body["kind"].as_str().expect("a name").to_owned();
        assert_eq!(kind == "Dog", body.get("bark").is_some(), "{body}");
        assert!(kind == "cat" || kind == "Dog", "{body}");
        kinds.push(kind);
    }
    assert!(kinds.iter().any(|k| k == "cat") && kinds.iter().any(|k| k == "Dog"));
}

#[test]
fn what_must_be_there_is_left_out_once() {
    let titles = |operation: &str, kind: CaseKind| -> Vec<(String, String)> {
        let cases = (0..600).map(|index| case(&ODD, operation, kind, index).unwrap_or_else(|e| panic!("{e}")));
        cases.map(|c| (c.title, c.labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))).collect()
    };
    let has = |all: &[(String, String)], title: &str, label: &str| {
        assert!(all.iter().any(|(t, l)| t == title && l == label), "{title}: {label} in {all:?}");
    };
    let violating = titles("putPet", CaseKind::Violating);
    has(&violating, "without a body", "required at body");
    has(&violating, "without header X-Level", "required at header X-Level");
    has(&violating, "with nothing in header X-Level", "type at header X-Level");
    has(&titles("putPet", CaseKind::Boundary), "with nothing in query verbose", "");
    has(&titles("POST /notes", CaseKind::Boundary), "without a body", "");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_left_of_a_damaged_document_yields_cases_or_reasons(seed: u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut document = parse_yaml("odd.yaml", DOCUMENT).expect("valid").to_json();
        for _ in 0..rng.random_range(1..6) {
            damage(&mut document, &mut rng, 0);
        }
        let Some(generators) = generators(&document.to_string()) else { return Ok(()) };
        let reasons = generators.could_not_make();
        for operation in &generators.contract().openapi.operations {
            match generators.operation(&operation.id) {
                Ok(_) => {
                    for kind in [CaseKind::Conforming, CaseKind::Boundary, CaseKind::Violating] {
                        let _ = case(&generators, &operation.id, kind, 0);
                    }
                }
                Err(reason) => prop_assert!(reasons.contains(&reason)),
            }
        }
    }
}

/// Takes something away, or puts something else in its place.
fn damage(value: &mut Value, rng: &mut ChaCha8Rng, depth: usize) {
    let odd = [
        json!(null),
        json!(-1),
        json!(1e300),
        json!("\u{0}#/"),
        json!([]),
        json!({}),
        json!({"$ref": "#/components/schemas/Pet"}),
    ];
    let stop = depth > 3 && rng.random_bool(0.25);
    match value {
        Value::Object(members) if !members.is_empty() => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = names.choose(rng).expect("not empty");
            match (stop, rng.random_bool(0.5)) {
                (true, true) => {
                    members.shift_remove(name);
                }
                (true, false) => {
                    members.insert(name.clone(), odd.choose(rng).expect("not empty").clone());
                }
                _ => damage(&mut members[name.as_str()], rng, depth + 1),
            }
        }
        Value::Array(items) if !items.is_empty() && !stop => {
            let index = rng.random_range(0..items.len());
            damage(&mut items[index], rng, depth + 1);
        }
        other => *other = odd.choose(rng).expect("not empty").clone(),
    }
}

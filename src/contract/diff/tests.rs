//! The shipped versions against each other, and small documents for each kind.

use std::path::Path;

use super::{Change, ChangeKind, diff};
use crate::contract::openapi::OpenApi;

fn shipped(contract: &str) -> OpenApi {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(contract).join("openapi.yaml");
    OpenApi::load(&path).expect("loads")
}

/// A document with one operation, whose request and response hold a schema.
fn document(request: &str, response: &str) -> OpenApi {
    let text = format!(
        r##"
openapi: 3.1.0
info: {{ title: t, version: "1" }}
paths:
  /things:
    post:
      operationId: make
      requestBody: {{ required: true, content: {{ application/json: {{ schema: {request} }} }} }}
      responses:
        "200": {{ description: d, content: {{ application/json: {{ schema: {response} }} }} }}
components:
  schemas:
    Tree: {{ type: object, properties: {{ kids: {{ type: array, items: {{ $ref: "#/components/schemas/Tree" }} }} }} }}
    Bush: {{ type: object, required: [kids], properties: {{ kids: {{ type: array, items: {{ $ref: "#/components/schemas/Bush" }} }} }} }}
"##
    );
    OpenApi::parse("t.yaml", &text).unwrap_or_else(|faults| panic!("{faults}"))
}

fn breaking(changes: &[Change]) -> Vec<String> {
    changes.iter().filter(|c| c.breaking).map(ToString::to_string).collect()
}

#[test]
fn a_document_does_not_differ_from_itself() {
    for contract in ["bulk-update/v1", "bulk-update/v2", "tabular-intake/v1", "tabular-intake/v2"] {
        let document = shipped(contract);
        let changes = diff(&document, &document);
        assert!(changes.is_empty(), "{contract}: {changes:?}");
    }
}

#[test]
fn from_one_shipped_version_to_the_next() {
    let changes = diff(&shipped("bulk-update/v1"), &shipped("bulk-update/v2"));
    assert!(changes.iter().all(|c| c.kind != ChangeKind::OperationRemoved), "base paths don't count");
    assert!(changes.iter().all(|c| c.place_old.as_ref().is_none_or(|p| p.file.contains("v1"))));
    // The type is new in the enum that all failures share.
    let (full, others): (Vec<String>, _) =
        breaking(&changes).into_iter().partition(|line| line.contains("`queue_full`"));
    assert!(full.len() > 10 && full.iter().all(|line| line.ends_with("`queue_full` is answered now")), "{full:?}");
    insta::assert_snapshot!(others.join("\n"), @r"
    breaking: submitBatch, response 200: is not answered any more
    breaking: submitBatch, response 202: is a success that clients don't know
    breaking: getBatch, response 200 body /records/*/outcome: `invalid`, `conflict`, `failed` are answered now
    breaking: getBatch, response 200 body /records/*/id: may be absent
    breaking: getBatch, response 200 body /status: `failed` is answered now
    breaking: getBatch, response 202: is a success that clients don't know
    ");
    let files = diff(&shipped("tabular-intake/v1"), &shipped("tabular-intake/v2"));
    insta::assert_snapshot!(breaking(&files).join("\n"), @r"
    breaking: submitFile, response 200 body /rejected: integer may be answered now
    breaking: getFile, response 200 body /rejected: integer may be answered now
    ");
}

#[test]
fn what_clients_send_may_not_become_narrower() {
    let any = "{ type: object }";
    for (old, new, kind) in [
        ("{ type: [string, integer] }", "{ type: string }", ChangeKind::TypeNarrowed),
        ("{ type: number }", "{ type: integer }", ChangeKind::TypeNarrowed),
        ("{}", "{ type: string }", ChangeKind::TypeNarrowed),
        ("{ enum: [a, b] }", "{ enum: [a] }", ChangeKind::EnumNarrowed),
        ("{ type: string }", "{ type: string, enum: [a] }", ChangeKind::EnumNarrowed),
        ("{ type: integer, maximum: 9 }", "{ type: integer, maximum: 8 }", ChangeKind::BoundNarrowed),
        ("{ type: number, minimum: 0 }", "{ type: number, exclusiveMinimum: 0 }", ChangeKind::BoundNarrowed),
        ("{ type: string }", "{ type: string, minLength: 1 }", ChangeKind::BoundNarrowed),
        ("{ type: array, items: {} }", "{ type: array, items: {}, uniqueItems: true }", ChangeKind::BoundNarrowed),
        ("{ type: number, multipleOf: 0.01 }", "{ type: number, multipleOf: 0.1 }", ChangeKind::BoundNarrowed),
        ("{ type: string }", "{ type: string, pattern: '^a' }", ChangeKind::PatternChanged),
        ("{ type: string }", "{ type: string, format: uuid }", ChangeKind::FormatChanged),
        ("{ properties: { a: {} } }", "{ properties: { a: {} }, required: [a] }", ChangeKind::NewlyRequired),
        ("{ properties: { a: {} } }", "{ additionalProperties: false }", ChangeKind::PropertyRemoved),
        ("{ type: object }", "{ type: object, additionalProperties: false }", ChangeKind::OthersForbidden),
        (
            "{ oneOf: [{ type: string }, { type: integer }] }",
            "{ oneOf: [{ type: string }] }",
            ChangeKind::AlternativesChanged,
        ),
        ("{ allOf: [{ maxLength: 9 }] }", "{ maxLength: 8 }", ChangeKind::BoundNarrowed),
        ("{ $ref: '#/components/schemas/Tree' }", "{ $ref: '#/components/schemas/Bush' }", ChangeKind::NewlyRequired),
    ] {
        let changes = diff(&document(old, any), &document(new, any));
        assert!(changes.iter().any(|c| c.breaking && c.kind == kind), "{old} → {new}: {changes:?}");
        let back = diff(&document(new, any), &document(old, any));
        assert!(breaking(&back).is_empty(), "{new} → {old} is wider: {back:?}");
    }
    for (old, new) in [
        ("{ type: integer }", "{ type: number }"),
        ("{ type: integer, exclusiveMinimum: 0 }", "{ type: integer, minimum: 1 }"),
        ("{ enum: [a] }", "{ type: string }"),
        ("{ type: string }", "{ anyOf: [{ type: string }, { type: integer }] }"),
        ("{ const: a }", "{ enum: [a, b] }"),
        (
            "{ properties: { a: {} }, additionalProperties: false }",
            "{ properties: { a: {}, b: {} }, additionalProperties: false }",
        ),
    ] {
        let changes = diff(&document(old, any), &document(new, any));
        assert!(breaking(&changes).is_empty(), "{old} → {new}: {changes:?}");
    }
}

#[test]
fn what_clients_read_may_not_become_wider() {
    let any = "{ type: object }";
    for (old, new, kind) in [
        ("{ type: string }", "{ type: [string, 'null'] }", ChangeKind::TypeWidened),
        ("{ enum: [a] }", "{ enum: [a, b] }", ChangeKind::EnumWidened),
        ("{ properties: { a: {} } }", "{ properties: {} }", ChangeKind::PropertyRemoved),
        ("{ properties: { a: {} }, required: [a] }", "{ properties: { a: {} } }", ChangeKind::NewlyOptional),
        (
            "{ oneOf: [{ type: string }] }",
            "{ oneOf: [{ type: string }, { type: integer }] }",
            ChangeKind::AlternativesChanged,
        ),
    ] {
        let changes = diff(&document(any, old), &document(any, new));
        assert!(changes.iter().any(|c| c.breaking && c.kind == kind), "{old} → {new}: {changes:?}");
    }
    let changes = diff(&document(any, "{ enum: [a, b] }"), &document(any, "{ enum: [a] }"));
    assert!(changes.is_empty(), "{changes:?}");
}

#[test]
fn operations_are_the_same_by_id_or_by_path_without_its_version() {
    let parse = |paths: &str| {
        let text = format!("openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n{paths}");
        OpenApi::parse("t.yaml", &text).unwrap_or_else(|faults| panic!("{faults}"))
    };
    let old = parse(
        r"
  /v1/a/{id}: { get: { parameters: [{ name: id, in: path, required: true }], responses: { '200': { description: d } } } }
  /v1/b: { get: { operationId: b, responses: { '200': { description: d } } } }
  /v1/c: { get: { responses: { '200': { description: d }, '404': { description: d } } } }
",
    );
    let new = parse(
        r"
  /v2/a/{key}: { get: { parameters: [{ name: key, in: path, required: true }], responses: { '200': { description: d } } } }
  /v2/bees: { get: { operationId: b, parameters: [{ name: page, in: query, required: true }], responses: { '201': { description: d } } } }
  /v2/d: { get: { responses: { '200': { description: d } } } }
",
    );
    let changes = diff(&old, &new);
    let told: Vec<String> = changes.iter().map(|c| format!("{} {c}", c.kind)).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    newly-required breaking: b, query page: is new and required
    response-removed breaking: b, response 200: is not answered any more
    response-added breaking: b, response 201: is a success that clients don't know
    operation-removed breaking: GET /v1/c: GET /v1/c is gone
    operation-added compatible: GET /v2/d: GET /v2/d is new
    ");
}

#[test]
fn real_documents_do_not_differ_from_themselves() {
    let Some(corpora) = corpora() else {
        crate::skipped("SEAMSTRESS_CORPORA names no folder");
        return;
    };
    for entry in std::fs::read_dir(corpora.join("openapi")).expect("a folder") {
        let document = OpenApi::load(&entry.expect("an entry").path()).expect("loads");
        let begun = std::time::Instant::now();
        let changes = diff(&document, &document);
        println!("{}: {:?}", document.file, begun.elapsed());
        assert!(changes.is_empty(), "{}: {changes:?}", document.file);
    }
}

#[test]
fn shapes_within_shapes_come_to_an_end() {
    let mut schema = String::from("{ type: string }");
    for _ in 0..12 {
        schema = format!(
            "{{ oneOf: [{{ type: object, properties: {{ a: {schema} }} }}, {{ type: integer }}, {{ type: 'null' }}] }}"
        );
    }
    let other = schema.replace("type: string", "type: boolean");
    let changes = diff(&document(&schema, "{}"), &document(&other, "{}"));
    assert!(!changes.is_empty(), "a change, or that it is too large");
}

#[expect(clippy::disallowed_methods, reason = "a test asks its environment where the corpora are")]
fn corpora() -> Option<std::path::PathBuf> {
    std::env::var("SEAMSTRESS_CORPORA").ok().map(std::path::PathBuf::from)
}

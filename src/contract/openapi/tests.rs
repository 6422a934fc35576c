//! Documents as users write them, broken ones too.

use std::path::{Path, PathBuf};
use std::time::Instant;

use http::Method;
use serde_json::json;

use super::{Dialect, Expression, LinkValue, OpenApi, SchemaRef, Source, StatusKey};

fn shipped(contract: &str) -> OpenApi {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts").join(contract).join("openapi.yaml");
    OpenApi::load(&path).expect("a shipped document loads")
}

fn at(pointer: &str) -> SchemaRef {
    SchemaRef { pointer: pointer.into() }
}

#[test]
fn a_shipped_document_becomes_operations() {
    let document = shipped("bulk-update/v1");
    assert!(document.notices.is_empty(), "{}", document.notices);
    assert_eq!(document.base_path, "/bulk-update/v1");
    let submit = document.operation("submitBatch").expect("declared");
    assert!(submit.deprecated && submit.secured && !submit.is_safe());
    assert_eq!(
        submit.parameters.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(),
        ["X-Correlation-Id", "X-Step-Id"]
    );
    let request = submit.request.as_ref().expect("declared");
    assert!(request.required && request.content[0].is_json() && request.content[0].examples.len() == 2);
    let throttled = submit.response(429).expect("declared");
    assert!(throttled.headers.iter().any(|h| h.name == "Retry-After" && h.required));
    assert_eq!(throttled.content[0].name, "application/problem+json");
    let link = &submit.response(200).expect("declared").links[0];
    assert_eq!(link.operation.as_deref(), Some("getBatch"));
    let id = LinkValue::Expression(Expression::Response(Source::Body("/batchId".to_owned())));
    assert_eq!(link.parameters, [("batchId".to_owned(), id)]);
}

#[test]
fn a_validator_knows_the_whole_document_and_asserts_formats() {
    let document = shipped("bulk-update/v1");
    let submit = document.operation("submitBatch").expect("declared");
    let schema = submit.request.as_ref().and_then(|r| r.content[0].schema.clone()).expect("declared");
    let validator = document.validator(&schema).expect("compiles");
    let id = "6f1c2a94-3b57-4e0d-9a41-0c8d5e2f7b13";
    assert!(validator.is_valid(&json!({"records": [{"id": id, "status": "active"}]})));
    assert!(!validator.is_valid(&json!({"records": [{"id": "six", "status": "active"}]})));
    assert!(!validator.is_valid(&json!({"records": [{"id": id, "status": "asleep"}]})));
    let again = document.validator(&schema).expect("compiles");
    assert!(std::sync::Arc::ptr_eq(&validator, &again), "compiled once");
}

#[test]
fn amounts_of_two_decimals_are_multiples_of_a_hundredth() {
    let document = shipped("tabular-intake/v1");
    let validator = document.validator(&at("/components/schemas/Row/properties/amount")).expect("compiles");
    for cents in (1..100_000_000).step_by(9_973) {
        let amount = f64::from(cents) / 100.0;
        assert!(validator.is_valid(&json!(amount)), "{amount}");
        let finer: f64 = format!("{amount:.2}7").parse().expect("a number");
        assert!(!validator.is_valid(&json!(finer)), "{finer}");
    }
}

#[test]
fn the_path_with_text_wins_over_the_one_with_a_name() {
    let text = r#"
openapi: 3.1.0
info: { title: t, version: "1" }
servers: [{ url: "https://{host}/base/", variables: { host: { default: api.example } } }]
paths:
  /files/{id}: { get: { operationId: one, parameters: [{ name: id, in: path, required: true }], responses: {} } }
  /files/mine: { get: { operationId: mine, responses: {} } }
  "/files/{id}.{ext}":
    get: { operationId: both, parameters: [{ name: id, in: path }, { name: ext, in: path }], responses: {} }
"#;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    let matched = |path: &str| document.match_path(&Method::GET, path).map(|(o, values)| (o.id.to_string(), values));
    assert_eq!(matched("/base/files/mine"), Some(("mine".to_owned(), vec![])));
    assert_eq!(matched("/files/mine"), Some(("mine".to_owned(), vec![])), "without the base path as well");
    assert_eq!(matched("/base/files/a%2Fb"), Some(("one".to_owned(), vec![("id".to_owned(), "a/b".to_owned())])));
    let parts = vec![("id".to_owned(), "a".to_owned()), ("ext".to_owned(), "csv".to_owned())];
    assert_eq!(matched("/base/files/a.csv"), Some(("both".to_owned(), parts)));
    assert_eq!(matched("/base/files"), None);
    assert_eq!(matched("/based/files/mine"), None);
    assert!(document.match_path(&Method::POST, "/files/mine").is_none());
}

#[test]
fn faults_are_told_all_at_once_with_their_places() {
    let text = "openapi: 3.1.0\ninfo: { title: t, version: \"1\" }\npaths: []\ncomponents: []\n";
    let faults = OpenApi::parse("a.yaml", text).expect_err("unusable");
    insta::assert_snapshot!(faults.to_string(), @r"
    error: expected a mapping
      --> a.yaml:4:13
      expected: a mapping
      actual: a list

    error: expected a mapping
      --> a.yaml:3:8
      expected: a mapping
      actual: a list
    ");
    let old = OpenApi::parse("old.json", r#"{"swagger": "2.0", "paths": {}}"#).expect_err("unusable");
    insta::assert_snapshot!(old.to_string(), @r"
    error: this is no OpenAPI 3 document
      --> old.json:1:13
      expected: `openapi: 3.1.0`
      actual: `swagger: 2.0`
      hint: convert it to OpenAPI 3 first
    ");
}

#[test]
fn what_can_not_be_tested_is_a_notice_with_its_place() {
    let text = r##"
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /a/{id}:
    post:
      operationID: x
      parameters: [{ $ref: "#/components/parameters/Pag" }, { name: q, in: quary }]
      callbacks: { paid: {} }
      responses:
        2oo: { description: ok }
        "200": { $ref: "#/components/responses/Loop" }
        "404": { $ref: "https://elsewhere.example/r.yaml#/NotFound" }
components:
  parameters: { Page: { name: page, in: query } }
  responses: { Loop: { $ref: "#/components/responses/Pool" }, Pool: { $ref: "#/components/responses/Loop" } }
"##;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    assert_eq!(&*document.operations[0].id, "POST /a/{id}");
    insta::assert_snapshot!(document.notices.to_string(), @r"
    notice: `https://elsewhere.example/r.yaml#/NotFound` is not followed: nothing is fetched from a network
      --> a.yaml:13:24
      hint: what refers to it can't be tested

    warning: unknown key `operationID` in an operation
      --> a.yaml:7:7
      hint: did you mean `operationId`?

    notice: callbacks are not tested: `paid`
      --> a.yaml:9:18
      hint: the service makes these calls itself; a contract with `role: consumer` in a contracts folder judges them

    warning: the parameter `#/components/parameters/Pag` does not exist and is left out
      --> a.yaml:8:28
      hint: did you mean `#/components/parameters/Page`?

    warning: the parameter lacks its name or place and is left out
      --> a.yaml:8:61
      expected: `name`, and `in` with one of `path`, `query`, `header`, `cookie`

    warning: the path parameter `id` is not declared
      --> a.yaml:7:7
      expected: a parameter `id` with `in: path`
      actual: the path `/a/{id}`

    warning: `2oo` is no status and is left out
      --> a.yaml:11:9
      expected: `200`, `4XX` or `default`

    warning: the `$ref`s of the response lead in a circle; it is left out
      --> a.yaml:16:69
      expected: fewer than 64 `$ref`s in a row

    notice: the response `https://elsewhere.example/r.yaml#/NotFound` is outside of the document and is left out
      --> a.yaml:13:24
    ");
}

#[test]
fn a_3_0_document_validates_as_3_0_means_it() {
    let text = r##"
openapi: 3.0.3
info: { title: t, version: "1" }
paths: {}
components:
  schemas:
    Name: { type: string, nullable: true, maxLength: 3 }
    Price: { type: number, minimum: 0, exclusiveMinimum: true }
    Tree: { type: object, properties: { name: { $ref: "#/components/schemas/Name" }, kids: { type: array, items: { $ref: "#/components/schemas/Tree" } } } }
"##;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    assert_eq!(document.dialect, Dialect::OpenApi30);
    let valid = |name: &str, value| {
        document.validator(&at(&format!("/components/schemas/{name}"))).expect("compiles").is_valid(&value)
    };
    assert!(valid("Name", json!(null)) && valid("Name", json!("abc")) && !valid("Name", json!("abcd")));
    assert!(!valid("Price", json!(0)) && valid("Price", json!(0.5)));
    assert!(valid("Tree", json!({"name": null, "kids": [{"kids": []}]})));
    assert!(!valid("Tree", json!({"kids": [{"name": 3}]})));
}

#[test]
fn a_schema_that_can_not_be_compiled_says_why_and_harms_no_other() {
    let text = r##"
openapi: 3.1.0
info: { title: t, version: "1" }
paths: {}
components:
  schemas:
    Lost: { $ref: "#/components/schemas/Nowhere" }
    Far: { items: { $ref: "https://elsewhere.example/s.json" } }
    Loop: { $ref: "#/components/schemas/Loop" }
    Good: { type: string }
"##;
    let document = OpenApi::parse("a.yaml", text).expect("loads");
    for broken in ["Lost", "Far"] {
        assert!(document.validator(&at(&format!("/components/schemas/{broken}"))).is_err(), "{broken}");
    }
    let _ = document.validator(&at("/components/schemas/Loop"));
    assert!(document.validator(&at("/components/schemas/Good")).is_ok());
    let loop_ = &document.document["components"]["schemas"]["Loop"];
    assert_eq!(document.resolve(loop_), loop_);
}

#[test]
fn files_beneath_the_folder_are_bundled_and_others_are_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path: PathBuf = folder.path().join("api").join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write(
        "openapi.yaml",
        r#"
openapi: 3.1.0
info: { title: t, version: "1" }
paths:
  /a:
    get:
      operationId: a
      responses:
        "200": { $ref: "parts/common.yaml#/responses/Money" }
        "201": { description: d, content: { application/json: { schema: { $ref: "../secret.yaml" } } } }
"#,
    );
    write(
        "parts/common.yaml",
        r##"
responses: { Money: { description: d, content: { application/json: { schema: { $ref: "#/Amount" } } } } }
Amount: { type: object, properties: { unit: { $ref: "unit.yaml" } }, required: [unit] }
"##,
    );
    write("parts/unit.yaml", "enum: [EUR]\n");
    std::fs::write(folder.path().join("secret.yaml"), "type: string\n").expect("written");
    let document = OpenApi::load(&folder.path().join("api/openapi.yaml")).expect("loads");
    let schema = document.operations[0].responses[&StatusKey::Exact(200)].content[0].schema.clone().expect("declared");
    let validator = document.validator(&schema).expect("compiles");
    assert!(validator.is_valid(&json!({"unit": "EUR"})) && !validator.is_valid(&json!({"unit": "USD"})));
    assert_eq!(document.notices.len(), 1, "{}", document.notices);
    assert!(
        document
            .notices
            .to_string()
            .contains("only files beneath the document's folder, or that of all contracts, are read")
    );
}

#[test]
fn real_documents_load_and_their_schemas_compile() {
    // The corpora are not part of the project; whoever has them names their folder.
    let Some(corpora) = corpora() else {
        crate::skipped("SEAMSTRESS_CORPORA names no folder");
        return;
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(corpora.join("openapi")).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let begun = Instant::now();
        let document = OpenApi::load(&file).unwrap_or_else(|faults| panic!("{faults}"));
        let loaded = begun.elapsed();
        assert!(loaded.as_secs() < 20, "{} takes {loaded:?} to load", file.display());
        let mut broken = Vec::new();
        let mut schemas = 0;
        for operation in &document.operations {
            let bodies = operation.request.iter().flat_map(|r| &r.content);
            let answers = operation.responses.values().flat_map(|r| &r.content);
            let parameters = operation.parameters.iter().filter_map(|p| p.schema.as_ref());
            for schema in bodies.chain(answers).filter_map(|m| m.schema.as_ref()).chain(parameters) {
                schemas += 1;
                broken.extend(document.validator(schema).err());
            }
        }
        println!(
            "{}: {} operations, {schemas} schemas, {} notices, {} broken; {loaded:?} + {:?}",
            file.display(),
            document.operations.len(),
            document.notices.len(),
            broken.len(),
            begun.elapsed().saturating_sub(loaded)
        );
        assert!(broken.is_empty(), "{}: {broken:?}", file.display());
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks its environment where the corpora are")]
fn corpora() -> Option<PathBuf> {
    std::env::var("SEAMSTRESS_CORPORA").ok().map(PathBuf::from)
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config {
        cases: 32,
        failure_persistence: None,
        ..proptest::test_runner::Config::default()
    })]

    #[test]
    fn a_damaged_document_loads_or_is_refused_and_never_panics(
        line in 0usize..680,
        piece in "[ -~]{0,12}",
        whole in proptest::bool::ANY,
    ) {
        let shipped = include_str!("../../../contracts/bulk-update/v1/openapi.yaml");
        let damaged: Vec<String> = shipped
            .lines()
            .enumerate()
            .filter_map(|(i, text)| match (i == line, whole) {
                (false, _) => Some(text.to_owned()),
                (true, true) => None,
                (true, false) => Some(format!("{}{piece}", &text[..text.len() / 2])),
            })
            .collect();
        match OpenApi::parse("damaged.yaml", &damaged.join("\n")) {
            Ok(document) => {
                for operation in &document.operations {
                    for schema in operation.request.iter().flat_map(|r| &r.content).filter_map(|m| m.schema.as_ref()) {
                        let _ = document.validator(schema);
                    }
                }
            }
            Err(faults) => proptest::prop_assert!(faults.iter().all(|fault| fault.place.line > 0), "{}", faults),
        }
    }
}

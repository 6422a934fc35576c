//! What a project is made of.

use super::*;
use crate::contract::openapi::OpenApi;
use crate::contract::{ContractId, load_dir};

/// What a framework exports of a service that knows no gateway.
const PLAIN: &str = r##"
openapi: 3.1.0
info: { title: "Visits of Customers", version: 2.3.0 }
paths:
  /visits:
    post:
      operationId: createVisit
      requestBody:
        required: true
        content: { application/json: { schema: { type: object } } }
      responses:
        "201": { description: Made. }
        "400":
          description: No.
          content: { application/json: { schema: { type: object } } }
        "429": { $ref: "#/components/responses/Slow" }
  /visits/{id}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: x-correlation-id, in: header, required: true, schema: { type: string, format: uuid } }
    get:
      operationId: getVisit
      responses:
        "200": { description: There. }
components:
  responses:
    Slow: { description: Slow down. }
"##;

fn document(text: &str) -> OpenApi {
    OpenApi::parse("visits.yaml", text).expect("reads")
}

fn text<'p>(plan: &'p Plan, end: &str) -> &'p str {
    &plan.files.iter().find(|file| file.path.ends_with(end)).expect("planned").text
}

#[test]
fn a_name_comes_from_title_and_version() {
    let named = |title: &str, version: &str| {
        let text = format!("openapi: 3.1.0\ninfo: {{ title: '{title}', version: '{version}' }}\npaths: {{}}\n");
        contract_name(&document(&text)).to_string()
    };
    assert_eq!(named("Visits of Customers", "2.3.0"), "visits-of-customers/v2");
    assert_eq!(named("Ordres (été)", "v12"), "ordres-t/v12");
    assert_eq!((named("", "0.1.0"), named("é", "beta")), ("service/v1".to_owned(), "service/v1".to_owned()));
}

#[test]
fn the_contract_holds_what_the_gateway_adds_and_what_stood_there_stands() {
    let plan = plan(&document(PLAIN), &ContractId::new("visits", "v2")).expect("planned");
    let contract: serde_json::Value = serde_json::from_str(text(&plan, "openapi.json")).expect("JSON");
    let post = &contract["paths"]["/visits"]["post"];
    let keys = |value: &serde_json::Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&post["responses"]), ["201", "400", "429", "401", "403", "411", "413", "415", "500", "503", "504"]);
    assert_eq!(keys(&post["responses"]["400"]["content"]), ["application/json", "application/problem+json"]);
    assert_eq!(post["responses"]["429"]["$ref"], "#/components/responses/Slow");
    assert_eq!(keys(&contract["components"]["responses"]["Slow"]["content"]), ["application/problem+json"]);
    assert_eq!(post["parameters"][0]["$ref"], "#/components/parameters/GatewayCorrelationId");
    let get = &contract["paths"]["/visits/{id}"]["get"];
    assert!(get.get("parameters").is_none(), "it has the header field already, under its own spelling: {get}");
    assert_eq!(
        get["responses"]["200"]["headers"]["x-correlation-id"]["$ref"],
        "#/components/headers/GatewayCorrelationId"
    );
    assert!(get["responses"].get("404").is_some() && post["responses"].get("404").is_none());
    assert_eq!(plan.added.len(), 3, "{:?}", plan.added);
}

#[test]
fn what_says_it_all_gets_nothing_added() {
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/bulk-update/v2/openapi.yaml");
    let document = OpenApi::load(&shipped).expect("loads");
    let plan = plan(&document, &ContractId::new("bulk-update", "v2")).expect("planned");
    assert!(plan.added.is_empty(), "{:?}", plan.added);
}

#[test]
fn the_policies_are_those_of_the_shipped_system() {
    let shipped = include_str!("../../mocks/gateway/apis/inference-v1.xml");
    let media = ["application/json".to_owned()];
    let policy = templates::ApiPolicy {
        name: ("inference", "1"),
        audience: "d4b7a2c6-0f3e-4e58-9a71-6c25e8f1b034",
        role: "Decisions.Create",
        body: Some((65_536, &media)),
    };
    assert_eq!(templates::api(&policy), shipped);
    let two = ["text/csv".to_owned(), "application/json".to_owned()];
    let text = templates::api(&templates::ApiPolicy { body: Some((5, &two)), ..policy.clone() });
    assert!(text.contains(r#"name="mediaType" value="text/csv""#), "{text}");
    assert!(text.contains(r#"name="otherMediaType" value="application/json""#), "{text}");
    let text = templates::api(&templates::ApiPolicy { body: None, ..policy });
    assert!(!text.contains("maxBody") && !text.contains("fragment-id=\"body\""), "{text}");
}

#[test]
fn a_project_loads_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = plan(&document(PLAIN), &ContractId::new("visits", "v2")).expect("planned");
    let written = write(&first, folder.path()).expect("written");
    assert_eq!((written.made.len(), written.kept.len()), (first.files.len(), 0));
    let contracts = load_dir(&folder.path().join("contracts")).expect("loads");
    assert_eq!(contracts.len(), 1);
    let behaviour = contracts[0].behaviour.as_ref().expect("there");
    assert!(behaviour.identity.is_some() && behaviour.throttling.is_some() && behaviour.correlation.is_some());

    let tenant = folder.path().join("mocks/issuer/tenant.yaml");
    std::fs::write(&tenant, "mine\n").expect("written");
    let fault = write(&first, folder.path()).expect_err("it is there").to_string();
    assert!(fault.contains("openapi.json") && fault.contains("behaviour.yaml"), "{fault}");
    let second = plan(&document(PLAIN), &ContractId::new("calls", "v1")).expect("planned");
    let written = write(&second, folder.path()).expect("beside it");
    assert!(written.kept.contains(&"mocks/issuer/tenant.yaml".into()), "{written:?}");
    assert_eq!(std::fs::read_to_string(&tenant).expect("there"), "mine\n");
    assert!(second.entries[0].1.contains("calls:"), "{:?}", second.entries);
}

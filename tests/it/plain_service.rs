//! `check openapi.yaml --url`: a plain service, without gateway or settings,
//! with and without a behaviour file.

use std::path::PathBuf;

use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{Ran, seamstress};

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Orders, version: '1' }
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [sku, quantity]
              additionalProperties: false
              properties:
                sku: { type: string, pattern: '^[A-Z]{3}-[0-9]{4}$' }
                quantity: { type: integer, minimum: 1, maximum: 100 }
      responses:
        '201':
          description: made
          content:
            application/json:
              schema: { type: object, required: [id], properties: { id: { type: integer } } }
        '400': { description: refused }
";

fn document(folder: &tempfile::TempDir) -> PathBuf {
    let file = folder.path().join("orders.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    file
}

/// Whether a request keeps the document, by a reading of its own.
fn keeps(request: &Request) -> bool {
    let body: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
    body.as_ref().and_then(serde_json::Value::as_object).is_some_and(|order| {
        let sku = order.get("sku").and_then(|s| s.as_str()).is_some_and(|s| {
            let (a, b) = s.split_once('-').unwrap_or_default();
            let letters = a.len() == 3 && a.bytes().all(|c| c.is_ascii_uppercase());
            letters && b.len() == 4 && b.bytes().all(|c| c.is_ascii_digit())
        });
        let number = order.get("quantity").and_then(serde_json::Value::as_f64);
        let quantity = number.is_some_and(|q| (1.0..=100.0).contains(&q) && q.fract() == 0.0);
        sku && quantity && order.len() == 2
    })
}

/// Answers as the document says.
fn orders(answer: serde_json::Value) -> impl Fn(&Request) -> ResponseTemplate {
    move |request| {
        if keeps(request) {
            ResponseTemplate::new(201).set_body_json(answer.clone())
        } else {
            ResponseTemplate::new(400)
        }
    }
}

async fn check(answer: serde_json::Value, more: &'static [&'static str]) -> (Ran, Vec<Request>) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).and(path_regex("^/shop/orders$")).respond_with(orders(answer)).mount(&server).await;
    Mock::given(path_regex("^/")).respond_with(ResponseTemplate::new(404)).with_priority(9).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, url) = (document(&folder), format!("{}/shop", server.uri()));
    let ran = tokio::task::spawn_blocking(move || {
        let args = ["check", file.to_str().expect("plain"), "--url", &url, "--seed", "2", "--cases", "120"];
        seamstress(&[&args, more].concat())
    })
    .await
    .expect("it ran");
    let requests = server.received_requests().await.unwrap_or_default();
    (ran, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_keeps_its_document_passes() {
    let (ran, requests) = check(serde_json::json!({"id": 1}), &[]).await;
    assert_eq!(ran.code, 0, "{}", ran.all());
    let accepted = requests.iter().filter(|r| keeps(r)).count();
    assert!(accepted >= 20, "{accepted} of {} requests keep the document", requests.len());
    assert!(requests.len() - accepted >= 20, "{accepted} of {}", requests.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_its_schema_is_found() {
    let (ran, _) = check(serde_json::json!({"id": "one"}), &[]).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.families().iter().all(|family| family == "response"), "{}", ran.all());
    assert!(ran.out.contains("orders.yaml:"), "the finding has its place in the document: {}", ran.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn header_fields_go_along_and_their_secrets_stay_out_of_reports() {
    let (ran, requests) = check(serde_json::json!({"id": "one"}), &["-H", "X-Api-Key: planted-s3cret-value"]).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(requests.iter().all(|r| r.headers.get("x-api-key").is_some_and(|v| v == "planted-s3cret-value")));
    for file in ["run.json", "junit.xml", "summary.md", "report.html"] {
        let text = std::fs::read_to_string(ran.reports.path().join("latest").join(file)).expect("written");
        assert!(!text.contains("planted-s3cret-value"), "{file} tells the secret");
    }
    assert!(!ran.all().contains("planted-s3cret-value"));
}

const CUSTOMERS: &str = r"
openapi: 3.1.0
info: { title: Customers, version: '1' }
paths:
  /customers:
    post:
      operationId: createCustomer
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [name], properties: { name: { type: string, maxLength: 20 } } }
      responses:
        '201':
          description: made
          content: { application/json: { schema: { type: object, required: [id], properties: { id: { type: integer } } } } }
        '400': { description: refused }
  /customers/{id}:
    get:
      operationId: getCustomer
      parameters: [{ name: id, in: path, required: true, schema: { type: integer, minimum: 0 } }]
      responses: { '200': { description: there }, '400': { description: refused }, '404': { description: unknown } }
";

const DATA: &str = r"
format: seamstress/behaviour/1
data:
  pools:
    customer_id: { from: set_up, applies_to: [path id] }
  set_up:
    - { operation: createCustomer, times: 3, save: { customer_id: body /id } }
    - { method: POST, path: /customers, body: { name: '{fresh}' }, expect: 201, save: { customer_id: body /id } }
    - { method: POST, path: /nowhere, expect: 201 }
  clean_up:
    - { method: DELETE, path: '/customers/{customer_id}', for_each: customer_id, expect: 204 }
";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_set_up_made_is_used_and_cleaned_up() {
    let server = MockServer::start().await;
    let made = std::sync::atomic::AtomicU64::new(41_000);
    Mock::given(method("POST"))
        .and(path_regex("^/customers$"))
        .respond_with(move |_: &Request| {
            let id = made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            ResponseTemplate::new(201).set_body_json(serde_json::json!({ "id": id }))
        })
        .mount(&server)
        .await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    Mock::given(method("DELETE")).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (file, behaviour) = (folder.path().join("customers.yaml"), folder.path().join("promises.yaml"));
    std::fs::write(&file, CUSTOMERS).expect("written");
    std::fs::write(&behaviour, DATA).expect("written");
    let uri = server.uri();
    let ran = tokio::task::spawn_blocking(move || {
        let (file, behaviour) = (file.to_str().expect("plain"), behaviour.to_str().expect("plain"));
        let only = ["--only", "response/undeclared-status", "--operation", "getCustomer", "--cases", "40", "-v"];
        seamstress(&[&["check", file, "--behaviour", behaviour, "--url", &uri][..], &only].concat())
    })
    .await
    .expect("it ran");
    let requests = server.received_requests().await.unwrap_or_default();
    let ids = ["41000", "41001", "41002", "41003"];
    let got = requests.iter().filter(|r| r.method.as_str() == "GET");
    let known = got.filter(|r| ids.iter().any(|id| r.url.path() == format!("/customers/{id}"))).count();
    assert!(known >= 5, "{known} calls for customers that exist: {}", ran.all());
    let deleted: Vec<&str> = requests.iter().filter(|r| r.method.as_str() == "DELETE").map(|r| r.url.path()).collect();
    // A wrong method may have been tried before; what was made goes at the end.
    let last = &deleted[deleted.len().saturating_sub(ids.len())..];
    assert_eq!(last, ids.map(|id| format!("/customers/{id}")), "{}", ran.all());
    assert!(ran.all().contains("set-up: POST /nowhere was answered 404, expected 201"), "{}", ran.all());
}

//! Links of a document are followed: from the answer that has them to the
//! operation that they lead to.

use std::sync::atomic::{AtomicU64, Ordering};

use wiremock::matchers::{method, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::{Ran, seamstress};

const DOCUMENT: &str = r"
openapi: 3.1.0
info: { title: Tickets, version: '1' }
paths:
  /tickets:
    post:
      operationId: openTicket
      requestBody:
        required: true
        content:
          application/json:
            schema: { type: object, required: [title], properties: { title: { type: string, maxLength: 20 } } }
      responses:
        '201':
          description: opened
          headers: { Location: { required: true, schema: { type: string } } }
          content:
            application/json:
              schema: { type: object, required: [number], properties: { number: { type: integer } } }
          links:
            lookUp: { operationId: lookUp, parameters: { number: $response.body#/number } }
            reply:
              operationRef: '#/paths/~1replies/post'
              parameters: { X-Ticket: '{$response.header.Location}' }
              requestBody: $response.body
        '400': { description: refused }
  /look-up:
    get:
      operationId: lookUp
      parameters: [{ name: number, in: query, required: true, schema: { type: integer } }]
      responses: { '200': { description: there }, '400': { description: refused }, '404': { description: unknown } }
  /replies:
    post:
      operationId: reply
      parameters: [{ name: X-Ticket, in: header, schema: { type: string } }]
      requestBody:
        content:
          application/json:
            schema: { type: object, required: [number], properties: { number: { type: integer } } }
      responses: { '201': { description: replied }, '400': { description: refused }, '422': { description: refused } }
";

/// What is wrong with the service.
#[derive(Clone, Copy, PartialEq)]
enum Defect {
    None,
    /// The number in the answer is another one than the ticket's.
    OtherNumber,
    /// Replies are refused where they carry what the ticket's answer gave.
    RefusedReply,
}

/// Tickets from 500 on.
const FIRST: u64 = 500;

async fn check(defect: Defect) -> (Ran, Vec<Request>) {
    let server = MockServer::start().await;
    let opened = std::sync::Arc::new(AtomicU64::new(FIRST));
    let next = opened.clone();
    let open = move |request: &Request| {
        let body: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
        let title = body.as_ref().and_then(|b| b.get("title")?.as_str());
        if title.is_none_or(|title| title.chars().count() > 20) {
            return ResponseTemplate::new(400);
        }
        let number = next.fetch_add(1, Ordering::SeqCst);
        let told = if defect == Defect::OtherNumber { number + 100_000 } else { number };
        let location = format!("/tickets/{number}");
        ResponseTemplate::new(201)
            .insert_header("Location", location.as_str())
            .set_body_json(serde_json::json!({ "number": told }))
    };
    let look_up = move |request: &Request| {
        let number =
            request.url.query_pairs().find(|(name, _)| name == "number").and_then(|(_, n)| n.parse::<i64>().ok());
        match number {
            None => ResponseTemplate::new(400),
            // Only tickets that were opened are there.
            Some(n) if !(FIRST as i64..opened.load(Ordering::SeqCst) as i64).contains(&n) => ResponseTemplate::new(404),
            Some(_) => ResponseTemplate::new(200),
        }
    };
    let reply = move |request: &Request| {
        let body: Option<serde_json::Value> = serde_json::from_slice(&request.body).ok();
        let number =
            body.as_ref().and_then(|b| b.get("number")).filter(|n| n.as_f64().is_some_and(|n| n.fract() == 0.0));
        let ticket = request.headers.get("x-ticket").is_some_and(|t| t.as_bytes().starts_with(b"/tickets/"));
        match number {
            Some(_) if ticket && defect == Defect::RefusedReply => ResponseTemplate::new(422),
            Some(_) => ResponseTemplate::new(201),
            None if request.body.is_empty() => ResponseTemplate::new(201),
            None => ResponseTemplate::new(400),
        }
    };
    Mock::given(method("POST")).and(path_regex("^/tickets$")).respond_with(open).mount(&server).await;
    Mock::given(method("GET")).and(path_regex("^/look-up$")).respond_with(look_up).mount(&server).await;
    Mock::given(method("POST")).and(path_regex("^/replies$")).respond_with(reply).mount(&server).await;
    Mock::given(path_regex("^/")).respond_with(ResponseTemplate::new(404)).with_priority(9).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("tickets.yaml");
    std::fs::write(&file, DOCUMENT).expect("written");
    let uri = server.uri();
    let ran = tokio::task::spawn_blocking(move || {
        let file = file.to_str().expect("plain");
        seamstress(&["check", file, "--url", &uri, "--seed", "3", "--cases", "40", "--only", "response/link-broken"])
    })
    .await
    .expect("it ran");
    let requests = server.received_requests().await.unwrap_or_default();
    (ran, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_link_gives_is_sent_and_a_service_that_keeps_it_passes() {
    let (ran, requests) = check(Defect::None).await;
    assert_eq!(ran.code, 0, "{}", ran.all());
    let known = |n: &str| n.parse::<u64>().is_ok_and(|n| (FIRST..FIRST + 100).contains(&n));
    let looked = requests.iter().filter(|r| r.url.query_pairs().any(|(name, n)| name == "number" && known(&n))).count();
    assert!(looked >= 3, "{looked} tickets were looked up");
    let replied = requests.iter().filter(|r| {
        let number = serde_json::from_slice::<serde_json::Value>(&r.body).ok().and_then(|b| b["number"].as_u64());
        let ticket = r.headers.get("x-ticket").and_then(|t| t.to_str().ok()).unwrap_or_default();
        number.is_some_and(|n| ticket == format!("/tickets/{n}"))
    });
    assert!(replied.count() >= 3, "body and header field come from one answer");
    let report = std::fs::read_to_string(ran.reports.path().join("latest/run.json")).expect("written");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let kinds = report["coverage"][0]["kinds"].as_array().cloned().unwrap_or_default();
    let links = kinds.iter().find(|kind| kind["kind"] == "links").unwrap_or_else(|| panic!("{}", report["coverage"]));
    assert_eq!((&links["all"], &links["tried"]), (&serde_json::json!(2), &serde_json::json!(2)), "{links}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_nothing_is_found_and_plays_again_alone() {
    let (ran, _) = check(Defect::OtherNumber).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("the link `lookUp` of openTicket leads to nothing"), "{}", ran.out);
    assert!(ran.out.contains("tickets.yaml:"), "the finding points into the document: {}", ran.out);
    assert!(ran.all().contains(":openTicket:link:"), "the case has a name of its own: {}", ran.all());
    assert!(ran.all().contains("3 of 3"), "{}", ran.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_a_link_that_is_refused_is_found() {
    let (ran, _) = check(Defect::RefusedReply).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("reply refuses what the link `reply` of openTicket gives"), "{}", ran.out);
}

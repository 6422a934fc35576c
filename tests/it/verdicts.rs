//! What a person sees and a pipeline gets: one cause for many findings, known
//! findings, other weights, contract coverage.

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Ran, seamstress, seamstress_in};

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
              required: [sku]
              properties: { sku: { type: string, maxLength: 8 }, quantity: { type: integer, minimum: 1 } }
      responses:
        '201': { description: made }
        '400': { description: refused }
    get:
      operationId: listOrders
      parameters: [{ name: page, in: query, schema: { type: integer, minimum: 0 } }]
      responses: { '200': { description: all of them }, '400': { description: refused } }
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{ name: id, in: path, required: true, schema: { type: integer } }]
      responses: { '200': { description: one }, '400': { description: refused } }
";

/// Checks a service that answers everything alike, with files beside the
/// document.
async fn check(answer: ResponseTemplate, files: &[(&str, &str)], more: &'static [&'static str]) -> Ran {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("orders.yaml", DOCUMENT)].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let url = server.uri();
    tokio::task::spawn_blocking(move || {
        let args = ["check", "orders.yaml", "--url", &url, "--seed", "4", "--nonce", "n", "--cases", "90"];
        seamstress_in(folder.path(), &[&args, more].concat())
    })
    .await
    .expect("it ran")
}

fn findings(ran: &Ran) -> Vec<serde_json::Value> {
    ran.record()["findings"].as_array().expect("a list").clone()
}

fn on_top(ran: &Ran) -> Vec<serde_json::Value> {
    findings(ran).into_iter().filter(|finding| finding["under"].is_null()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_answers_all_alike_is_one_finding_that_names_the_cause() {
    let moved = ResponseTemplate::new(302).insert_header("Location", "https://login.example/");
    for (answer, cause) in [
        (ResponseTemplate::new(401), "every call is answered 401: nobody is let in"),
        (ResponseTemplate::new(404), "every call is answered 404: nothing stands there"),
        (moved, "every call is redirected"),
    ] {
        let ran = check(answer, &[], &[]).await;
        assert_eq!(ran.code, 1, "{}", ran.all());
        let top: Vec<String> = on_top(&ran).iter().map(|finding| finding["title"].to_string()).collect();
        assert_eq!(top.len(), 1, "{cause}: {top:#?}");
        assert!(top[0].contains(cause), "{top:?}");
        assert!(findings(&ran).len() > 2, "the others stand below it: {}", ran.all());
        assert!(ran.out.contains(cause) && ran.out.contains("  also "), "{}", ran.out);
        assert!(!ran.out.contains("more findings"), "{}", ran.out);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_finding_does_not_fail_until_its_time_is_over() {
    let broken = || ResponseTemplate::new(418);
    let ran = check(broken(), &[], &[]).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    let entries = |expires: &str| {
        let entry = |finding: &serde_json::Value| {
            format!(
                "  - {{ fingerprint: {}, reason: a teapot, expires: {expires}, owner: kitchen }}\n",
                finding["fingerprint"]
            )
        };
        let all: String = findings(&ran).iter().map(entry).collect();
        format!("format: seamstress/known-findings/1\nfindings:\n{all}")
    };
    let stale = "  - { check: response/media-type, contract: none/v1, reason: gone, expires: 2199-01-01 }\n";
    let known = entries("2199-01-01") + stale;
    let tolerated = check(broken(), &[("known-findings.yaml", &known)], &["-v"]).await;
    assert_eq!(tolerated.code, 0, "{}", tolerated.all());
    assert!(tolerated.out.contains("known[") && tolerated.out.contains("(kitchen): a teapot"), "{}", tolerated.out);
    assert!(tolerated.out.contains("nothing shows this any more"), "{}", tolerated.out);
    let junit = std::fs::read_to_string(tolerated.reports.path().join("latest/junit.xml")).expect("written");
    assert!(junit.contains("failures=\"0\""), "{junit}");
    let over = entries("2020-01-01");
    let ran = check(broken(), &[("known-findings.yaml", &over)], &[]).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("that time is over: a teapot"), "{}", ran.out);
    let faulty = check(broken(), &[("known-findings.yaml", "format: seamstress/known-findings/1\n")], &[]).await;
    assert_eq!(faulty.code, 2, "{}", faulty.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_are_settings_and_fail_on_says_which_of_them_fail() {
    let off = "[severities]\nresponse = \"off\"\n";
    let warn = "[severities]\nresponse = \"warning\"\n";
    let answer = || ResponseTemplate::new(418);
    let only = &["--only", "response"];
    assert_eq!(check(answer(), &[], only).await.code, 1);
    let silent = check(answer(), &[("seamstress.toml", off)], only).await;
    assert_eq!(silent.code, 0, "{}", silent.all());
    assert!(findings(&silent).is_empty());
    let lighter = check(answer(), &[("seamstress.toml", warn)], only).await;
    assert_eq!(lighter.code, 0, "{}", lighter.all());
    assert!(findings(&lighter).iter().all(|f| f["severity"] == "warning" && f["decides"] == false), "{}", lighter.out);
    let args = &["--only", "response", "--fail-on", "warning"];
    assert_eq!(check(answer(), &[("seamstress.toml", warn)], args).await.code, 1);
    let typo = check(answer(), &[("seamstress.toml", "[severities]\nrespons = \"off\"\n")], only).await;
    assert_eq!(typo.code, 2, "{}", typo.all());
    assert!(typo.err.contains("did you mean `response`?"), "{}", typo.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_little_coverage_fails_and_says_what_is_missing() {
    let args = &["--min-coverage", "99", "--only", "response/media-type"];
    let ran = check(ResponseTemplate::new(400), &[], args).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    let reason = ran.record()["reason"].as_str().expect("text").to_owned();
    assert!(reason.contains("99 % are asked for") && reason.contains("responses of orders (e.g."), "{reason}");
    let coverage = ran.record()["coverage"][0]["kinds"].clone();
    let kind =
        |name: &str| coverage.as_array().expect("kinds").iter().find(|k| k["kind"] == name).cloned().expect("there");
    assert_eq!((kind("operations")["tried"].clone(), kind("operations")["all"].clone()), (3.into(), 3.into()));
    assert!(kind("keywords")["tried"].as_u64() > Some(3), "{coverage}");
    assert_eq!(kind("parameters")["tried"], 2, "{coverage}");
    let page = std::fs::read_to_string(ran.reports.path().join("latest/report.html")).expect("written");
    assert!(page.contains("id=\"coverage\""));
    assert_eq!(seamstress(&["check", "--min-coverage", "101", "--dry-run"]).code, 2);
}

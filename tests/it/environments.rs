//! Environments of the settings: foreign gateways and token endpoints.

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::support::{Ran, seamstress_with};

fn granted() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(serde_json::json!({ "access_token": "granted-1", "expires_in": 3599 }))
}

/// Checks a gateway; `tokens`, where it is given, is the token endpoint.
async fn check(contract: &'static str, gateway: String, tokens: Option<String>) -> Ran {
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("s.toml");
        let tokens = tokens.map_or_else(String::new, |endpoint| {
            format!("token-endpoint = \"{endpoint}/token\"\nclient-id = \"t\"\nclient-secret-env = \"IT_SECRET\"\n")
        });
        let text = format!("[environments.dev]\ngateway = \"{gateway}\"\n{tokens}");
        std::fs::write(&file, text).expect("written");
        let file = file.to_str().expect("plain");
        let args =
            ["check", "--settings", file, "--env", "dev", "--seed", "1", "--cases", "50", "--operation", contract];
        seamstress_with(&[("IT_SECRET", "not-so-secret")], &args)
    })
    .await
    .expect("it ran")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses_everything_is_judged_to_the_end() {
    let (issuer, gateway) = (MockServer::start().await, MockServer::start().await);
    Mock::given(any()).respond_with(granted()).mount(&issuer).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(401)).mount(&gateway).await;
    let ran = check("tabular-intake/v1", gateway.uri(), Some(issuer.uri())).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    let record = ran.record();
    let findings = record["findings"].as_array().expect("a list");
    let refused = findings.iter().find(|f| f["check"] == "response/refused-conforming").expect("it is told");
    assert!(refused["actual"].as_str().is_some_and(|actual| actual.contains("401")), "{refused:#}");
    let replay = refused["replay"].as_str().expect("a command");
    assert!(replay.contains("--settings ") && replay.contains("--env dev"), "{replay}");
    let asked = issuer.received_requests().await.unwrap_or_default().len();
    assert_eq!(asked, 1, "a token lasts, and serves all");
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_that_could_not_be_made_are_told_and_others_contracts_are_not() {
    let gateway = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(503)).mount(&gateway).await;
    // Its records name accounts that exist, and nobody here knows any.
    let ran = check("bulk-update/v1", gateway.uri(), None).await;
    let record = ran.record();
    let left = record["not_checked"].as_array().expect("a list");
    let made = left.iter().find(|n| n["why"].as_str().is_some_and(|why| why.contains("pool account_id")));
    assert!(made.is_some_and(|n| n["what"].as_str().is_some_and(|w| w.ends_with("generated cases"))), "{}", ran.all());
    assert!(left.iter().all(|n| n["contract"].is_null() || n["contract"] == "bulk-update/v1"), "{left:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_refuses_is_3_with_its_words() {
    let (issuer, gateway) = (MockServer::start().await, MockServer::start().await);
    let words = "AADSTS7000215: Invalid client secret provided.";
    let refusal = serde_json::json!({ "error": "invalid_client", "error_description": words });
    Mock::given(any()).respond_with(ResponseTemplate::new(401).set_body_json(refusal)).mount(&issuer).await;
    let ran = check("tabular-intake/v1", gateway.uri(), Some(issuer.uri())).await;
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.out.contains("COULD NOT RUN") && ran.out.contains(words), "{}", ran.all());
    assert_eq!(gateway.received_requests().await.unwrap_or_default().len(), 0, "no call goes without its token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (gateway, elsewhere) = (MockServer::start().await, MockServer::start().await);
    let moved = ResponseTemplate::new(307).insert_header("Location", format!("{}/login", elsewhere.uri()).as_str());
    Mock::given(any()).respond_with(moved.clone()).mount(&gateway).await;
    let ran = check("tabular-intake/v1", gateway.uri(), None).await;
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("answered 307"), "{}", ran.all());
    let issuer = MockServer::start().await;
    Mock::given(any()).respond_with(moved).mount(&issuer).await;
    let ran = check("tabular-intake/v1", gateway.uri(), Some(issuer.uri())).await;
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.out.contains("307"), "{}", ran.all());
    assert_eq!(elsewhere.received_requests().await.unwrap_or_default().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_neither_loopback_nor_listed_is_not_reached() {
    let folder = tempfile::tempdir().expect("a folder");
    let document = folder.path().join("api.yaml");
    std::fs::write(&document, "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: a\n      responses: {'200': {description: ok}}\n").expect("written");
    let ran = tokio::task::spawn_blocking(move || {
        let document = document.to_str().expect("plain");
        seamstress_with(&[], &["check", document, "--url", "http://192.0.2.7:8000"])
    })
    .await
    .expect("it ran");
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("neither loopback nor an allowed host"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_in_the_gateways_url_is_not_dropped_in_silence() {
    let gateway = MockServer::start().await;
    let ran = check("tabular-intake/v1", format!("{}/prefix", gateway.uri()), None).await;
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("has a path"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_not_set_is_2_and_named() {
    let ran = tokio::task::spawn_blocking(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("s.toml");
        let text = "[environments.dev]\ngateway = \"http://127.0.0.1:1\"\nclient-secret-env = \"IT_NEVER_SET\"\n";
        std::fs::write(&file, text).expect("written");
        seamstress_with(&[], &["check", "--settings", file.to_str().expect("plain"), "--env", "dev"])
    })
    .await
    .expect("it ran");
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("IT_NEVER_SET"), "{}", ran.err);
}

//! What a flow's calls look like to the server.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;

use super::attack_tests::{planned_file, played};

/// The header fields of one call of a flow, whose keys and whose action's keys
/// are given.
async fn sent(flow: &str, action: &str) -> HeaderMap {
    let seen: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
    let all = seen.clone();
    let app = Router::new().route(
        "/bulk-update/v1/batches",
        post(move |headers: HeaderMap| async move {
            all.lock().unwrap().push(headers);
            StatusCode::OK
        }),
    );
    let plan = planned_file(&format!(
        "flows:\n  - name: f\n    start: {{ burst: {{ runs: 1, within: 0 s }} }}\n{flow}    actions:\n      \
         - contract: bulk-update/v1\n        operation: submitBatch\n{action}"
    ));
    played(app, vec![plan]).await;
    seen.lock().unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http_action_a_suppressed_one_and_a_connector_send_what_they_do() {
    let field = |headers: &HeaderMap, name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let http = sent("", "        fields: { X-Tenant: demo }\n").await;
    assert_eq!(field(&http, "x-tenant").as_deref(), Some("demo"));
    assert_eq!(field(&http, "x-ms-client-tracking-id"), field(&http, "x-ms-workflow-run-id"));
    assert!(field(&http, "user-agent").is_some_and(|agent| agent.contains("microsoft-flow/1.0")));
    let suppressed = sent("    headers: suppressed\n", "").await;
    assert!(suppressed.keys().all(|name| !name.as_str().starts_with("x-ms-")), "{suppressed:?}");
    assert!(suppressed.contains_key("x-correlation-id"));
    let connector = sent("", "        headers: connector\n").await;
    assert!(connector.contains_key("x-ms-workflow-run-id") && !connector.contains_key("x-ms-client-tracking-id"));
    let referrer = field(&connector, "x-ms-apim-referrer").expect("the connector's gateway tells who called");
    assert!(referrer.ends_with("/bulk-update/v1/batches"), "{referrer}");
    let other = sent("    connector_keeps: [x-ms-client-tracking-id]\n    headers: connector\n", "").await;
    assert!(!other.contains_key("x-ms-workflow-run-id") && other.contains_key("x-ms-client-tracking-id"));
}

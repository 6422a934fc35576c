//! What a flow's calls look like to the server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::attack_tests::{planned_file, played};
use crate::observe::{Operations, PhaseRun};

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

/// One run of one action of v1, on a server of one's own.
async fn run(app: Router, action: &str) -> PhaseRun {
    let plan = planned_file(&format!(
        "flows:\n  - name: f\n    retry: {{ type: fixed, count: 2, interval: PT5S }}\n    \
         start: {{ burst: {{ runs: 1, within: 0 s }} }}\n    actions:\n      \
         - {{ contract: bulk-update/v1, {action} }}\n"
    ));
    played(app, vec![plan]).await.0.remove(0)
}

/// What came of an upload.
#[derive(Debug, Default)]
struct Upload {
    announced: Vec<HeaderMap>,
    ranges: Vec<String>,
    content: Vec<u8>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_in_parts_arrives_whole() {
    let upload: Arc<Mutex<Upload>> = Arc::default();
    let (announced, taken) = (upload.clone(), upload.clone());
    let announce = move |headers: HeaderMap, body: Bytes| async move {
        assert!(body.is_empty());
        announced.lock().unwrap().announced.push(headers);
        (StatusCode::OK, [("location", "/bulk-update/v1/uploads/7"), ("x-ms-chunk-size", "64")])
    };
    let take = move |headers: HeaderMap, body: Bytes| async move {
        let mut upload = taken.lock().unwrap();
        upload.ranges.push(headers["content-range"].to_str().unwrap().to_owned());
        if upload.ranges.len() == 2 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        assert_eq!(headers["content-type"], "application/json");
        upload.content.extend_from_slice(&body);
        (StatusCode::OK, [("range", format!("bytes=0-{}", upload.content.len() - 1))]).into_response()
    };
    let app = Router::new()
        .route("/bulk-update/v1/batches", post(announce))
        .route("/bulk-update/v1/uploads/7", axum::routing::patch(take));
    let phase = run(app, "operation: submitBatch, elements: 4, chunked: on").await;
    let upload = std::mem::take(&mut *upload.lock().unwrap());
    let [announced] = upload.announced.as_slice() else { panic!("{upload:?}") };
    assert_eq!(announced["x-ms-transfer-mode"], "chunked");
    assert_eq!(announced["x-ms-content-length"], upload.content.len().to_string());
    assert!(!announced.contains_key("content-type"));
    let content: Value = serde_json::from_slice(&upload.content).expect("what was sent whole is JSON");
    assert_eq!(content["records"].as_array().map(Vec::len), Some(4));
    assert_eq!(upload.ranges[0], format!("bytes=0-63/{}", upload.content.len()));
    assert_eq!(upload.ranges[1], upload.ranges[2], "a part that failed is sent again");
    assert_eq!(upload.ranges.len(), 1 + upload.content.len().div_ceil(64));
    let Operations { begun, done, attempts, .. } = phase.operations;
    // The announcement, and the part that failed once more.
    assert_eq!((begun, done, attempts, phase.calls.len()), (1, 1, 2, 1 + upload.ranges.len() as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_takes_the_empty_request_for_the_whole_is_given_up() {
    let app = Router::new().route("/bulk-update/v1/batches", post(|| async { StatusCode::OK }));
    let phase = run(app, "operation: submitBatch, elements: 4, chunked: 32").await;
    let Operations { begun, done, given_up, .. } = phase.operations;
    assert_eq!((begun, done, given_up, phase.calls.len()), (1, 0, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announcement_that_is_refused_again_and_again_counts_each_time() {
    let app = Router::new().route("/bulk-update/v1/batches", post(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let phase = run(app, "operation: submitBatch, elements: 4, chunked: on").await;
    let Operations { begun, given_up, attempts, .. } = phase.operations;
    assert_eq!((begun, given_up, attempts, phase.calls.len()), (1, 1, 3, 3));
    assert!((phase.operations.amplification() - 3.0).abs() < 1e-9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_asked_for_until_there_are_enough_items() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    let page = move |RawQuery(query): RawQuery| async move {
        let mut seen = seen.lock().unwrap();
        seen.push(query.unwrap_or_default());
        axum::Json(json!({ "value": [1, 2, 3], "nextLink": format!("?page={}", seen.len() + 1) }))
    };
    let app = Router::new().route("/bulk-update/v1/batches/{id}", get(page));
    let phase = run(app, "operation: getBatch, pages: 8").await;
    assert_eq!(*asked.lock().unwrap(), ["", "page=2", "page=3"]);
    assert_eq!((phase.operations.done, phase.calls.len()), (1, 3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn polls_under_load_are_due_to_the_millisecond_when_the_service_says() {
    let accept =
        || async { (StatusCode::ACCEPTED, [("location", "/bulk-update/v1/batches/7"), ("retry-after", "30")]) };
    let app = Router::new()
        .route("/bulk-update/v1/batches", post(accept))
        .route("/bulk-update/v1/batches/7", get(|| async { StatusCode::OK }));
    let plan = planned_file(
        "flows:\n  - name: f\n    start: { burst: { runs: 200, within: 20 s } }\n    \
         actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n",
    );
    let phase = played(app, vec![plan]).await.0.remove(0);
    let (polls, calls): (Vec<_>, Vec<_>) = phase.calls.iter().partition(|call| call.poll);
    assert_eq!((calls.len(), polls.len()), (200, 200));
    let mut off = 0;
    for call in &calls {
        let poll = polls.iter().find(|poll| poll.run == call.run).expect("each is asked for");
        assert!(poll.sent_at.since(call.done_at) >= Duration::from_secs(30), "a poll came before its time");
        // The clock runs a hundred times as fast: 30 s are 300 ms.
        let due = call.done + Duration::from_millis(300);
        off += usize::from(poll.due.abs_diff(due) >= Duration::from_millis(1));
    }
    // Two clocks are read one after the other; the thread may have waited between.
    assert!(off <= 10, "{off} of 200");
}

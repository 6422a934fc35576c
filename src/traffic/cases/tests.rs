//! The player against a small server that is gateway and control surface in
//! one.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{any, delete, get, post};
use axum::{Json, Router};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::{PlayError, Player};
use crate::door::RestClient;
use crate::generate::{Call, Caller, Case, CaseKey, CaseKind, Expect, Item, Manner, Need, Probe, Step, Via};
use crate::target::{Control, Target};
use crate::traffic::testing::{contract, serve, target_at};
use crate::wire::{Body, Fault, FaultKind, Request};

const ID: &str = "11111111-2222-4333-8444-555555555555";

#[derive(Default)]
struct Seen {
    calls: AtomicU64,
    armed: Mutex<BTreeSet<u64>>,
    ids: Mutex<BTreeSet<String>>,
}

fn app(seen: Arc<Seen>, together: usize) -> Router {
    let barrier = Arc::new(Barrier::new(together));
    let limited = |State(seen): State<Arc<Seen>>, headers: axum::http::HeaderMap| async move {
        seen.ids.lock().unwrap().insert(headers["x-correlation-id"].to_str().unwrap().to_owned());
        match seen.calls.fetch_add(1, Ordering::SeqCst) {
            0..20 => StatusCode::OK.into_response(),
            _ => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "5")]).into_response(),
        }
    };
    let throttled = |State(seen): State<Arc<Seen>>| async move {
        match seen.calls.fetch_add(1, Ordering::SeqCst) {
            0..2 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "5")]).into_response(),
            _ => StatusCode::OK.into_response(),
        }
    };
    let job = |State(seen): State<Arc<Seen>>| async move {
        match seen.calls.fetch_add(1, Ordering::SeqCst) {
            0 => (StatusCode::ACCEPTED, [("location", "/job/1"), ("retry-after", "1")]).into_response(),
            1 => StatusCode::ACCEPTED.into_response(),
            _ => StatusCode::OK.into_response(),
        }
    };
    Router::new()
        .route("/together", post(move || async move { barrier.wait().await.is_leader().to_string() }))
        .route("/limited", post(limited))
        .route("/throttled", post(throttled))
        .route("/job", post(job))
        .route("/job/1", get(job))
        .route("/lost", any(|| async { StatusCode::GATEWAY_TIMEOUT }))
        .route("/faults", post(arm))
        .route("/faults/{id}", delete(disarm))
        .route("/ledger", get(ledger))
        .route("/reads", get(|| async { Json(json!({ "reads": [], "next": 0 })) }))
        .route("/rows", get(rows))
        .with_state(seen)
}

async fn arm(State(seen): State<Arc<Seen>>) -> Json<Value> {
    seen.armed.lock().unwrap().insert(7);
    Json(json!({ "id": 7 }))
}

async fn disarm(State(seen): State<Arc<Seen>>, Path(id): Path<u64>) -> Json<Value> {
    seen.armed.lock().unwrap().remove(&id);
    Json(Value::Null)
}

/// After what stood there before: one entry under the ID, one of somebody else
/// and one of nobody.
async fn ledger(RawQuery(query): RawQuery) -> Json<Value> {
    let entry = |sequence: u64, id: Option<&str>| {
        json!({
            "sequence": sequence, "at": "2026-09-01T08:00:00Z", "outcome": "committed", "operation": "update",
            "table": "accounts", "key": "k", "columns": [{ "name": "new_correlationid", "before": null, "after": id }],
            "headers": {}, "tag": null, "principal": "p", "way": "gateway", "request": 1, "fault": null
        })
    };
    let query = query.unwrap_or_default();
    if !query.contains("since=4&") {
        return Json(json!({ "entries": [], "next": if query.contains("since=7&") { 7 } else { 4 } }));
    }
    let entries = vec![entry(5, Some(ID)), entry(6, Some("other")), entry(7, None)];
    Json(json!({ "entries": entries, "next": 7 }))
}

/// One row after those that were there before.
async fn rows(RawQuery(query): RawQuery) -> Json<Value> {
    let query = query.unwrap_or_default();
    if !query.contains("since=4&") {
        return Json(json!({ "rows": [], "next": if query.contains("since=5&") { 5 } else { 4 } }));
    }
    Json(json!({ "rows": [{ "ResponseCode": 200, "RequestHeaders": { "x-correlation-id": ID } }], "next": 5 }))
}

fn call(path: &str) -> Call {
    let headers = [("X-Correlation-Id", ID)].into_iter().collect();
    Call {
        role: "first",
        operation: "submit".into(),
        request: Request { method: Method::POST, target: path.to_owned(), headers, body: Body::Empty },
        caller: Caller::Any,
        via: Via::Gateway,
        correlation: Some(ID.to_owned()),
        items: vec![Item { id: "k".into(), content: 1 }],
        expect: Expect::Nothing,
        manner: Manner::default(),
        contract: None,
    }
}

fn case(kind: CaseKind, steps: Vec<Step>) -> Arc<Case> {
    let key = CaseKey {
        contract: contract().id,
        operation: "submit".into(),
        kind,
        index: 0,
        shrunk: crate::generate::ShrinkPath::default(),
    };
    Arc::new(Case { key, seed: 1, title: String::new(), labels: Vec::new(), steps, needs: Vec::new() })
}

async fn player(seen: &Arc<Seen>, together: usize) -> Player {
    let origin = serve(app(seen.clone(), together)).await;
    let target = target_at(origin.clone());
    let control = Control::new(origin, RestClient::new(&target.door, Duration::from_secs(5)));
    let offers = BTreeSet::from([Need::Effects, Need::Faults, Need::GatewayRows]);
    Player::new(Arc::new(Target { control: Some(control), offers, ..Target::clone(&target) }))
}

#[tokio::test]
async fn calls_released_together_are_under_way_at_once() {
    let player = player(&Arc::default(), 5).await;
    let step = Step::Together(vec![call("/together"); 5]);
    let run = player.play(&contract(), case(CaseKind::Probe(Probe::DuplicateConcurrent), vec![step])).await.unwrap();
    assert_eq!(run.calls.iter().map(|c| c.call).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert!(run.calls.iter().all(|c| c.last().and_then(crate::wire::Exchange::status) == Some(200)));
}

#[tokio::test]
async fn a_throttled_call_waits_as_told_and_is_sent_again() {
    let player = player(&Arc::default(), 1).await;
    let run = player.play(&contract(), case(CaseKind::Conforming, vec![Step::Call(call("/throttled"))])).await.unwrap();
    let exchanges = &run.calls[0].exchanges;
    assert_eq!(
        exchanges.iter().map(|e| (e.attempt, e.status().unwrap())).collect::<Vec<_>>(),
        [(1, 429), (2, 429), (3, 200)]
    );
    for pair in exchanges.windows(2) {
        assert!(pair[1].sent_at.since(pair[0].done_at) >= Duration::from_secs(5));
    }
}

#[tokio::test]
async fn accepted_work_is_polled_to_its_end() {
    let player = player(&Arc::default(), 1).await;
    let run = player.play(&contract(), case(CaseKind::Conforming, vec![Step::Call(call("/job"))])).await.unwrap();
    let polls = &run.calls[0].polls;
    assert_eq!(polls.iter().map(|e| e.status().unwrap()).collect::<Vec<_>>(), [202, 200]);
    assert_eq!(polls[0].request.headers.get("x-correlation-id"), Some(ID));
    assert!(polls[1].sent_at.since(polls[0].done_at) >= crate::flow::DEFAULT_POLL_INTERVAL);
}

#[tokio::test]
async fn a_flood_ends_with_the_first_refusal_and_each_call_has_its_own_id() {
    let seen = Arc::new(Seen::default());
    let player = player(&seen, 1).await;
    let flood = Step::Flood { call: call("/limited"), most: 100 };
    let after = Step::AwaitRetryAfter { call: 0, margin: Duration::from_secs(1), longest: Duration::from_mins(1) };
    let steps = vec![flood, after, Step::Call(call("/limited"))];
    let run = player.play(&contract(), case(CaseKind::Probe(Probe::Rate), steps)).await.unwrap();
    let flood = &run.calls[0].exchanges;
    assert!((21..40).contains(&flood.len()), "{}", flood.len());
    assert_eq!(seen.ids.lock().unwrap().len(), flood.len());
    let throttled = flood.iter().find(|e| e.status() == Some(429)).unwrap();
    let [later] = run.calls[1].exchanges.as_slice() else { panic!("a call after the flood is sent once") };
    assert!(later.sent_at.since(throttled.done_at) >= Duration::from_secs(6));
}

#[tokio::test]
async fn faults_are_disarmed_when_a_later_step_can_t_be_done() {
    let seen = Arc::new(Seen::default());
    let player = player(&seen, 1).await;
    let past = Call { via: Via::Service, ..call("/x") };
    let steps = vec![Step::Inject(Fault::new(FaultKind::Unavailable)), Step::Call(past)];
    let error = player.play(&contract(), case(CaseKind::Conforming, steps)).await.unwrap_err();
    assert!(matches!(error, PlayError::Lacks(Need::DirectService)));
    assert!(seen.armed.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_ledger_gives_what_carries_the_id_and_what_nobody_signed() {
    let player = player(&Arc::default(), 1).await;
    let run = player.play(&contract(), case(CaseKind::Conforming, vec![Step::Call(call("/lost"))])).await.unwrap();
    assert_eq!(run.ledger.iter().map(|e| e.sequence).collect::<Vec<_>>(), [5, 7]);
    assert_eq!(run.rows.len(), 1);
}

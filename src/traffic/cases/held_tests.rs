//! Calls that are held, against a small server that is gateway, service and
//! control surface in one.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use http::Method;
use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::Player;
use super::play::Play;
use crate::door::RestClient;
use crate::generate::{Call, Caller, Case, CaseKey, CaseKind, Expect, Manner, Need, Probe, Step, Via};
use crate::observe::HealthRun;
use crate::target::{Control, Target};
use crate::traffic::testing::{contract, serve, target_at};
use crate::wire::{Body, Fault, FaultKind, Headers, Request};

const HELD: Duration = Duration::from_millis(400);

/// A service of which everybody waits, or nobody, while a call is held.
struct Service {
    blocks: bool,
    held: RwLock<()>,
    hit: AtomicBool,
}

async fn submit(State(service): State<Arc<Service>>) {
    let _held = if service.blocks { Some(service.held.write().await) } else { None };
    service.hit.store(true, Ordering::SeqCst);
    tokio::time::sleep(HELD).await;
}

async fn faults(State(service): State<Arc<Service>>) -> Json<Value> {
    let hits = u64::from(service.hit.load(Ordering::SeqCst));
    Json(json!({ "faults": [{ "id": 7, "fault": slow(), "matched": hits, "hits": hits }] }))
}

fn slow() -> Fault {
    Fault::new(FaultKind::Slow { milliseconds: HELD.as_millis() as u64 })
}

/// What is seen of such a service.
async fn seen(blocks: bool, path: &str) -> Vec<HealthRun> {
    let service = Arc::new(Service { blocks, held: RwLock::new(()), hit: AtomicBool::new(false) });
    let health = async |State(service): State<Arc<Service>>| drop(service.held.read().await);
    let app = Router::new()
        .route("/submit", post(submit))
        .route("/at-once", post(async || ()))
        .route("/health", get(health))
        .route("/faults", get(faults).post(async || Json(json!({ "id": 7 }))))
        .route("/faults/7", delete(async || Json(Value::Null)))
        .with_state(service);
    let origin = serve(app).await;
    let target = target_at(origin.clone());
    let player = Player::new(Arc::new(Target {
        control: Some(Control::new(origin.clone(), RestClient::new(&target.door, Duration::from_secs(5)))),
        service: Some(origin),
        health: Some("/health".to_owned()),
        offers: BTreeSet::from([Need::Faults, Need::DirectService, Need::Health]),
        ..Target::clone(&target)
    }));
    let steps = vec![Step::Inject(slow()), Step::WhileHeld(vec![call(path)]), Step::ClearFaults];
    let case = case(steps);
    let contract = contract();
    let mut play = Play::new(&player, &contract, Arc::new(case));
    play.steps().await.expect("played");
    let (calls, _, _, health) = play.into_parts();
    assert_eq!(calls.len(), 1);
    health
}

fn call(path: &str) -> Call {
    Call {
        role: "held",
        operation: "submitBatch".into(),
        request: Request { method: Method::POST, target: path.to_owned(), headers: Headers::new(), body: Body::Empty },
        caller: Caller::Any,
        via: Via::Gateway,
        correlation: None,
        items: Vec::new(),
        expect: Expect::SuccessOrRetryable,
        manner: Manner::default(),
        contract: None,
    }
}

fn case(steps: Vec<Step>) -> Case {
    let key = CaseKey {
        contract: contract().id,
        operation: "submitBatch".into(),
        kind: CaseKind::Probe(Probe::HeldCalls),
        index: 0,
        shrunk: crate::generate::ShrinkPath::default(),
    };
    Case { key, seed: 1, title: String::new(), labels: Vec::new(), steps, needs: Vec::new() }
}

#[tokio::test]
async fn whoever_answers_meanwhile_is_told_from_whoever_stands_still() {
    let [free] = &seen(false, "/submit").await[..] else { panic!("one round") };
    assert_eq!((free.calls, free.held, free.waits.len(), free.stuck()), (1, HELD, 8, 0), "{free:?}");
    let [blocked] = &seen(true, "/submit").await[..] else { panic!("one round") };
    assert_eq!((blocked.waits.len(), blocked.stuck()), (8, 8), "{blocked:?}");
}

#[tokio::test]
async fn where_nothing_was_held_nothing_is_told() {
    assert_eq!(seen(true, "/at-once").await, []);
}

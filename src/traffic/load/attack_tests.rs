//! Attacks on a small server. They share one process-wide pool of users, so
//! they queue for it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use serde_json::json;
use tokio::sync::watch;

use super::attack;
use crate::generate::{Generators, Need, Nonce, Pools, Seed};
use crate::observe::{CallRecord, Event, PhaseRun, Sink};
use crate::scenario::{CallSource, Overrides, Plan, load, plan};
use crate::target::Target;
use crate::traffic::testing::{serve, target_at};

/// What the server saw of each call: its header fields, by correlation ID and
/// the action's tracking id.
type Seen = Arc<Mutex<BTreeMap<(String, String), Vec<HeaderMap>>>>;

fn field(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map_or("-", |v| v.to_str().unwrap()).to_owned()
}

/// Each call is unavailable the first time; v2 is accepted and done at the
/// second poll.
fn app(seen: Seen) -> Router {
    let note = |seen: &Seen, headers: HeaderMap| {
        let key = (field(&headers, "x-correlation-id"), field(&headers, "x-ms-action-tracking-id"));
        let mut seen = seen.lock().unwrap();
        let calls = seen.entry(key).or_default();
        calls.push(headers);
        calls.len()
    };
    let v1 = move |State(seen): State<Seen>, headers: HeaderMap| async move {
        if note(&seen, headers) == 1 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let v2 = move |State(seen): State<Seen>, headers: HeaderMap| async move {
        note(&seen, headers);
        (StatusCode::ACCEPTED, [("location", "/bulk-update/v2/batches/1"), ("retry-after", "1")])
    };
    let polled = move |State(seen): State<Seen>, headers: HeaderMap| async move {
        if note(&seen, headers) < 3 { StatusCode::ACCEPTED } else { StatusCode::OK }
    };
    Router::new()
        .route("/bulk-update/v1/batches", post(v1))
        .route("/bulk-update/v2/batches", post(v2))
        .route("/bulk-update/v2/batches/1", get(polled))
        .with_state(seen)
}

fn planned(flows: &str) -> Plan {
    planned_file(&format!("flows:\n{flows}"))
}

/// The plan of a scenario with these keys.
pub(super) fn planned_file(keys: &str) -> Plan {
    let text = format!("format: seamstress/scenario/1\nname: test\ndescription: x\n{keys}");
    let scenario = load("test.yaml", &text).unwrap_or_else(|faults| panic!("{faults}"));
    let mut pools = Pools::new();
    pools.insert("account_id", (0..500_u32).map(|n| json!(format!("{n:08x}-0000-4000-8000-000000000000"))));
    let pools = Arc::new(pools);
    let sources: Vec<CallSource> = crate::contract::load_dir(Path::new("contracts"))
        .unwrap_or_else(|faults| panic!("{faults}"))
        .iter()
        .map(|contract| CallSource { generators: Arc::new(Generators::new(contract)), pools: pools.clone() })
        .collect();
    let overrides = Overrides { rate: None, time_scale: 100.0 };
    plan(&scenario, &sources, Seed(1), &Nonce("n".into()), overrides).unwrap_or_else(|faults| panic!("{faults}"))
}

pub(super) async fn target(app: Router) -> Arc<Target> {
    let target = target_at(serve(app).await);
    Arc::new(Target { offers: BTreeSet::from([Need::Load]), ..Target::clone(&target) })
}

/// Plays to the end; gives the phases and how many exchanges were told.
pub(super) async fn played(app: Router, plans: Vec<Plan>) -> (Vec<PhaseRun>, usize) {
    let (sink, mut events) = Sink::new();
    let counted = tokio::spawn(async move {
        let mut calls = 0;
        while let Some(event) = events.recv().await {
            calls += usize::from(matches!(event, Event::Call { .. }));
        }
        calls
    });
    let (_go_on, stop) = watch::channel(false);
    let phases = attack(&target(app).await, plans, &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
    drop(sink);
    (phases, counted.await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plans_side_by_side_are_played_to_their_end() {
    let seen = Seen::default();
    let even = planned(
        "  - name: even\n    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n    \
         start: { arrivals: { rate: 200/s, for: 1 s, time: real } }\n    retry: logicapps\n",
    );
    let polled = planned(
        "  - name: polled\n    actions: [{ contract: bulk-update/v2, operation: submitBatch, elements: 1 }]\n    \
         start: { burst: { runs: 5, within: 1 s } }\n    apply_to_each: { items: 4, concurrency: 4 }\n    \
         duplicates: [{ by: lost_answer, share: 1 }]\n",
    );
    let (phases, told) = played(app(seen.clone()), vec![even, polled]).await;
    let [even, polled] = phases.as_slice() else { panic!("two phases") };

    assert_eq!((even.due, even.dropped, even.cut), (200, 0, false));
    assert_eq!(even.calls.len(), 400, "each is unavailable once and then answered");
    assert_eq!(even.lag.count(), 200);
    assert_eq!((even.operations.begun, even.operations.done), (200, 200));
    assert!((even.operations.amplification() - 2.0).abs() < 1e-9);
    assert_eq!((even.latencies.len(), even.latencies[0].failed), (1, 200));
    let mut runs: BTreeMap<u64, Vec<CallRecord>> = BTreeMap::new();
    even.calls.iter().for_each(|call| runs.entry(call.run).or_default().push(call));
    for run in runs.values() {
        assert!(run[1].sent_at.since(run[0].done_at) >= Duration::from_secs(5));
    }
    // Twenty calls whose first answer is lost, and two polls of each.
    let attempts = |poll: bool| polled.calls.iter().filter(|c| c.poll == poll).count();
    assert_eq!((polled.due, attempts(false), attempts(true)), (5, 40, 20));
    assert_eq!(told as u64, even.calls.len() + polled.calls.len());

    let seen = seen.lock().unwrap();
    let retried = seen.values().find(|calls| calls.len() == 2).expect("unavailable the first time");
    for same in ["x-correlation-id", "x-ms-workflow-run-id", "x-ms-client-tracking-id", "user-agent"] {
        assert_eq!(field(&retried[0], same), field(&retried[1], same), "{same}");
    }
    assert_ne!(field(&retried[0], "x-ms-client-request-id"), field(&retried[1], "x-ms-client-request-id"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_server_makes_tickets_drop_and_a_stop_ends_it_at_once() {
    let app =
        Router::new().route("/bulk-update/v1/batches", post(|| async { std::future::pending::<StatusCode>().await }));
    let flood = planned(
        "  - name: flood\n    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n    \
         start: { arrivals: { rate: 1000/s, for: 60 s, time: real } }\n",
    );
    let (sink, mut events) = Sink::new();
    let (stopping, stop) = watch::channel(false);
    let stopped = tokio::spawn(async move {
        while !matches!(events.recv().await, Some(Event::Dropped { .. })) {}
        stopping.send_replace(true);
        let at = Instant::now();
        while events.recv().await.is_some() {}
        at
    });
    let phases = attack(&target(app).await, vec![flood], &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
    drop(sink);
    let at = stopped.await.unwrap();
    assert!(at.elapsed() < Duration::from_secs(3), "{:?}", at.elapsed());
    assert!(phases[0].cut && phases[0].dropped > 0 && phases[0].due > phases[0].dropped);
    // What was under way then was asked for, and nobody knows what became of it.
    assert_eq!(phases[0].unknown.len(), phases[0].operations.begun);
    assert!(phases[0].operations.unknown() > 0 && phases[0].calls.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_before_the_first_call_is_no_fault() {
    let day = planned(
        "  - name: day\n    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n    \
         start: { arrivals: { rate: 1000/s, for: 60 s, time: real } }\n",
    );
    let (sink, _events) = Sink::new();
    let (_stopping, stop) = watch::channel(true);
    let phases = attack(&target(Router::new()).await, vec![day], &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
    assert!(phases[0].cut && phases[0].calls.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn virtual_users_ask_again_when_they_are_answered_and_leave_when_their_time_is_over() {
    let app = Router::new()
        .route("/bulk-update/v1/batches", post(|| async { StatusCode::OK }))
        .route("/bulk-update/v2/batches", post(|| async { StatusCode::OK }));
    let users = planned(
        "  - name: users\n    actions:\n      - { contract: bulk-update/v1, operation: submitBatch, elements: 1, weight: 3 }\n      \
         - { contract: bulk-update/v2, operation: submitBatch, elements: 1, weight: 1 }\n    \
         start: { users: { count: 4, for: 700 ms, time: real } }\n",
    );
    let even = planned(
        "  - name: even\n    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n    \
         start: { arrivals: { rate: 100/s, for: 500 ms, time: real } }\n",
    );
    let (phases, _) = played(app, vec![users, even]).await;
    let [users, even] = phases.as_slice() else { panic!("two phases") };
    assert_eq!((even.due, even.calls.len()), (50, 50));
    assert!(!users.cut && users.due == users.calls.len(), "each call was a run");
    let runs: BTreeSet<u64> = users.calls.iter().map(|call| call.run).collect();
    let ids: BTreeSet<_> = users.calls.iter().map(|call| call.correlation).collect();
    let calls = users.calls.len() as usize;
    assert_eq!((runs.len(), ids.len()), (calls, calls), "a run of its own, and an ID");
    let (v1, v2) = users.calls.iter().partition::<Vec<_>, _>(|call| &*call.contract.version == "v1");
    let share = v1.len() as f64 / v2.len().max(1) as f64;
    assert!((2.5..=3.5).contains(&share), "{} and {}", v1.len(), v2.len());
    // Whoever was answered before the end may still ask once.
    let last = users.calls.iter().map(|call| call.due).max().unwrap().saturating_sub(users.began);
    assert!(last < Duration::from_millis(1700), "{last:?}");
    // Nobody has more than one call under way.
    let mut ends: Vec<(Duration, i32)> = users.calls.iter().flat_map(|c| [(c.sent, 1), (c.done, -1)]).collect();
    ends.sort();
    let most = ends
        .iter()
        .scan(0, |now, (_, step)| {
            *now += step;
            Some(*now)
        })
        .max();
    assert!(most <= Some(4), "{most:?}");
}

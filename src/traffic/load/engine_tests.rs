//! How connections are used, and what became of what was asked for.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::post;

use tokio::sync::watch;

use super::attack;
use super::attack_tests::{planned_file, played, target};
use crate::observe::{Event, Operations, PhaseRun, Sink};

/// Plays 24 runs of two copies of a flow; gives the phase, and how many
/// connections the calls came over.
async fn connections(settings: &str) -> (PhaseRun, usize) {
    let ports: Arc<Mutex<BTreeSet<u16>>> = Arc::default();
    let seen = ports.clone();
    let app = Router::new().route(
        "/bulk-update/v1/batches",
        post(move |ConnectInfo(from): ConnectInfo<SocketAddr>| async move {
            seen.lock().unwrap().insert(from.port());
            StatusCode::OK
        }),
    );
    let plan = planned_file(&format!(
        "{settings}flows:\n  - name: f\n    clones: 2\n    start: {{ burst: {{ runs: 24, within: 0 s }} }}\n    \
         actions: [{{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }}]\n"
    ));
    let (mut phases, _) = played(app, vec![plan]).await;
    let used = ports.lock().unwrap().len();
    (phases.remove(0), used)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_shared_or_its_flows_own_or_used_once() {
    let (phase, used) = connections("at_once: 1\n").await;
    assert_eq!((phase.calls.len(), used), (24, 1));
    assert_eq!(connections("at_once: 1\nconnections: { kept: by_flow }\n").await.1, 2);
    assert_eq!(connections("at_once: 1\nconnections: { kept: never }\n").await.1, 24);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_finds_its_connections_open() {
    let (phase, used) = connections("at_once: 24\nconnections: { opened: 24 }\n").await;
    assert_eq!((phase.calls.len(), phase.dropped), (24, 0));
    assert!(used <= 24, "{used}");
    // Whoever opens a connection first sends later than those that need not.
    assert!(phase.calls.iter().all(|call| call.status == Some(200)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_lets_what_is_under_way_come_to_its_end_and_begins_nothing_more() {
    for start in ["burst: { runs: 8, within: 0 s }", "users: { count: 8, for: 60 s, time: real }"] {
        let asked = Arc::new(tokio::sync::Semaphore::new(0));
        let (seen, (answer, answered)) = (asked.clone(), watch::channel(false));
        let app = Router::new().route(
            "/bulk-update/v1/batches",
            post(move || {
                seen.add_permits(1);
                let mut answered = answered.clone();
                async move {
                    let _ = answered.wait_for(|answered| *answered).await;
                    StatusCode::OK
                }
            }),
        );
        let plan = planned_file(&format!(
            "flows:\n  - name: f\n    clones: 2\n    start: {{ {start} }}\n    \
             actions: [{{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }}]\n"
        ));
        let (sink, mut events) = Sink::new();
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        let (stopping, stop) = watch::channel(false);
        tokio::spawn(async move {
            // All are asked for, then all is to stop, then they are answered.
            let _ = asked.acquire_many(8).await;
            stopping.send_replace(true);
            answer.send_replace(true);
        });
        let phases = attack(&target(app).await, vec![plan], &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
        assert!(phases[0].cut, "{start}");
        let Operations { begun, done, attempts, .. } = phases[0].operations;
        assert_eq!((begun, done, attempts), (8, 8, 8), "{start}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_begins_as_many_runs_as_it_may_lets_some_wait_and_turns_the_rest_away() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (answer, answered) = watch::channel(false);
    let seen = (under_way.clone(), most.clone());
    let app = Router::new().route(
        "/bulk-update/v1/batches",
        post(move || {
            let ((under_way, most), mut answered) = (seen.clone(), answered.clone());
            async move {
                most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                let _ = answered.wait_for(|answered| *answered).await;
                under_way.fetch_sub(1, Ordering::SeqCst);
                StatusCode::OK
            }
        }),
    );
    let plan = planned_file(
        "flows:\n  - name: f\n    clones: 2\n    start: { webhook: { rows: 20, within: 0 s } }\n    \
         concurrency: { runs: 2, waiting: 3 }\n    \
         actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n",
    );
    let (sink, mut events) = Sink::new();
    let asking = under_way.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            // Answers come when all are due, and those that may begin have asked.
            let all_due = matches!(&event, Event::Live(scenarios) if scenarios[0].due == 20);
            if all_due && asking.load(Ordering::SeqCst) == 4 {
                answer.send_replace(true);
            }
        }
    });
    let (_go_on, stop) = watch::channel(false);
    let phases = attack(&target(app).await, vec![plan], &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
    // Each copy of the flow is one of its own.
    assert_eq!((phases[0].due, phases[0].turned_away, phases[0].dropped), (20, 10, 0));
    assert_eq!((phases[0].calls.len(), most.load(Ordering::SeqCst)), (10, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_operation_is_done_or_refused_or_given_up_or_nobody_knows() {
    let count = Arc::new(AtomicUsize::new(0));
    let app = Router::new().route(
        "/bulk-update/v1/batches",
        post(move || {
            let number = count.fetch_add(1, Ordering::SeqCst);
            async move {
                match number % 4 {
                    0 => StatusCode::OK.into_response(),
                    1 => StatusCode::BAD_REQUEST.into_response(),
                    2 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                    // The connection ends in the middle of the answer.
                    _ => axum::body::Body::from_stream(futures_util::stream::once(async {
                        Err::<bytes::Bytes, _>(std::io::Error::other("gone"))
                    }))
                    .into_response(),
                }
            }
        }),
    );
    let plan = planned_file(
        "flows:\n  - name: f\n    start: { burst: { runs: 40, within: 0 s } }\n    retry: none\n    \
         actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n",
    );
    let (phases, _) = played(app, vec![plan]).await;
    let operations = phases[0].operations;
    assert_eq!(
        operations,
        Operations { begun: 40, done: 10, refused: 10, given_up: 10, attempts: 40, ..Operations::default() }
    );
    assert_eq!((operations.unknown(), phases[0].unknown.len()), (10, 10));
    assert!((operations.amplification() - 1.0).abs() < 1e-9);
}

/// 10,000 actions in 24 hours are what a low profile takes; the clock jumps when
/// they are made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_wait_for_what_the_profile_of_their_flow_allows() {
    let target = target(Router::new().route("/bulk-update/v1/batches", post(|| async { StatusCode::OK }))).await;
    let plan = planned_file(
        "at_once: 32\nflows:\n  - name: f\n    profile: low\n    start: { burst: { runs: 10012, within: 0 s } }\n    \
         actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]\n",
    );
    let (sink, mut events) = Sink::new();
    let clock = target.clock.clone();
    let told = tokio::spawn(async move {
        let mut jumped = false;
        while let Some(event) = events.recv().await {
            let all_made = matches!(&event, Event::Live(live) if live[0].operations.done == 10_000);
            if all_made && !std::mem::replace(&mut jumped, true) {
                clock.jump(Duration::from_hours(25));
            }
        }
    });
    let (_go_on, stop) = watch::channel(false);
    let phases = attack(&target, vec![plan], &sink, stop).await.unwrap_or_else(|e| panic!("{e}"));
    drop(sink);
    told.await.unwrap();
    assert_eq!(phases[0].operations.done, 10_012);
    assert!((1..=12).contains(&phases[0].measured.slowed), "{}", phases[0].measured.slowed);
}

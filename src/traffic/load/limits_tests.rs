//! What is not measured, and what ends a scenario before its time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;

use super::attack_tests::{planned_file, played};

/// So many calls are answered 200, all later ones 503.
fn failing_after(calls: u64) -> Router {
    let seen = Arc::new(AtomicU64::new(0));
    Router::new().route(
        "/bulk-update/v1/batches",
        post(move || async move {
            let number = seen.fetch_add(1, Ordering::SeqCst);
            if number < calls { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
        }),
    )
}

fn scenario(keys: &str, start: &str) -> String {
    format!(
        "{keys}flows:\n  - name: f\n    start: {start}\n    retry: none\n    \
         actions: [{{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }}]\n"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_in_the_warm_up_is_sent_and_kept_but_not_measured() {
    let text = scenario("warm_up: 1 s\n", "{ arrivals: { rate: 50/s, for: 2 s, time: real } }");
    let (mut phases, _) = played(failing_after(1000), vec![planned_file(&text)]).await;
    let phase = phases.remove(0);
    assert_eq!((phase.calls.len(), phase.operations.done, phase.due), (100, 100, 100));
    assert_eq!((phase.measured.warmed, phase.latencies[0].corrected.count()), (50, 50));
    let (mut warm, mut measured) = (0, 0);
    for second in phase.intervals.iter().map(Result::unwrap) {
        let count = second.latency.corrected.count();
        if second.warm_up { warm += count } else { measured += count }
    }
    assert_eq!((warm, measured), (50, 50));
    let seconds = phase.measured.seconds.all();
    let sums = seconds.iter().fold((0, 0, 0), |sum, s| (sum.0 + s.due, sum.1 + s.begun, sum.2 + s.sent));
    assert_eq!(sums, (100, 100, 100));
    assert_eq!(phase.measured.requests.count(), 100);
    assert!(phase.measured.pulse.count() > 20 && phase.measured.cpu > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_threshold_ends_its_scenario_and_no_other() {
    let keys = "thresholds: [{ failed: 50%, over: 1 s, abort: true }]\n";
    for start in [
        "{ arrivals: { rate: 50/s, for: 60 s, time: real } }",
        "{ users: { count: 2, for: 60 s, think: 10 ms, time: real } }",
    ] {
        let ends = planned_file(&scenario(keys, start));
        let beside = planned_file(&scenario("", "{ arrivals: { rate: 5/s, for: 4 s, time: real } }"));
        let (phases, _) = played(failing_after(60), vec![ends, beside]).await;
        let [ended, beside] = &phases[..] else { panic!("two phases") };
        assert!(ended.cut && ended.thresholds[0].aborted, "{start} {:?}", ended.thresholds);
        assert!(ended.ended.saturating_sub(ended.began) < Duration::from_secs(20), "{:?}", ended.ended);
        assert!(!beside.cut);
        assert_eq!(beside.due, 20);
    }
}

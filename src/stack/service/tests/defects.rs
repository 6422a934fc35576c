//! Each defect does what its name says; without it the tests beside show the
//! right behaviour.

use std::time::{Duration, Instant};

use serde_json::json;

use super::super::Defect;
use super::fake::Fault;
use super::rig::{Call, FILES_V1, Rig, V1, V2, account, run, set};
use crate::stack::defects::DEFECTS;
use crate::wire::Tier;

#[test]
fn the_names_are_those_of_the_stack() {
    let mut stack: Vec<_> = DEFECTS.iter().filter(|d| d.tier == Tier::Service).map(|d| d.name).collect();
    let mut own: Vec<_> = Defect::ALL.iter().map(|(_, name)| *name).collect();
    stack.sort_unstable();
    own.sort_unstable();
    assert_eq!(own, stack);
}

#[tokio::test]
async fn duplicate_race_executes_twice() {
    for path in [V1, V2] {
        let rig = Rig::start(&["duplicate-race"]).await;
        rig.fake.close();
        let call = Call::json(path, &run(1), &set([0], 5));
        let (first, second) = (rig.begin(call.clone()), rig.begin(call.clone()));
        rig.fake.at_gate.notified().await;
        // The second waits for its turn at the record; both have looked.
        while rig.fake.rows.lock().unwrap().reads < 2 {
            tokio::task::yield_now().await;
        }
        rig.fake.open();
        for got in [first.await.unwrap(), second.await.unwrap()] {
            assert!(got.status < 300, "{got:?}");
        }
        if path == V2 {
            let location = rig.send(call.clone()).await.location.unwrap();
            rig.ended(&location).await;
            while rig.effects() < 2 {
                tokio::task::yield_now().await;
            }
        }
        assert_eq!(rig.effects(), 2);
        assert_eq!(rig.send(call).await.status, if path == V1 { 200 } else { 202 });
        assert_eq!(rig.effects(), 2, "one after the other it still knows them");
        rig.stop().await;
    }
}

#[tokio::test]
async fn other_content_replayed_gives_the_stored_answer() {
    for path in [V1, V2] {
        let rig = Rig::start(&["other-content-replayed"]).await;
        let first = rig.send(Call::json(path, &run(1), &set([0], 5))).await;
        let other = rig.send(Call::json(path, &run(1), &set([0], 6))).await;
        assert_eq!(other, first);
        rig.stop().await;
    }
}

#[tokio::test]
async fn throttle_remembered_gives_the_refusal_again() {
    for call in [Call::json(V1, &run(1), &set([0], 5)), Call::csv(FILES_V1, &run(1), FILE)] {
        let rig = Rig::start(&["throttle-remembered"]).await;
        rig.fake.fail([Fault::Throttled(60)]);
        let first = rig.send(call.clone()).await;
        assert_eq!(first.failure().0, 503);
        assert_eq!(rig.send(call).await, first);
        assert_eq!(rig.effects(), 0);
        rig.stop().await;
    }
}

const FILE: &str = "invoiceNumber,customer,amount,currency,dueDate\nINV-000000000001,x,1,EUR,2026-10-15\n";

#[tokio::test]
async fn stuck_after_failure_is_in_progress_for_ever() {
    for call in [Call::json(V1, &run(1), &set([0], 5)), Call::csv(FILES_V1, &run(1), FILE)] {
        let rig = Rig::start(&["stuck-after-failure"]).await;
        rig.fake.fail([Fault::Throttled(60)]);
        assert_eq!(rig.send(call.clone()).await.failure(), (503, "downstream_unavailable".to_owned()));
        assert_eq!(rig.send(call).await.failure(), (503, "in_progress".to_owned()));
        rig.stop().await;
    }
    let rig = Rig::start(&["stuck-after-failure"]).await;
    rig.fake.fail([Fault::Throttled(60)]);
    let call = Call::json(V2, &run(1), &set([0], 5));
    rig.send(call.clone()).await;
    while !rig.fake.rows.lock().unwrap().faults.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(rig.send(call).await.status, 202);
    assert_eq!(rig.effects(), 0);
    rig.stop().await;
}

#[tokio::test]
async fn second_call_swallowed_executes_only_the_first() {
    let rig = Rig::start(&["second-call-swallowed"]).await;
    let first = rig.send(Call::json(V1, &run(1), &set([0], 5))).await;
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([1], 5))).await, first);
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5)).with("X-Step-Id", "two")).await, first);
    assert_eq!(rig.effects(), 1);
    assert_eq!(rig.send(Call::json(V1, &run(2), &set([1], 5))).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn conflict_while_running_answers_409() {
    for call in [Call::json(V1, &run(1), &set([0], 5)), Call::csv(FILES_V1, &run(1), FILE)] {
        let rig = Rig::start(&["conflict-while-running"]).await;
        rig.fake.close();
        let first = rig.begin(call.clone());
        rig.fake.at_gate.notified().await;
        assert_eq!(rig.send(call).await.failure(), (409, "idempotency_conflict".to_owned()));
        rig.fake.open();
        assert_eq!(first.await.unwrap().status, 200);
        rig.stop().await;
    }
}

#[tokio::test]
async fn errors_are_told_wrongly() {
    let bad = Call::json(V1, &run(1), &json!({"records": []}));
    let rig = Rig::start(&["validation-as-500"]).await;
    assert_eq!(rig.send(bad.clone()).await.failure(), (500, "internal".to_owned()));
    rig.stop().await;
    let rig = Rig::start(&["stack-trace-in-error"]).await;
    let got = rig.send(bad).await;
    assert_eq!(got.status, 400);
    assert!(got.json()["detail"].as_str().unwrap().contains("Traceback (most recent call last)"));
    rig.stop().await;
}

#[tokio::test]
async fn write_before_validation_leaves_effects_behind() {
    let invalid = json!({"records": [{"id": account(0), "creditLimit": 5}, {"id": account(1), "creditLimit": -5}]});
    let rows: Vec<_> = (0..1001).map(|n| format!("INV-{n:012X},x,1,EUR,2026-10-15")).collect();
    let long = format!("invoiceNumber,customer,amount,currency,dueDate\n{}", rows.join("\n"));
    for (call, effects) in [
        (Call::json(V1, &run(1), &invalid), 1),
        (Call::json(V1, &run(1), &set([0, 1, 77, 2], 5)), 2),
        (Call::json(V2, &run(1), &invalid), 1),
        (Call::json(V2, &run(1), &set([0, 1, 77, 2], 5)), 2),
        (Call::csv(FILES_V1, &run(1), &long), 1000),
    ] {
        let rig = Rig::start(&["write-before-validation"]).await;
        assert_eq!(rig.send(call.clone()).await.status, 400);
        assert_eq!(rig.effects(), effects, "{}", call.path);
        rig.stop().await;
    }
}

#[tokio::test]
async fn correlation_dropped_reaches_nothing() {
    let rig = Rig::start(&["correlation-dropped"]).await;
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    let effect = rig.fake.effects().remove(0);
    assert_ne!(effect.correlation, run(1));
    assert!(!effect.columns.contains_key("new_correlationid"));
    rig.stop().await;
}

#[tokio::test]
async fn around_the_gateway_is_tried_first() {
    let rig = Rig::start(&["around-the-gateway"]).await;
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    assert_eq!((rig.effects(), rig.fake.rows.lock().unwrap().around), (1, 1));
    rig.stop().await;
}

#[tokio::test]
async fn response_enum_broken_for_one_value() {
    let rig = Rig::start(&["response-enum-broken"]).await;
    let body = json!({"records": [{"id": account(0), "status": "on_hold"}, {"id": account(1), "status": "closed"}]});
    let told = rig.send(Call::json(V1, &run(1), &body)).await.json();
    assert_eq!((&told["records"][0]["status"], &told["records"][1]["status"]), (&json!("onHold"), &json!("closed")));
    rig.stop().await;
}

#[tokio::test]
async fn every_tenth_answer_is_late() {
    let rig = Rig::start(&["every-tenth-late"]).await;
    for n in 1..=10 {
        let before = Instant::now();
        rig.send(Call::get(V1)).await;
        assert_eq!(before.elapsed() >= Duration::from_secs(2), n == 10, "answer {n}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn past_gateway_accepted_needs_no_key() {
    let rig = Rig::start(&["past-gateway-accepted"]).await;
    let call = Call::json(V1, &run(1), &set([0], 5)).without("X-Gateway-Key").without("Authorization");
    assert_eq!(rig.send(call).await.status, 200);
    rig.stop().await;
}

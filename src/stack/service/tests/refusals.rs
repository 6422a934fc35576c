//! What is refused, as what, and that nothing was written.

use serde_json::json;

use super::rig::{Call, FILES_V1, Got, Rig, V1, V2, account, run, set};
use http::Method;

async fn refused(rig: &Rig, call: Call) -> Got {
    let got = rig.send(call).await;
    assert_eq!(got.media_type.as_deref(), Some("application/problem+json"), "{got:?}");
    let problem = got.json();
    assert_eq!(problem["status"], got.status);
    assert_eq!(problem["type"], format!("urn:seamstress:failure:{}", problem["failureType"].as_str().unwrap()));
    assert_eq!(problem["correlationId"].as_str().map(str::to_owned), got.correlation);
    assert_eq!(rig.effects(), 0);
    got
}

#[tokio::test]
async fn each_mistake_has_its_type() {
    let rig = Rig::start(&[]).await;
    let good = Call::json(V1, &run(1), &set([0], 5));
    let long = "x".repeat(65);
    for (call, status, failure) in [
        (good.clone().without("X-Gateway-Key"), 403, "forbidden"),
        (good.clone().with("X-Gateway-Key", "guess"), 403, "forbidden"),
        (good.clone().without("X-Correlation-Id"), 400, "correlation_id_missing"),
        (good.clone().with("X-Correlation-Id", "none"), 400, "correlation_id_missing"),
        (good.clone().with("X-Step-Id", &long), 400, "validation_error"),
        (good.clone().with("Content-Type", "text/plain"), 415, "unsupported_media_type"),
        (Call::json(V1, &run(1), &set(0..501, 5)), 400, "too_many_items"),
        (Call::json(V2, &run(1), &set(0..2001, 5)), 400, "too_many_items"),
        (Call::csv(FILES_V1, &run(1), "a,b\n1,2\n"), 400, "validation_error"),
        (Call::json("/bulk-update/v3/batches", &run(1), &json!({})), 404, "not_found"),
        (Call::get(V1), 404, "not_found"),
        (Call::get(&format!("{V1}/{}", run(5))), 404, "not_found"),
        (Call::get(&format!("{V1}/none")), 404, "not_found"),
        (Call::new(Method::POST, V1, &run(1), "application/json", b"{\"records\":".to_vec()), 400, "validation_error"),
        (Call::new(Method::POST, V1, &run(1), "application/json", vec![b'['; 100_000]), 400, "validation_error"),
        (Call::new(Method::POST, V1, &run(1), "application/json", vec![b' '; 9 << 20]), 413, "payload_too_large"),
    ] {
        let got = refused(&rig, call.clone()).await;
        assert_eq!(got.failure(), (status, failure.to_owned()), "{:?} {}", call.headers, call.path);
        assert!(got.served_by.is_some());
    }
    rig.stop().await;
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let rig = Rig::start(&[]).await;
    let body = json!({"records": [
        {"id": account(0), "creditLimit": 5},
        {"id": account(1), "creditLimit": -1, "status": "odd"},
        {"id": account(0), "creditLimit": 5},
        {"id": "x", "name": "y"},
        7,
    ], "note": 5, "more": true});
    let got = refused(&rig, Call::json(V1, &run(1), &body)).await;
    let told = got.json();
    let pointers: Vec<_> = told["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    let expected = [
        "/note",
        "/more",
        "/records/1/creditLimit",
        "/records/1/status",
        "/records/2/id",
        "/records/3/id",
        "/records/4",
    ];
    assert_eq!(pointers, expected);
    assert_eq!(told["errors"][2]["id"], account(1));
    // A call with faults is no use of its ID.
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 9))).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn an_account_that_does_not_exist_refuses_the_set() {
    let rig = Rig::start(&[]).await;
    let got = refused(&rig, Call::json(V1, &run(1), &set([0, 77, 1, 78], 5))).await;
    assert_eq!(got.failure(), (400, "validation_error".to_owned()));
    assert_eq!(
        got.json()["errors"][1],
        json!({"pointer": "/records/3/id", "detail": "names no account", "id": account(78)})
    );
    let got = refused(&rig, Call::json(V2, &run(1), &set([0, 77], 5))).await;
    assert_eq!(got.failure(), (400, "validation_error".to_owned()));
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 6))).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn a_hundred_faults_are_enough() {
    let rig = Rig::start(&[]).await;
    let body = json!({"records": vec![json!({}); 400]});
    let got = refused(&rig, Call::json(V1, &run(1), &body)).await;
    assert_eq!(got.json()["errors"].as_array().map(Vec::len), Some(100));
    rig.stop().await;
}

//! `bulk-update/v2`: jobs.

use serde_json::{Value, json};

use super::fake::Fault;
use super::rig::{Call, Got, Rig, V1, V2, account, run, set, token};

fn outcomes(got: &Got) -> Vec<String> {
    let told = got.json();
    told["records"].as_array().unwrap().iter().map(|r| r["outcome"].as_str().unwrap().to_owned()).collect()
}

fn skip(mut body: Value) -> Value {
    body["onInvalid"] = json!("skip_invalid");
    body
}

#[tokio::test]
async fn a_job_is_taken_once_and_told_again() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let call = Call::json(V2, &run(1), &set([0, 1], 5));
    let first = rig.send(call.clone()).await;
    assert_eq!((first.status, first.retry_after.as_deref()), (202, Some("1")));
    let location = first.location.clone().unwrap();
    assert_eq!(location, format!("{}{V2}/{}", rig.fake.origin, first.json()["batchId"].as_str().unwrap()));
    assert_eq!(first.json()["status"], "accepted");
    let named = call.clone().with("X-Forwarded-Host", "api.example:8443").with("X-Forwarded-Proto", "https");
    let named = rig.send(named).await.location.unwrap();
    assert_eq!(named, location.replace(&rig.fake.origin.to_string(), "https://api.example:8443"));
    assert_eq!(rig.send(call.clone()).await, first, "while it runs");
    let path = location.strip_prefix(&rig.fake.origin.to_string()).unwrap();
    let running = rig.send(Call::get(path)).await;
    assert_eq!((running.status, running.location.as_ref()), (202, Some(&location)));
    assert_eq!(running.json()["status"], "running");
    rig.fake.open();
    let ended = rig.ended(&location).await;
    assert_eq!((&ended.json()["updated"], &ended.json()["failed"]), (&json!(2), &json!(0)));
    assert_eq!(rig.send(call).await, first, "after it ended");
    assert_eq!(rig.effects(), 2);
    assert_eq!(rig.send(Call::get(path).with("Authorization", &token("client-b"))).await.status, 404);
    rig.stop().await;
}

#[tokio::test]
async fn exactly_the_valid_records_are_written() {
    let rig = Rig::start(&[]).await;
    rig.ended(&rig.send(Call::json(V2, &run(1), &set([3], 5))).await.location.unwrap()).await;
    let body = skip(json!({"records": [
        {"id": account(0), "status": "closed"},
        {"id": account(1), "creditLimit": -1},
        {"id": account(77), "creditLimit": 1},
        {"id": account(3), "creditLimit": 6},
        {"id": account(0), "creditLimit": 1},
        {"name": "x"},
    ]}));
    let got = rig.send(Call::json(V2, &run(1), &body)).await;
    let ended = rig.ended(&got.location.unwrap()).await;
    assert_eq!(outcomes(&ended), ["updated", "invalid", "invalid", "conflict", "invalid", "invalid"]);
    let told = ended.json();
    assert_eq!((&told["updated"], &told["failed"]), (&json!(1), &json!(5)));
    assert_eq!(told["records"][0], json!({"id": account(0), "index": 0, "outcome": "updated", "status": "closed"}));
    assert_eq!(told["records"][5]["id"], Value::Null);
    assert_eq!(told["records"][1]["errors"][0]["pointer"], "/records/1/creditLimit");
    assert_eq!(rig.effects(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_conflict_refuses_the_set_unless_it_is_skipped() {
    let rig = Rig::start(&[]).await;
    rig.ended(&rig.send(Call::json(V2, &run(1), &set([0], 5))).await.location.unwrap()).await;
    let got = rig.send(Call::json(V2, &run(1), &set([0, 1], 6))).await;
    assert_eq!(got.failure(), (409, "idempotency_conflict".to_owned()));
    assert_eq!(rig.effects(), 1);
    // Both versions share what an ID has done.
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    assert_eq!(rig.effects(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_job_that_failed_is_resumed_by_the_same_call() {
    let rig = Rig::start(&[]).await;
    rig.fake.fail([Fault::Throttled(60); 200]);
    let call = Call::json(V2, &run(1), &set(0..9, 5));
    let first = rig.send(call.clone()).await;
    let location = first.location.clone().unwrap();
    let ended = rig.ended(&location).await;
    assert!(outcomes(&ended).iter().all(|o| o == "failed"), "{ended:?}");
    assert_eq!(
        (&ended.json()["status"], &ended.json()["failureType"]),
        (&json!("failed"), &json!("downstream_unavailable"))
    );
    rig.fake.rows.lock().unwrap().faults.clear();
    assert_eq!(rig.send(call).await, first);
    let ended = rig.ended(&location).await;
    assert!(outcomes(&ended).iter().all(|o| o == "updated"), "{ended:?}");
    assert_eq!(rig.effects(), 9);
    rig.stop().await;
}

#[tokio::test]
async fn what_runs_in_another_job_is_waited_for() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let first = rig.send(Call::json(V2, &run(1), &set([0, 1], 5))).await.location.unwrap();
    let second = rig.send(Call::json(V2, &run(1), &set([1, 2], 5))).await.location.unwrap();
    assert_ne!(first, second);
    rig.fake.open();
    for location in [first, second] {
        assert_eq!(outcomes(&rig.ended(&location).await), ["updated", "updated"]);
    }
    assert_eq!(rig.effects(), 3);
    rig.stop().await;
}

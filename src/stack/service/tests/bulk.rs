//! `bulk-update/v1`: each promise about IDs, items and failures.

use serde_json::json;
use std::time::Duration;

use super::fake::Fault;
use super::rig::{Call, Rig, V1, account, run, set, token};

#[tokio::test]
async fn a_set_is_written_once_and_told_again() {
    let rig = Rig::start(&[]).await;
    let body = json!({"records": [
        {"id": account(0).to_uppercase(), "name": "Fabrikam", "status": "on_hold"},
        {"id": account(1), "creditLimit": 5, "externalRef": "AB-000001"},
    ], "note": "review"});
    let call = Call::json(V1, &run(1), &body).with("X-Step-Id", "one");
    let first = rig.send(call.clone()).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(first.served_by.as_deref(), Some("bulk-update"));
    assert_eq!(first.correlation, Some(run(1)));
    let told = first.json();
    assert_eq!((&told["updated"], &told["records"][0]["status"]), (&json!(2), &json!("on_hold")));
    assert_eq!(rig.send(call).await, first);
    let place = format!("{V1}/{}", told["batchId"].as_str().unwrap());
    let got = rig.send(Call::get(&place)).await;
    assert_eq!((got.status, &got.text), (200, &first.text));
    assert_eq!(rig.send(Call::get(&place).with("Authorization", &token("client-b"))).await.status, 404);

    let mut effects = rig.fake.effects();
    effects.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(effects.len(), 2);
    assert_eq!(effects[0].correlation, run(1));
    let expected = json!({"name": "Fabrikam", "new_status": "on_hold", "new_correlationid": run(1), "new_step": "one"});
    assert_eq!(json!(effects[0].columns), expected);
    assert_eq!(rig.fake.rows.lock().unwrap().tokens, 1, "one token serves all calls");
    rig.stop().await;
}

#[tokio::test]
async fn what_runs_is_in_progress_and_then_done() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let call = Call::json(V1, &run(1), &set([0, 1], 5));
    let first = rig.begin(call.clone());
    rig.fake.at_gate.notified().await;
    let second = rig.send(call.clone()).await;
    assert_eq!(second.failure(), (503, "in_progress".to_owned()));
    assert_eq!(second.retry_after.as_deref(), Some("1"));
    rig.fake.open();
    let first = first.await.unwrap();
    assert_eq!(first.status, 200);
    assert_eq!(rig.send(call).await.text, first.text);
    assert_eq!(rig.effects(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_caller_that_goes_away_leaves_no_item_behind() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let call = Call::json(V1, &run(1), &set([0], 5));
    let first = rig.begin(call.clone());
    rig.fake.at_gate.notified().await;
    first.abort();
    rig.fake.open();
    let done = async { while rig.send(call.clone()).await.status != 200 {} };
    tokio::time::timeout(Duration::from_secs(10), done).await.expect("the work is done to its end");
    assert_eq!(rig.effects(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn other_content_is_a_conflict_without_effect() {
    let rig = Rig::start(&[]).await;
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    let other = rig
        .send(Call::json(
            V1,
            &run(1),
            &json!({"records": [
                {"id": account(1), "creditLimit": 6}, {"id": account(0), "creditLimit": 6},
            ]}),
        ))
        .await;
    assert_eq!(other.failure(), (409, "idempotency_conflict".to_owned()));
    assert_eq!(other.json()["errors"][0]["pointer"], "/records/1");
    assert_eq!(other.json()["errors"][0]["id"], account(0));
    assert_eq!(rig.effects(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn new_items_steps_principals_and_ids_are_new_work() {
    let rig = Rig::start(&[]).await;
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    let mixed = rig.send(Call::json(V1, &run(1), &set([0, 1], 5))).await;
    assert_eq!((mixed.status, &mixed.json()["updated"]), (200, &json!(2)));
    assert_eq!(rig.effects(), 2, "the item that was done is not done again");
    let again = Call::json(V1, &run(1), &set([0], 5));
    for (n, call) in [
        again.clone().with("X-Step-Id", "two"),
        again.clone().with("Authorization", &token("client-b")),
        again.with("X-Correlation-Id", &run(2)),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(rig.send(call).await.status, 200);
        assert_eq!(rig.effects(), 3 + n);
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_failure_is_not_remembered_and_the_rest_is_resumed() {
    let rig = Rig::start(&[]).await;
    let call = Call::json(V1, &run(1), &set([0], 5));
    rig.fake.fail([Fault::Throttled(30)]);
    let refused = rig.send(call.clone()).await;
    assert_eq!(refused.failure(), (503, "downstream_unavailable".to_owned()));
    assert_eq!(refused.retry_after.as_deref(), Some("30"));
    assert_eq!(rig.effects(), 0);
    assert_eq!(rig.send(call).await.status, 200);
    rig.fake.fail([Fault::Unavailable; 40]);
    let call = Call::json(V1, &run(1), &set(0..9, 5));
    assert_eq!(rig.send(call.clone()).await.failure().0, 503);
    rig.fake.rows.lock().unwrap().faults.clear();
    assert_eq!(rig.send(call).await.status, 200);
    assert_eq!(rig.effects(), 9, "each once");
    rig.stop().await;
}

#[tokio::test]
async fn short_throttling_is_waited_for() {
    let rig = Rig::start(&[]).await;
    rig.fake.fail([Fault::Throttled(2), Fault::Unavailable]);
    let before = rig.clock.now();
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    assert!(rig.clock.now().since(before) >= Duration::from_secs(2), "as long as it was told");
    assert_eq!(rig.effects(), 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_lost_answer_is_no_second_effect() {
    let rig = Rig::start(&[]).await;
    rig.fake.fail([Fault::AnswerLost]);
    assert_eq!(rig.send(Call::json(V1, &run(1), &set([0], 5))).await.status, 200);
    assert_eq!(rig.effects(), 1);
    // Lost, and then nothing but failures: the next call finds it done.
    rig.fake.fail([Fault::AnswerLost, Fault::Unavailable, Fault::Unavailable, Fault::Unavailable]);
    let call = Call::json(V1, &run(2), &set([0], 5));
    assert_eq!(rig.send(call.clone()).await.failure().0, 503);
    assert_eq!(rig.send(call.clone()).await.status, 200);
    assert_eq!(rig.effects(), 2);
    // The same write by somebody else under the same ID is another effect.
    assert_eq!(rig.send(call.with("Authorization", &token("client-b"))).await.status, 200);
    assert_eq!(rig.effects(), 3);
    rig.stop().await;
}

#[tokio::test]
async fn after_the_window_an_id_is_new() {
    let rig = Rig::start(&[]).await;
    let call = Call::json(V1, &run(1), &set([0], 5));
    let first = rig.send(call.clone()).await;
    let place = format!("{V1}/{}", first.json()["batchId"].as_str().unwrap());
    rig.clock.jump(Duration::from_hours(25));
    assert_eq!(rig.send(Call::get(&place)).await.status, 404);
    assert_eq!(rig.send(call).await.text, first.text);
    assert_eq!(rig.effects(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn many_duplicates_at_once_are_one_effect_each() {
    let rig = Rig::start(&[]).await;
    let calls: Vec<_> = (0..40).map(|n| rig.begin(Call::json(V1, &run(1), &set([n % 10], 5)))).collect();
    for call in calls {
        let got = call.await.unwrap();
        assert!(matches!(got.status, 200 | 503), "{got:?}");
    }
    assert_eq!(rig.effects(), 10);
    rig.stop().await;
}

//! A process that dies in the middle of its work.

use super::fake::Fault;
use super::rig::{Call, FILES_V1, Rig, V1, V2, run, set, token};

const FILE: &str = "invoiceNumber,customer,amount,currency,dueDate\nINV-000000000001,x,1,EUR,2026-01-31\n";

#[tokio::test]
async fn what_a_dead_process_left_is_done_once_when_the_call_comes_again() {
    for call in [Call::json(V1, &run(1), &set([0, 1, 2], 5)), Call::csv(FILES_V1, &run(1), FILE)] {
        let rig = Rig::start(&[]).await;
        rig.fake.close();
        let cut = rig.begin(call.clone());
        rig.fake.at_gate.notified().await;
        rig.service.handle().restart().await;
        assert!(cut.await.is_err(), "the call was cut");
        rig.fake.open();
        assert_eq!(rig.send(call.clone()).await.status, 200, "{}", call.path);
        assert_eq!(rig.send(call.clone()).await.status, 200, "{}", call.path);
        assert_eq!(rig.effects(), if call.path == V1 { 3 } else { 1 }, "{}", call.path);
        rig.stop().await;
    }
}

#[tokio::test]
async fn what_was_done_stays_done_over_a_restart() {
    let rig = Rig::start(&[]).await;
    rig.fake.fail([Fault::AnswerLost]);
    let call = Call::json(V1, &run(1), &set([0, 1], 5));
    let first = rig.send(call.clone()).await;
    rig.service.handle().restart().await;
    assert_eq!(rig.send(call).await, first);
    assert_eq!(rig.effects(), 2);
    rig.stop().await;
}

#[tokio::test]
async fn a_job_that_a_crash_left_is_delivered_again_and_written_once() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    let call = Call::json(V2, &run(1), &set(0..9, 5));
    let first = rig.send(call.clone()).await;
    rig.fake.at_gate.notified().await;
    rig.service.handle().restart().await;
    assert_eq!(rig.send(call).await, first, "it is known, and runs");
    rig.fake.open();
    let ended = rig.ended(&first.location.unwrap()).await.json();
    assert_eq!((&ended["status"], &ended["updated"]), (&"completed".into(), &9.into()), "{ended}");
    assert_eq!(rig.effects(), 9);
    rig.stop().await;
}

#[tokio::test]
async fn a_caller_without_a_place_is_told_and_others_have_theirs() {
    let rig = Rig::start(&[]).await;
    rig.fake.close();
    for n in 0..64 {
        assert_eq!(rig.send(Call::json(V2, &run(n), &set([n % 10], 5))).await.status, 202);
    }
    let full = rig.send(Call::json(V2, &run(64), &set([0], 5))).await;
    assert_eq!((full.failure(), full.retry_after.as_deref()), ((503, "queue_full".to_owned()), Some("2")));
    assert_eq!(rig.send(Call::json(V2, &run(3), &set([3], 5))).await.status, 202, "a job that is known");
    let other = Call::json(V2, &run(64), &set([0], 5)).with("Authorization", &token("client-b"));
    assert_eq!(rig.send(other).await.status, 202);
    rig.fake.open();
    rig.stop().await;
}

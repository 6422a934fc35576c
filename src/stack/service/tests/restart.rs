//! A process that dies in the middle of its work.

use super::fake::Fault;
use super::rig::{Call, FILES_V1, Rig, V1, run, set};

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

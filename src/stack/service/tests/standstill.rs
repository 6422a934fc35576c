//! Who is answered while Dataverse is slow.

use std::sync::Arc;
use std::time::Duration;

use super::rig::{Call, Got, Rig, V1, run, set};

/// A service with calls that Dataverse holds.
async fn holding(defects: &[&str], calls: usize) -> (Arc<Rig>, Vec<tokio::task::JoinHandle<Got>>) {
    let rig = Rig::start(defects).await;
    rig.fake.close();
    let held = (0..calls).map(|n| rig.begin(Call::json(V1, &run(n), &set([n % 10], 5)))).collect();
    rig.fake.at_gate.notified().await;
    (rig, held)
}

async fn ended(rig: Arc<Rig>, held: Vec<tokio::task::JoinHandle<Got>>) {
    rig.fake.open();
    for call in held {
        assert_eq!(call.await.unwrap().status, 200);
    }
    assert_eq!(rig.send(Call::get("/health")).await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn health_is_told_without_a_key_while_dataverse_is_slow() {
    let (rig, held) = holding(&[], 60).await;
    let well = rig.send(Call::get("/health").without("X-Gateway-Key").without("Authorization")).await;
    assert_eq!((well.status, well.text.as_str()), (200, r#"{"status":"ok"}"#));
    assert_eq!((well.served_by.as_deref(), well.media_type.as_deref()), (Some("service"), Some("application/json")));
    ended(rig, held).await;
}

#[tokio::test]
async fn two_defects_tell_nobody_while_dataverse_is_slow() {
    for (defect, calls) in [("blocks-while-dataverse-is-slow", 1), ("threads-run-dry", 40)] {
        let (rig, held) = holding(&[defect], calls).await;
        // As soon as all of them are inside.
        let silent = async {
            while tokio::time::timeout(Duration::from_millis(100), rig.send(Call::get("/health"))).await.is_ok() {}
        };
        tokio::time::timeout(Duration::from_secs(20), silent).await.expect(defect);
        ended(rig, held).await;
    }
}

//! The endpoint over a real socket.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::super::fault::FaultBoard;
use super::{Model, ModelOptions};
use crate::clock::Clock;
use crate::door::{Door, RestClient};
use crate::wire::{Downstream, Fault, FaultKind, Secret};

async fn ask(model: &Model, key: &str, version: &str, text: &str) -> (u16, Value) {
    let client = RestClient::new(&Door::loopback(), Duration::from_secs(5));
    let url = format!("{}/models/{version}/decisions", model.origin());
    let asked = client.request(Method::POST, &url).expect("allowed").header("api-key", key);
    let answer = asked.json(&json!({ "prompt": "p", "text": text })).send().await.expect("answers");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn the_same_input_gives_the_same_output_and_faults_are_done() {
    let faults = FaultBoard::default();
    let listen = "127.0.0.1:0".parse().expect("valid");
    let options = ModelOptions { listen, key: Secret::new("k"), clock: Clock::system(), faults: faults.clone() };
    let model = Model::start(options).await.expect("starts");
    let first = ask(&model, "k", "risk-1", "a").await;
    assert_eq!(first.0, 200);
    assert_eq!(ask(&model, "k", "risk-1", "a").await, first);
    let mut others = Vec::new();
    for text in ["b", "c", "d", "e"] {
        others.push(ask(&model, "k", "risk-1", text).await);
    }
    assert!(others.iter().any(|other| *other != first), "the text decides");
    assert_eq!(ask(&model, "wrong", "risk-1", "a").await.0, 401);
    assert_eq!(ask(&model, "k", "", "a").await.0, 200, "any version is one");
    let fault = |kind| Fault { tier: Downstream::Model, times: Some(1), ..Fault::new(kind) };
    faults.arm(Fault { tier: Downstream::Dataverse, ..fault(FaultKind::Unavailable) });
    faults.arm(fault(FaultKind::OffSchema));
    assert_eq!(ask(&model, "k", "risk-1", "a").await.1["decision"], "maybe");
    faults.arm(fault(FaultKind::Throttled { retry_after: 3 }));
    assert_eq!(ask(&model, "k", "risk-1", "a").await.0, 429);
    assert_eq!(ask(&model, "k", "risk-1", "a").await, first);
    model.stop().await;
}

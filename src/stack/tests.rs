//! All tiers together, over real sockets.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::gateway::KeyRefresh;
use super::{Api, Ports, Stack, StackError, StackOptions, defects, gateway, service};
use crate::clock::{Clock, Timestamp};
use crate::contract::ContractId;
use crate::contract::openapi::OpenApi;
use crate::door::{Door, Origin, RestClient};
use crate::limit::Throttling;
use crate::wire::Tier;

const RUN: &str = "11111111-2222-4333-8444-555555555555";
const ACCEPTED: &str = "22222222-2222-4333-8444-555555555555";
const AUDIENCE: &str = "3f2a6c1e-8b1d-4c57-9c3e-5a0d7f4e2b91";

fn options(defects: &[&str]) -> StackOptions {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ids = [
        "bulk-update/v1",
        "bulk-update/v2",
        "tabular-intake/v1",
        "tabular-intake/v2",
        "inference/v1",
        "screening/v1",
        "scoring/v1",
    ];
    let apis = ids
        .map(|id| Api {
            id: ContractId::parse(id),
            openapi: Arc::new(OpenApi::load(&root.join("contracts").join(id).join("openapi.yaml")).expect("loads")),
        })
        .to_vec();
    StackOptions {
        front: None,
        guest: None,
        mocks: root.join("mocks"),
        apis,
        defects: defects.iter().map(|d| (*d).to_owned()).collect(),
        clock: Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").expect("valid"), 20.0),
        ports: Ports::default(),
        bind: "127.0.0.1".parse().expect("valid"),
        tls: false,
        dataverse_open: false,
        throttling: Throttling::default(),
        key_refresh: KeyRefresh::default(),
        record_traces: true,
        region: StackOptions::REGION.into(),
    }
}

/// A running stack and a client.
struct Rig {
    stack: Stack,
    client: RestClient,
}

impl Rig {
    async fn start(defects: &[&str]) -> Self {
        let stack = Stack::start(options(defects)).await.expect("starts");
        Self { stack, client: RestClient::new(&Door::loopback(), Duration::from_secs(20)) }
    }

    async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}{path}", self.stack.addresses().control);
        let mut request = self.client.request(method, &url).expect("allowed");
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.expect("answers").json().await.expect("JSON")
    }

    /// Two records of one batch; gives their keys and the answer.
    async fn submit(&self, to: &Origin) -> (Vec<String>, u16, Value) {
        let pool = self.control(Method::GET, "/pool/accounts/accountid?limit=2", None).await;
        let keys: Vec<String> = serde_json::from_value(pool["values"].clone()).expect("texts");
        let records: Vec<Value> =
            keys.iter().map(|id| json!({ "id": id, "name": "Fabrikam", "creditLimit": 7 })).collect();
        let wanted = json!({ "client": "flow", "audience": AUDIENCE, "roles": ["Jobs.Submit"] });
        let minted = self.control(Method::POST, "/mint", Some(wanted)).await;
        let answer = self
            .client
            .request(Method::POST, &format!("{to}/bulk-update/v1/batches"))
            .expect("allowed")
            .bearer_auth(minted["token"].as_str().expect("a token"))
            .header("X-Correlation-Id", RUN)
            .json(&json!({ "records": records }))
            .send()
            .await
            .expect("answers");
        let status = answer.status().as_u16();
        (keys, status, answer.json().await.expect("JSON"))
    }

    /// The address of an accepted batch.
    async fn told(&self, to: &Origin) -> String {
        let pool = self.control(Method::GET, "/pool/accounts/accountid?limit=3", None).await;
        let record = json!({ "id": pool["values"][2], "name": "Fabrikam", "creditLimit": 7 });
        let wanted = json!({ "client": "flow", "audience": AUDIENCE, "roles": ["Jobs.Submit"] });
        let minted = self.control(Method::POST, "/mint", Some(wanted)).await;
        let call = self.client.request(Method::POST, &format!("{to}/bulk-update/v2/batches")).expect("allowed");
        let call = call.bearer_auth(minted["token"].as_str().expect("a token")).header("X-Correlation-Id", ACCEPTED);
        let answer = call.json(&json!({ "records": [record] })).send().await.expect("answers");
        let location = answer.headers().get("location").unwrap_or_else(|| panic!("{answer:?}"));
        location.to_str().expect("text").to_owned()
    }

    async fn entries(&self) -> Vec<Value> {
        let page = self.control(Method::GET, &format!("/ledger?correlation={RUN}"), None).await;
        page["entries"].as_array().expect("entries").clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_travels_through_every_tier_and_is_recorded_by_each() {
    let rig = Rig::start(&[]).await;
    let (keys, status, body) = rig.submit(&rig.stack.addresses().gateway).await;
    assert_eq!((status, &body["updated"]), (200, &json!(2)), "{body}");

    let entries = rig.entries().await;
    let written: BTreeSet<&str> = entries.iter().filter_map(|e| e["key"].as_str()).collect();
    assert_eq!(written, keys.iter().map(String::as_str).collect());
    assert!(entries.iter().all(|e| e["outcome"] == "committed" && e["way"] == "gateway"), "{entries:?}");
    assert!(entries.iter().all(|e| e["headers"]["x-correlation-id"] == RUN), "{entries:?}");

    let rows = rig.control(Method::GET, &format!("/rows?correlation={RUN}"), None).await;
    let rows = rows["rows"].as_array().expect("rows");
    assert!(rows.iter().any(|r| r["ApiId"] == "bulk-update-v1" && r["ResponseCode"] == 200), "{rows:?}");
    assert!(rows.iter().any(|r| r["ApiId"] == "data"), "{rows:?}");

    let (_, past, refusal) = rig.submit(&rig.stack.addresses().service).await;
    assert_eq!((past, &refusal["failureType"]), (403, &json!("forbidden")));
    rig.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_around_the_gateway_succeeds_and_is_told_from_a_governed_one() {
    let rig = Rig::start(&["around-the-gateway"]).await;
    let (_, status, body) = rig.submit(&rig.stack.addresses().gateway).await;
    assert_eq!(status, 200, "{body}");
    let entries = rig.entries().await;
    assert!(entries.iter().any(|e| e["outcome"] == "committed" && e["way"] == "direct"), "{entries:?}");
    rig.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_stopped_leaves_its_ports_and_a_taken_one_is_named() {
    let stack = Stack::start(options(&[])).await.expect("starts");
    let [issuer, gateway, service, dataverse, model, trigger, control] =
        stack.addresses().iter().map(|(_, origin)| origin.port).collect::<Vec<_>>().try_into().expect("seven tiers");
    let ports = Ports { issuer, gateway, service, dataverse, model, trigger, control };
    let fault = Stack::start(StackOptions { ports, ..options(&[]) }).await.map(|_| ()).expect_err("taken").to_string();
    assert!(fault.contains(&format!("127.0.0.1:{issuer}")), "{fault}");
    for only in [Ports { control, ..Ports::default() }, Ports { gateway, ..Ports::default() }] {
        let fault = Stack::start(StackOptions { ports: only, ..options(&[]) }).await.map(|_| ()).expect_err("taken");
        let port = only.control.max(only.gateway);
        assert!(fault.to_string().contains(&format!("127.0.0.1:{port}")), "{fault}");
    }
    stack.stop().await;
    let again = Stack::start(StackOptions { ports, ..options(&[]) }).await.expect("the ports are free again");
    again.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stack_starts_with_each_defect_of_the_gateway() {
    for defect in defects::DEFECTS.iter().filter(|d| d.tier == Tier::Gateway) {
        match Stack::start(options(&[defect.name])).await {
            Ok(stack) => stack.stop().await,
            Err(fault) => panic!("{}: {fault}", defect.name),
        }
    }
}

#[tokio::test]
async fn an_unknown_defect_is_told_with_the_nearest_name() {
    let fault = Stack::start(options(&["duplicate-rase"])).await.map(|_| ()).expect_err("unknown");
    assert!(matches!(&fault, StackError::UnknownDefect { near: Some("duplicate-race"), .. }));
    assert!(fault.to_string().contains("did you mean `duplicate-race`?"));
}

#[tokio::test]
async fn mocks_that_are_not_there_are_named() {
    let mocks = Path::new("nowhere").to_path_buf();
    let fault = Stack::start(StackOptions { mocks, ..options(&[]) }).await.map(|_| ()).expect_err("missing");
    assert!(matches!(&fault, StackError::Mocks(found) if found.has_errors()), "{fault}");
}

#[test]
fn every_defect_is_built_into_its_tier() {
    let named =
        |tier| -> BTreeSet<&str> { defects::DEFECTS.iter().filter(|d| d.tier == tier).map(|d| d.name).collect() };
    assert_eq!(named(Tier::Service), service::Defect::ALL.iter().map(|(_, name)| *name).collect());
    let overlays = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/gateway/defects");
    for name in named(Tier::Gateway) {
        let overlay = overlays.join(format!("{name}.xml")).is_file();
        assert!(overlay != gateway::RowLog::has_defect(name), "{name}");
    }
}

/// The status that a token of the signing key of this moment gets.
async fn by_token(rig: &Rig, token: &str) -> u16 {
    let url = format!("{}/bulk-update/v2/batches/{RUN}", rig.stack.addresses().gateway);
    let call = rig.client.request(Method::GET, &url).expect("allowed").header("X-Correlation-Id", RUN);
    call.bearer_auth(token).send().await.expect("answers").status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_learns_of_a_new_key_no_sooner_than_five_minutes_after_the_last_time() {
    let rig = Rig::start(&[]).await;
    let wanted = json!({ "client": "flow", "audience": AUDIENCE, "roles": ["Jobs.Submit"] });
    let minted = async || {
        let minted = rig.control(Method::POST, "/mint", Some(wanted.clone())).await;
        minted["token"].as_str().expect("a token").to_owned()
    };
    let old = minted().await;
    assert_eq!(by_token(&rig, &old).await, 404, "no such batch, and the token is taken");
    let rolled = rig.control(Method::POST, "/issuer/rollover", None).await;
    assert_eq!(rolled["signing"], rolled["published"][0]);
    let new = minted().await;
    // The keys were read a moment ago: an unknown one leads to no other fetch.
    assert_eq!((by_token(&rig, &new).await, by_token(&rig, &old).await), (401, 404));
    rig.control(Method::POST, "/clock/jump", Some(json!({ "seconds": 301 }))).await;
    assert_eq!((by_token(&rig, &new).await, by_token(&rig, &old).await), (404, 404));
    rig.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_speaks_tls_works_as_another_for_who_believes_its_authority() {
    let stack = Stack::start(StackOptions { tls: true, ..options(&[]) }).await.expect("starts");
    let door = Door::loopback().trusting(stack.authority().expect("an authority")).expect("a certificate");
    let rig = Rig { stack, client: RestClient::new(&door, Duration::from_secs(20)) };
    let at = rig.stack.addresses();
    assert!(at.gateway.tls && at.issuer.tls && !at.control.tls && !at.service.tls, "{at}");
    let (_, status, body) = rig.submit(&at.gateway).await;
    assert_eq!((status, &body["updated"]), (200, &json!(2)), "{body}");
    let entries = rig.entries().await;
    assert!(entries.iter().all(|e| e["outcome"] == "committed" && e["way"] == "gateway"), "{entries:?}");
    let rows = rig.control(Method::GET, &format!("/rows?correlation={RUN}"), None).await;
    let called = rows["rows"].as_array().and_then(|rows| rows.iter().find(|r| r["ApiId"] == "bulk-update-v1"));
    assert_eq!(called.expect("a row")["ClientTlsVersion"], "1.3", "{rows}");
    // What the gateway says of its own address is the one that was called.
    let answer = rig.told(&at.gateway).await;
    assert!(answer.starts_with(&format!("{}/bulk-update/v2/batches/", at.gateway)), "{answer}");
    let plain = Origin { tls: false, host: "127.0.0.1".to_owned(), port: at.gateway.port };
    assert_eq!(rig.submit(&plain).await.1, 200);
    rig.stack.stop().await;
}

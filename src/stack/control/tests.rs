//! The control surface over a real socket, by the harness's own client where
//! that speaks to it, else by hand.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::{Control, ControlOptions, Restart, RowSource, TraceSource};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::limit::Throttling;
use crate::observe::{CallTrace, GatewayRow};
use crate::stack::dataverse::{Dataverse, DataverseOptions};
use crate::stack::gateway::{Counters, Metrics, Patience};
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY};
use crate::stack::issuer::{Issuer, IssuerOptions};
use crate::stack::jwt::JwtError;
use crate::stack::trigger::TriggerHandle;

struct Rig {
    issuer: Issuer,
    dataverse: Dataverse,
    control: Control,
    client: RestClient,
    restarts: Arc<AtomicU64>,
}

impl Rig {
    async fn start() -> Self {
        let clock = Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 2.0);
        let listen = "127.0.0.1:0".parse().expect("valid");
        let options = IssuerOptions::shipped(listen, clock.clone());
        let issuer = Issuer::start(options).await.expect("starts");
        let tables = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/dataverse");
        let tenant = issuer.tenant().clone();
        let options =
            DataverseOptions { tables, listen, clock: clock.clone(), tenant: tenant.clone(), tls: None, ways_in: None };
        let dataverse = Dataverse::start(options).await.expect("starts");
        let rows = RowSource::new(|since, correlations, limit| {
            let row = GatewayRow {
                correlation_id: format!("{since}/{}/{limit}", correlations.join("+")),
                ..GatewayRow::default()
            };
            Ok((vec![serde_json::to_string(&row).expect("a row")], since + 1))
        });
        let traces = TraceSource::new(|since, correlations, limit| {
            let path = format!("/{since}/{}/{limit}", correlations.join("+"));
            vec![CallTrace { path, ..CallTrace::default() }]
        });
        let restarts = Arc::new(AtomicU64::new(0));
        let counted = restarts.clone();
        let restart = Restart::new(move || {
            let counted = counted.clone();
            async move {
                counted.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        });
        let options = ControlOptions {
            listen,
            dataverse: Some(dataverse.handle().clone()),
            tenant,
            trigger: Some(TriggerHandle::default()),
            rows,
            traces,
            log: None,
            counters: Arc::new(Counters::new(Throttling::default())),
            metrics: Metrics::default(),
            patience: Patience::default(),
            clock,
            restart: Some(restart),
        };
        let control = Control::start(options).await.expect("starts");
        Self {
            issuer,
            dataverse,
            control,
            client: RestClient::new(&Door::loopback(), Duration::from_secs(10)),
            restarts,
        }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.client.request(method, &format!("{}{path}", self.control.origin())).expect("allowed");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.expect("answers");
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.expect("whole");
        (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") })
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn write(&self, id: &str, correlation: &str) -> u16 {
        let wanted = json!({ "client": GATEWAY_IDENTITY, "audience": DATAVERSE_RESOURCE });
        let (_, minted) = self.call(Method::POST, "/mint", Some(wanted)).await;
        self.client
            .request(Method::PATCH, &format!("{}/api/data/v9.2/accounts({id})", self.dataverse.origin()))
            .expect("allowed")
            .bearer_auth(minted["token"].as_str().expect("a token"))
            .header("x-correlation-id", correlation)
            .json(&json!({ "name": "x" }))
            .send()
            .await
            .expect("answers")
            .status()
            .as_u16()
    }

    async fn stop(self) {
        self.control.stop().await;
        self.dataverse.stop().await;
        self.issuer.stop().await;
    }
}

#[tokio::test]
async fn the_ledger_is_read_page_by_page_by_correlation_and_by_key() {
    let rig = Rig::start().await;
    assert_eq!(rig.get("/health").await, json!({ "status": "ok" }));
    let pool = rig.get("/pool/accounts/accountid?offset=1&limit=2").await;
    assert_eq!(pool["total"], 20_000);
    let ids: Vec<&str> = pool["values"].as_array().expect("values").iter().filter_map(Value::as_str).collect();
    for (id, correlation) in [(ids[0], "a"), (ids[1], "b"), (ids[0], "c")] {
        assert_eq!(rig.write(id, correlation).await, 204);
    }
    let sequences = |page: &Value| -> Vec<u64> {
        page["entries"].as_array().expect("entries").iter().filter_map(|e| e["sequence"].as_u64()).collect()
    };
    let first = rig.get("/ledger?limit=2").await;
    assert_eq!((sequences(&first), &first["next"]), (vec![1, 2], &json!(2)));
    let second = rig.get("/ledger?since=2&limit=2").await;
    assert_eq!((sequences(&second), &second["next"]), (vec![3], &json!(3)));
    assert_eq!(sequences(&rig.get("/ledger?correlation=b,c").await), [2, 3]);
    assert_eq!(sequences(&rig.get(&format!("/ledger?correlation=b&key={}", ids[0])).await), [1, 2, 3]);
    assert_eq!(rig.get(&format!("/ledger?since={}&limit=1", u64::MAX >> 1)).await["next"], 3);
    let rows = rig.get("/rows?since=7&correlation=a,b&limit=5").await;
    assert_eq!((&rows["rows"][0]["CorrelationId"], &rows["next"]), (&json!("7/a+b/5"), &json!(8)));
    rig.stop().await;
}

#[tokio::test]
async fn faults_are_armed_listed_and_disarmed() {
    let rig = Rig::start().await;
    let fault = json!({ "kind": { "kind": "throttled", "retry_after": 3 }, "table": "accounts", "times": 2 });
    let (status, armed) = rig.call(Method::POST, "/faults", Some(fault.clone())).await;
    assert_eq!((status, &armed), (200, &json!({ "id": 1 })));
    let pool = rig.get("/pool/accounts/accountid?limit=1").await;
    assert_eq!(rig.write(pool["values"][0].as_str().expect("text"), "a").await, 429);
    let listed = rig.get("/faults").await;
    assert_eq!((&listed["faults"][0]["hits"], &listed["faults"][0]["fault"]["table"]), (&json!(1), &json!("accounts")));
    assert_eq!(rig.call(Method::DELETE, "/faults/1", None).await, (204, Value::Null));
    assert_eq!(rig.call(Method::DELETE, "/faults/1", None).await.0, 404);
    rig.call(Method::POST, "/faults", Some(fault)).await;
    assert_eq!(rig.call(Method::DELETE, "/faults", None).await.0, 204);
    assert_eq!(rig.get("/faults").await, json!({ "faults": [] }));
    let text = json!("deadlock,table=accounts,share=10%,until=1min");
    assert_eq!(rig.call(Method::POST, "/faults", Some(text)).await.0, 200);
    let listed = rig.get("/faults").await;
    assert_eq!(listed["faults"][0]["fault"]["kind"]["error"]["code"], "0x80044150");
    let (status, wrong) = rig.call(Method::POST, "/faults", Some(json!("deadlok"))).await;
    let told = wrong["error"].as_str().unwrap_or_default();
    assert!(status == 400 && told.contains("did you mean `deadlock`?"), "{told}");
    let hits = rig.get("/faults/hits").await;
    assert_eq!((&hits["next"], &hits["hits"][0]["fault"]), (&json!(1), &json!("throttled")));
    assert_eq!(rig.get("/dataverse/limits").await["requests"], 1_000_000);
    for wrong in [json!({ "kind": { "kind": "melted" } }), json!({ "kind": { "kind": "reset" }, "share": 2 })] {
        assert_eq!(rig.call(Method::POST, "/faults", Some(wrong)).await.0, 400);
    }
    rig.stop().await;
}

#[tokio::test]
async fn tokens_are_minted_and_the_clock_goes_forward_only() {
    let rig = Rig::start().await;
    let tenant = rig.issuer.tenant();
    let mint = |kind: &str| json!({ "client": "flow", "audience": "a", "roles": ["R"], "kind": kind });
    let (_, good) = rig.call(Method::POST, "/mint", Some(mint("good"))).await;
    assert_eq!(good["expires_in"], 3599);
    assert!(tenant.verify(good["token"].as_str().expect("text")).is_ok());
    let (_, bad) = rig.call(Method::POST, "/mint", Some(mint("bad_signature"))).await;
    assert_eq!(tenant.verify(bad["token"].as_str().expect("text")), Err(JwtError::Signature));
    assert_eq!(rig.call(Method::POST, "/mint", Some(mint("none"))).await.0, 400);
    assert_eq!(rig.call(Method::POST, "/mint", Some(mint("odd"))).await.0, 400);

    let before = rig.get("/clock").await;
    assert_eq!(before["scale"], 2.0);
    let (_, after) = rig.call(Method::POST, "/clock/jump", Some(json!({ "seconds": 3600 }))).await;
    let shown = |clock: &Value| Timestamp::parse(clock["now"].as_str().expect("text")).expect("an instant");
    assert!(shown(&after).since(shown(&before)) >= Duration::from_hours(1));
    assert_eq!(rig.call(Method::POST, "/clock/jump", Some(json!({ "seconds": -1 }))).await.0, 400);
    assert_eq!(rig.call(Method::GET, "/pool/accounts/nope", None).await.0, 404);
    assert_eq!(rig.call(Method::GET, "/nope", None).await.0, 404);
    assert_eq!(rig.get("/callbacks?id=a").await["calls"], json!([]));
    assert_eq!(rig.call(Method::POST, "/restart", Some(json!({ "tier": "dataverse" }))).await.0, 400);
    assert_eq!(rig.call(Method::POST, "/restart", Some(json!({ "tier": "gateway" }))).await.0, 200);
    assert_eq!(rig.call(Method::POST, "/restart", Some(json!({ "tier": "service" }))).await.0, 200);
    assert_eq!(rig.restarts.load(Ordering::Relaxed), 1);
    assert_eq!(rig.get("/counters?limit=5").await, json!({ "counters": [], "keys": 0 }));
    rig.stop().await;
}

#[tokio::test]
async fn the_last_calls_are_told_and_a_page_shows_them() {
    let rig = Rig::start().await;
    let told = rig.get("/traces?since=3&correlation=a,b&limit=7").await;
    assert_eq!(told["calls"][0]["path"], "/3/a+b/7");
    let page = rig.client.request(Method::GET, &format!("{}/", rig.control.origin())).expect("allowed");
    let page = page.send().await.expect("answers");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(page.headers()["content-security-policy"].to_str().expect("text").starts_with("default-src 'none'"));
    let text = page.text().await.expect("whole");
    assert!(text.contains("/traces?") && !text.contains("https://"), "{text}");
    rig.stop().await;
}

#[tokio::test]
async fn where_dataverse_stands_is_told_as_json_and_as_text_for_a_terminal() {
    let rig = Rig::start().await;
    let long = "x".repeat(200);
    let text = json!(format!("deadlock,table=accounts,correlation={long},times=1"));
    assert_eq!(rig.call(Method::POST, "/faults", Some(text)).await.0, 200);
    let pool = rig.get("/pool/accounts/accountid?limit=1").await;
    let id = pool["values"][0].as_str().expect("text");
    assert_eq!((rig.write(id, &long).await, rig.write(id, "b").await), (500, 204));
    let status = rig.get("/status").await;
    assert_eq!((&status["faults"][0]["matched"], &status["faults"][0]["hits"]), (&json!(1), &json!(1)), "{status}");
    assert_eq!((&status["ledger"]["entries"], &status["effects"], &status["reads"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!(status["limits"]["servers"][0]["principals"][0]["requests"], 2);
    let asked = rig.client.request(Method::GET, &format!("{}/status.txt", rig.control.origin())).expect("allowed");
    let answer = asked.send().await.expect("answers");
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    let text = answer.text().await.expect("whole");
    for part in ["Ledger: 2 entries, 1 of them effects", "deadlock", "correlation=xxx", "Reads: 0", "refused"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    rig.stop().await;
}

#[tokio::test]
async fn the_issuer_is_read_rolled_and_throttled() {
    let rig = Rig::start().await;
    let read = rig.get("/issuer").await;
    let names: Vec<&str> =
        read["clients"].as_array().expect("a list").iter().filter_map(|client| client["name"].as_str()).collect();
    assert_eq!(names, ["service", "flow", "stranger", "retired", "gateway"]);
    let secret = rig.issuer.tenant().secret("flow").expect("a secret").expose().to_owned();
    assert_eq!(read["clients"][1]["secrets"]["main"], json!(secret));
    let (status, rolled) = rig.call(Method::POST, "/issuer/rollover", None).await;
    assert_eq!((status, rolled["published"].as_array().map(Vec::len)), (200, Some(3)), "{rolled}");
    let (_, withdrawn) = rig.call(Method::POST, "/issuer/rollover", Some(json!({ "withdraw": true }))).await;
    assert_eq!(withdrawn["published"].as_array().map(Vec::len), Some(1), "{withdrawn}");
    assert_eq!(rig.call(Method::POST, "/issuer/rollover", Some(json!({ "odd": true }))).await.0, 400);
    assert_eq!(rig.call(Method::POST, "/issuer/throttle", Some(json!({ "times": 1 }))).await.0, 204);
    assert_eq!(rig.issuer.tenant().throttled(), Some(0));
    rig.stop().await;
}

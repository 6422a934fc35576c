//! In front of the stack's own issuer and Dataverse, with a pass-through in
//! the gateway's place: what the service sends is what they take.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::super::{Behind, Service, ServiceOptions};
use super::rig::{Call, FILES_V1, FILES_V2, Rig, V1, V2, run};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, Origin, RestClient};
use crate::observe::LedgerEntry;
use crate::stack::dataverse::{Dataverse, DataverseHandle, DataverseOptions, LedgerQuery};
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY, SERVICE_CLIENT, TENANT};
use crate::stack::issuer::{Issuer, IssuerOptions, MintRequest, Tenant};
use crate::wire::{Fault, FaultError, FaultKind, Secret, TokenKind};

/// What stands in the gateway's place.
#[derive(Clone)]
struct PassThrough {
    tenant: Tenant,
    dataverse: Origin,
    client: RestClient,
}

async fn pass(State(through): State<PassThrough>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path_and_query().unwrap().as_str().strip_prefix("/data").unwrap();
    let identity = MintRequest {
        client: GATEWAY_IDENTITY.to_owned(),
        audience: DATAVERSE_RESOURCE.to_owned(),
        roles: Vec::new(),
        kind: TokenKind::Good,
    };
    let token = through.tenant.mint(&identity).unwrap().token;
    let mut headers = parts.headers;
    headers.remove("host");
    headers.remove("content-length");
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    let url = format!("{}{path}", through.dataverse);
    let sent = through.client.request(parts.method, &url).unwrap().headers(headers).body(body).send().await;
    let Ok(answer) = sent else {
        return Response::builder().status(503).header("Retry-After", 5).body(Body::empty()).unwrap();
    };
    let mut response = Response::builder().status(answer.status());
    for name in ["etag", "retry-after", "content-type"] {
        if let Some(value) = answer.headers().get(name) {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(answer.bytes().await.unwrap())).unwrap()
}

struct Governed {
    rig: Rig,
    issuer: Issuer,
    dataverse: Dataverse,
}

impl Governed {
    async fn start(defects: &[&str]) -> Self {
        let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").unwrap(), 400.0);
        let any = "127.0.0.1:0".parse().unwrap();
        let issuer = Issuer::start(IssuerOptions::shipped(any, clock.clone())).await.unwrap();
        let options = DataverseOptions {
            tables: Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/dataverse"),
            listen: any,
            clock: clock.clone(),
            tenant: issuer.tenant().clone(),
            tls: None,
            ways_in: None,
        };
        let dataverse = Dataverse::start(options).await.unwrap();
        let through = PassThrough {
            tenant: issuer.tenant().clone(),
            dataverse: dataverse.origin().clone(),
            client: RestClient::new(&Door::loopback(), Duration::from_secs(20)),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let gateway = Origin::from(listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(through);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let options = ServiceOptions {
            listen: any,
            gateway: Arc::new(OnceLock::from(gateway.clone())),
            token_endpoint: format!("{}/{TENANT}/oauth2/v2.0/token", issuer.origin()),
            client_id: SERVICE_CLIENT.to_owned(),
            client_secret: issuer.tenant().secret("service").unwrap().clone(),
            gateway_key: Secret::new("the-key"),
            dataverse: dataverse.origin().clone(),
            behind: Behind::default(),
            clock: clock.clone(),
            door: Door::loopback(),
            defects: defects.iter().map(|d| (*d).to_owned()).collect(),
        };
        let service = Service::start(options).await.unwrap();
        Self { rig: Rig::around(service, gateway, clock), issuer, dataverse }
    }

    fn handle(&self) -> &DataverseHandle {
        self.dataverse.handle()
    }

    fn accounts(&self, count: usize) -> Vec<String> {
        let (values, _) = self.handle().pool("accounts", "accountid", 100, count).unwrap();
        values.iter().map(|v| v.as_str().unwrap().to_owned()).collect()
    }

    /// The committed writes.
    fn effects(&self) -> Vec<LedgerEntry> {
        let (entries, _) = self.handle().ledger(&LedgerQuery { limit: 10_000, ..LedgerQuery::default() });
        entries.into_iter().filter(LedgerEntry::committed).collect()
    }

    async fn stop(self) {
        let Self { rig, issuer, dataverse } = self;
        Arc::new(rig).stop().await;
        dataverse.stop().await;
        issuer.stop().await;
    }
}

fn records(accounts: &[String]) -> Value {
    let record =
        |id| json!({"id": id, "name": "Fabrikam", "creditLimit": 7, "status": "on_hold", "externalRef": "AB-000001"});
    json!({"records": accounts.iter().map(record).collect::<Vec<_>>()})
}

#[tokio::test]
async fn each_version_writes_each_item_once() {
    let governed = Governed::start(&[]).await;
    let accounts = governed.accounts(30);
    let got = governed.rig.send(Call::json(V1, &run(1), &records(&accounts)).with("X-Step-Id", "one")).await;
    assert_eq!(got.status, 200, "{got:?}");
    let effects = governed.effects();
    assert_eq!(effects.len(), 30);
    for effect in &effects {
        assert!(effect.governed());
        assert_eq!(effect.headers["x-correlation-id"], run(1));
        assert_eq!(effect.column("new_correlationid"), Some(&json!(run(1))));
        assert_eq!(effect.column("new_step"), Some(&json!("one")));
        assert_eq!(effect.column("new_status"), Some(&json!("on_hold")));
    }
    let got = governed.rig.send(Call::json(V2, &run(2), &records(&accounts))).await;
    assert_eq!(governed.rig.ended(&got.location.unwrap()).await.json()["updated"], 30);
    assert_eq!(governed.effects().len(), 60);
    let file = "invoiceNumber,customer,amount,currency,dueDate\nINV-00000000F001,x,1.25,EUR,2026-10-15\n";
    for (path, n, effects) in [(FILES_V1, 3, 61), (FILES_V1, 4, 62), (FILES_V2, 5, 62)] {
        let got = governed.rig.send(Call::csv(path, &run(n), file)).await;
        assert_eq!((got.status, governed.effects().len()), (200, effects), "{got:?}");
    }
    governed.stop().await;
}

#[tokio::test]
async fn faults_of_dataverse_leave_one_effect_each() {
    for kind in [
        FaultKind::AnswerLost,
        FaultKind::Reset,
        FaultKind::Unavailable,
        FaultKind::Throttled { retry_after: 1 },
        FaultKind::Throttled { retry_after: 60 },
    ] {
        let governed = Governed::start(&[]).await;
        let lines: Vec<_> = (0..20).map(|n| format!("INV-00000000E0{n:02X},x,1.25,EUR,2026-10-15")).collect();
        let file = format!("invoiceNumber,customer,amount,currency,dueDate\n{}", lines.join("\n"));
        for (n, call) in [
            Call::json(V1, &run(1), &records(&governed.accounts(20))),
            Call::csv(FILES_V1, &run(2), &file),
            Call::csv(FILES_V2, &run(3), &file.replace("E0", "D0")),
        ]
        .into_iter()
        .enumerate()
        {
            let id = governed.handle().arm(Fault { share: Some(0.7), ..Fault::new(kind.clone()) });
            for _ in 0..3 {
                let got = governed.rig.send(call.clone()).await;
                assert!(matches!(got.status, 200 | 503), "{kind:?}: {got:?}");
            }
            governed.handle().disarm(id);
            let got = governed.rig.send(call.clone()).await;
            assert_eq!(got.status, 200, "{kind:?}: {got:?}");
            assert_eq!(governed.effects().len(), 20 * (n + 1), "{kind:?}");
        }
        governed.stop().await;
    }
}

/// A call whose third write is refused once: how many effects there are then,
/// and what was answered.
async fn third_refused(defect: &str, error: &str, call: impl FnOnce(&Governed) -> Call) -> (usize, u16) {
    let governed = Governed::start(&[defect]).await;
    let error = FaultError::preset(error).unwrap();
    let fault =
        Fault { method: Some("PATCH".to_owned()), after: 2, times: Some(1), ..Fault::new(FaultKind::Error { error }) };
    governed.handle().arm(fault);
    let got = governed.rig.send(call(&governed)).await;
    let effects = governed.effects();
    assert!(effects.iter().all(|effect| effect.batch.is_some() && effect.governed()));
    governed.stop().await;
    (effects.len(), got.status)
}

#[tokio::test]
async fn a_set_of_version_1_stands_or_falls_together() {
    let set = |governed: &Governed| Call::json(V1, &run(1), &records(&governed.accounts(4)));
    assert_eq!(third_refused("", "not_found", set).await, (0, 400), "its row is gone");
    assert_eq!(third_refused("", "deadlock", set).await, (4, 200), "sent again");
    assert_eq!(third_refused("change-set-missing", "not_found", set).await, (2, 400));
    assert_eq!(third_refused("change-set-split", "not_found", set).await, (2, 400));
}

#[tokio::test]
async fn lines_of_a_file_go_in_a_batch_each_for_itself() {
    let lines: Vec<_> = (0..4).map(|n| format!("INV-00000000B0{n:02X},x,1.25,EUR,2026-10-15")).collect();
    let file = format!("invoiceNumber,customer,amount,currency,dueDate\n{}", lines.join("\n"));
    let file = |_: &Governed| Call::csv(FILES_V2, &run(1), &file);
    assert_eq!(third_refused("", "not_found", file).await, (3, 500), "the caller hears of it");
    assert_eq!(third_refused("", "deadlock", file).await, (4, 200), "sent again");
    assert_eq!(third_refused("batch-status-unread", "not_found", file).await, (3, 200));
    assert_eq!(third_refused("last-part-stands-for-all", "not_found", file).await, (3, 200));
}

#[tokio::test]
async fn an_answer_that_is_lost_for_one_part_is_no_second_effect() {
    let governed = Governed::start(&[]).await;
    let lines: Vec<_> = (0..4).map(|n| format!("INV-00000000B0{n:02X},x,1.25,EUR,2026-10-15")).collect();
    let file = format!("invoiceNumber,customer,amount,currency,dueDate\n{}", lines.join("\n"));
    let calls = [Call::json(V1, &run(1), &records(&governed.accounts(4))), Call::csv(FILES_V2, &run(2), &file)];
    for (n, call) in calls.into_iter().enumerate() {
        let method = Some("PATCH".to_owned());
        let fault = Fault { method, after: 1, times: Some(1), ..Fault::new(FaultKind::AnswerLost) };
        governed.handle().arm(fault);
        assert_eq!(governed.rig.send(call.clone()).await.status, 200);
        let faults = governed.handle().faults();
        assert_eq!(faults[n].hits, 1);
        assert_eq!(governed.effects().len(), 4 * (n + 1));
    }
    governed.stop().await;
}

#[tokio::test]
async fn the_shortcut_is_seen_in_the_ledger() {
    let governed = Governed::start(&["around-the-gateway"]).await;
    let accounts = governed.accounts(1);
    assert_eq!(governed.rig.send(Call::json(V1, &run(1), &records(&accounts))).await.status, 200);
    let effects = governed.effects();
    assert_eq!((effects.len(), effects[0].governed()), (1, false));
    governed.stop().await;
}

//! A service, its fake surroundings, and a caller.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use serde_json::{Value, json};

use super::super::{Behind, Service, ServiceOptions};
use super::fake::Fake;
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, Origin, RestClient};
use crate::wire::Secret;

pub(super) const V1: &str = "/bulk-update/v1/batches";
pub(super) const V2: &str = "/bulk-update/v2/batches";
pub(super) const FILES_V1: &str = "/tabular-intake/v1/files";
pub(super) const FILES_V2: &str = "/tabular-intake/v2/files";

/// The id of the n-th account.
pub(super) fn account(n: usize) -> String {
    format!("00000000-0000-4000-8000-{n:012x}")
}

/// A correlation ID by number.
pub(super) fn run(n: usize) -> String {
    format!("11111111-0000-4000-8000-{n:012x}")
}

/// A set that gives these accounts this credit limit.
pub(super) fn set(accounts: impl IntoIterator<Item = usize>, limit: u64) -> Value {
    let record = |n| json!({"id": account(n), "creditLimit": limit});
    json!({"records": accounts.into_iter().map(record).collect::<Vec<_>>()})
}

/// A call to be sent.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Call {
    pub(super) fn new(method: Method, path: &str, correlation: &str, media_type: &str, body: Vec<u8>) -> Self {
        let mut call = Self { method, path: path.to_owned(), headers: Vec::new(), body };
        call.set("X-Gateway-Key", "the-key");
        call.set("X-Correlation-Id", correlation);
        call.set("Authorization", &token("client-a"));
        if !media_type.is_empty() {
            call.set("Content-Type", media_type);
        }
        call
    }

    pub(super) fn json(path: &str, correlation: &str, body: &Value) -> Self {
        Self::new(Method::POST, path, correlation, "application/json", body.to_string().into_bytes())
    }

    pub(super) fn csv(path: &str, correlation: &str, body: &str) -> Self {
        Self::new(Method::POST, path, correlation, "text/csv; charset=utf-8", body.as_bytes().to_vec())
    }

    pub(super) fn get(path: &str) -> Self {
        Self::new(Method::GET, path, &run(999), "", Vec::new())
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.set(name, value);
        self
    }

    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| n != name);
        self
    }

    fn set(&mut self, name: &str, value: &str) {
        self.headers.retain(|(n, _)| n != name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }
}

/// A token as the gateway passes it on; nobody verifies it here.
pub(super) fn token(client: &str) -> String {
    let claims = URL_SAFE_NO_PAD.encode(json!({"azp": client}).to_string());
    format!("Bearer e30.{claims}.x")
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) location: Option<String>,
    pub(super) served_by: Option<String>,
    pub(super) correlation: Option<String>,
    pub(super) media_type: Option<String>,
    pub(super) text: String,
}

impl Got {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// Status and failure type.
    pub(super) fn failure(&self) -> (u16, String) {
        (self.status, self.json()["failureType"].as_str().unwrap_or_default().to_owned())
    }
}

/// A running service in its surroundings.
pub(super) struct Rig {
    pub(super) fake: Arc<Fake>,
    pub(super) clock: Clock,
    gateway: Origin,
    pub(super) service: Service,
    client: RestClient,
}

impl Rig {
    /// With accounts 0 to 9.
    pub(super) async fn start(defects: &[&str]) -> Arc<Self> {
        let accounts: Vec<String> = (0..10).map(account).collect();
        let fake = Fake::start(&accounts).await;
        let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").unwrap(), 50.0);
        let options = ServiceOptions {
            listen: "127.0.0.1:0".parse().unwrap(),
            gateway: Arc::new(OnceLock::from(fake.origin.clone())),
            token_endpoint: format!("{}/token", fake.origin),
            client_id: "service".to_owned(),
            client_secret: Secret::new("s3cret"),
            gateway_key: Secret::new("the-key"),
            dataverse: fake.origin.clone(),
            behind: Behind::default(),
            clock: clock.clone(),
            door: Door::loopback(),
            defects: defects.iter().map(|d| (*d).to_owned()).collect(),
        };
        let service = Service::start(options).await.unwrap();
        let gateway = fake.origin.clone();
        Arc::new(Self { fake, ..Self::around(service, gateway, clock) })
    }

    /// A caller of a service in other surroundings.
    pub(super) fn around(service: Service, gateway: Origin, clock: Clock) -> Self {
        let client = RestClient::new(&Door::loopback(), Duration::from_secs(20));
        Self { fake: Arc::new(Fake::nowhere()), clock, gateway, service, client }
    }

    pub(super) async fn send(&self, call: Call) -> Got {
        let url = format!("{}{}", self.service.origin(), call.path);
        let mut request = self.client.request(call.method, &url).unwrap();
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let response = request.body(call.body).send().await.unwrap();
        let text = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let (retry_after, location) = (text("retry-after"), text("location"));
        let (served_by, correlation) = (text("x-served-by"), text("x-correlation-id"));
        let media_type = text("content-type");
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        Got { status, retry_after, location, served_by, correlation, media_type, text }
    }

    /// Sends without waiting for the answer.
    pub(super) fn begin(self: &Arc<Self>, call: Call) -> tokio::task::JoinHandle<Got> {
        let rig = Arc::clone(self);
        tokio::spawn(async move { rig.send(call).await })
    }

    /// Asks for a job until it has ended.
    pub(super) async fn ended(&self, location: &str) -> Got {
        let path = location.strip_prefix(&self.gateway.to_string()).expect("at the gateway").to_owned();
        let asked = async {
            loop {
                let got = self.send(Call::get(&path)).await;
                if got.status != 202 {
                    return got;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), asked).await.expect("the job ends")
    }

    pub(super) fn effects(&self) -> usize {
        self.fake.effects().len()
    }

    pub(super) async fn stop(self: Arc<Self>) {
        if let Some(rig) = Arc::into_inner(self) {
            rig.service.stop().await;
        }
    }
}

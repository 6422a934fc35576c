//! Issuer, mock and a client, on real sockets.

use std::path::Path;
use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::super::{Dataverse, DataverseHandle, DataverseOptions, LedgerQuery, WaysIn};
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, RestClient};
use crate::observe::LedgerEntry;
use crate::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY};
use crate::stack::issuer::{Issuer, IssuerOptions, MintRequest};
use crate::wire::TokenKind;

/// Issuer and mock, and a client with the gateway's token.
pub(super) struct Rig {
    pub(super) issuer: Issuer,
    pub(super) dataverse: Dataverse,
    pub(super) client: RestClient,
    pub(super) token: String,
    pub(super) base: String,
    pub(super) clock: Clock,
}

/// An answer, taken apart.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Value,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    pub(super) fn error(&self) -> (u16, &str, &str) {
        let text = |name: &str| self.body["error"][name].as_str().unwrap_or_default();
        (self.status, text("code"), text("message"))
    }
}

pub(super) const NEVER: &str = "00000000-0000-4000-8000-000000000001";
pub(super) const RUN: &str = "11111111-1111-4111-8111-111111111111";

fn shipped() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/dataverse")
}

impl Rig {
    pub(super) async fn start(accept_ungoverned: bool) -> Self {
        let ways_in = if accept_ungoverned { WaysIn::ALL } else { WaysIn::GOVERNED };
        Self::start_in(&shipped(), ways_in).await
    }

    /// With the tables that are shipped, and these settings in place of those.
    pub(super) async fn protected(settings: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for entry in std::fs::read_dir(shipped()).expect("shipped").flatten() {
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("copied");
        }
        let environment = format!(
            "format: seamstress/dataverse-environment/1\nurl: https://org.crm.dynamics.example\n\
             organization_id: {NEVER}\nbusiness_unit_id: {NEVER}\n{settings}"
        );
        std::fs::write(folder.path().join("environment.yaml"), environment).expect("written");
        Self::start_in(folder.path(), WaysIn::ALL).await
    }

    /// With the shipped environment and this table alone.
    pub(super) async fn of_table(name: &str, text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::copy(shipped().join("environment.yaml"), folder.path().join("environment.yaml")).expect("copied");
        std::fs::write(folder.path().join(name), text).expect("written");
        Self::start_in(folder.path(), WaysIn::GOVERNED).await
    }

    async fn start_in(tables: &Path, ways_in: WaysIn) -> Self {
        let clock = Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 1.0);
        let listen = "127.0.0.1:0".parse().expect("valid");
        let options = IssuerOptions::shipped(listen, clock.clone());
        let issuer = Issuer::start(options).await.expect("starts");
        let tenant = issuer.tenant().clone();
        let (tables, ways_in) = (tables.to_owned(), Some(ways_in));
        let options = DataverseOptions { tables, listen, clock: clock.clone(), tenant, tls: None, ways_in };
        let dataverse = Dataverse::start(options).await.expect("starts");
        let base = format!("{}/api/data/v9.2", dataverse.origin());
        let client = RestClient::new(&Door::loopback(), Duration::from_secs(10));
        let mut rig = Self { issuer, dataverse, client, token: String::new(), base, clock };
        rig.token = rig.mint(GATEWAY_IDENTITY, DATAVERSE_RESOURCE, TokenKind::Good);
        rig
    }

    pub(super) fn mint(&self, client: &str, audience: &str, kind: TokenKind) -> String {
        let wanted = MintRequest { client: client.into(), audience: audience.into(), roles: Vec::new(), kind };
        self.issuer.tenant().mint(&wanted).expect("a token").token
    }

    pub(super) async fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> Result<Reply, reqwest::Error> {
        let method = Method::from_bytes(method.as_bytes()).expect("valid");
        let mut request = self.client.request(method, &format!("{}{path}", self.base)).expect("allowed");
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(&self.token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?;
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("JSON") };
        Ok(Reply { status, headers, body })
    }

    pub(super) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.try_send(method, path, headers, (!body.is_null()).then_some(body)).await.expect("answers")
    }

    /// Sends a batch with the boundary `batch_1`; gives the outer status.
    pub(super) async fn batch(&self, correlation: &str, body: &str) -> u16 {
        let request = self.client.request(Method::POST, &format!("{}/$batch", self.base)).expect("allowed");
        let request = request.bearer_auth(&self.token).header("x-correlation-id", correlation);
        let request = request.header("content-type", "multipart/mixed; boundary=batch_1").body(body.to_owned());
        request.send().await.expect("answers").status().as_u16()
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Value::Null).await
    }

    /// The media type and the text of an answer that is no JSON.
    pub(super) async fn text(&self, path: &str) -> (String, String) {
        let request = self.client.request(Method::GET, &format!("{}{path}", self.base)).expect("allowed");
        let answer = request.bearer_auth(&self.token).send().await.expect("answers");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        (kind, answer.text().await.expect("text"))
    }

    pub(super) fn handle(&self) -> &DataverseHandle {
        self.dataverse.handle()
    }

    pub(super) fn account(&self, n: usize) -> String {
        let (values, total) = self.handle().pool("accounts", "accountid", n, 1).expect("a pool");
        assert_eq!(total, 20_000);
        values[0].as_str().expect("text").to_owned()
    }

    pub(super) fn entries(&self) -> Vec<LedgerEntry> {
        self.handle().ledger(&LedgerQuery { limit: 1000, ..LedgerQuery::default() }).0
    }

    pub(super) async fn stop(self) {
        self.dataverse.stop().await;
        self.issuer.stop().await;
    }
}

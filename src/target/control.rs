//! The control surface of our stack, over HTTP.

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TargetError;
use crate::clock::Timestamp;
use crate::door::{Origin, RestClient};
use crate::generate::TokenKind;
use crate::observe::{CallTrace, GatewayRow, LedgerEntry, ReadEntry, ReceivedCall, RecordedTraces};
use crate::wire::{Fault, Secret};

/// Reads and steers our stack: ledger, rows, faults, tokens, clock, pools.
#[derive(Clone, Debug)]
pub struct Control {
    origin: Origin,
    client: RestClient,
    dataverse: Option<Origin>,
}

/// Which entries of the ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerQuery {
    /// Entries after this sequence number.
    pub since: u64,
    /// Entries that carry one of these correlation IDs; with `keys`, either.
    pub correlations: Vec<String>,
    /// Entries of rows with one of these keys.
    pub keys: Vec<String>,
}

/// What the stack's clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct ShownClock {
    /// Now.
    pub now: Timestamp,
    /// How fast it runs.
    pub scale: f64,
}

#[derive(Deserialize)]
struct LedgerPage {
    entries: Vec<LedgerEntry>,
    next: u64,
    #[serde(default)]
    effects: u64,
}

#[derive(Deserialize)]
struct ReadPage {
    reads: Vec<ReadEntry>,
    next: u64,
}

#[derive(Deserialize)]
struct RowPage {
    rows: Vec<GatewayRow>,
    next: u64,
}

#[derive(Deserialize)]
struct TracePage {
    calls: Vec<CallTrace>,
}

#[derive(Deserialize)]
struct Received {
    calls: Vec<ReceivedCall>,
}

/// A fault that is armed, and what it did so far.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct FaultState {
    /// The number to disarm it by.
    pub id: u64,
    /// The fault.
    pub fault: Fault,
    /// How many requests matched its filters.
    pub matched: u64,
    /// How many of them it hit.
    pub hits: u64,
}

#[derive(Deserialize)]
struct FaultPage {
    faults: Vec<FaultState>,
}

#[derive(Deserialize)]
struct Armed {
    id: u64,
}

#[derive(Deserialize)]
struct Minted {
    token: String,
    expires_in: u64,
}

#[derive(Deserialize)]
struct PoolPage {
    values: Vec<Value>,
}

impl Control {
    /// At an address.
    pub fn new(origin: Origin, client: RestClient) -> Self {
        Self { origin, client, dataverse: None }
    }

    /// Where it is.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The same, with the Dataverse that stands behind it: a flow of a scenario
    /// writes there.
    #[must_use]
    pub fn with_dataverse(self, dataverse: Option<Origin>) -> Self {
        Self { dataverse, ..self }
    }

    /// Where the mocked Dataverse stands, if that is known.
    pub fn dataverse(&self) -> Option<&Origin> {
        self.dataverse.as_ref()
    }

    /// Answers once the stack is up.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn health(&self) -> Result<(), TargetError> {
        self.call::<Value>(Method::GET, "/health", None).await.map(drop)
    }

    /// Entries of the ledger, all pages.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger(&self, query: &LedgerQuery) -> Result<Vec<LedgerEntry>, TargetError> {
        let mut found = Vec::new();
        self.each_ledger_page(query, |entries| found.extend(entries)).await?;
        Ok(found)
    }

    /// The same, page by page: a whole run's ledger is large.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn each_ledger_page(
        &self,
        query: &LedgerQuery,
        mut take: impl FnMut(Vec<LedgerEntry>),
    ) -> Result<(), TargetError> {
        let mut since = query.since;
        loop {
            let filters = form(&[("correlation", &query.correlations.join(",")), ("key", &query.keys.join(","))]);
            let page: LedgerPage =
                self.call(Method::GET, &format!("/ledger?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.entries.len();
            since = page.next;
            take(page.entries);
            if count < PAGE {
                return Ok(());
            }
        }
    }

    /// One page of the whole ledger after a number, the number to go on from,
    /// and whether there is more already.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger_page(&self, since: u64) -> Result<(Vec<LedgerEntry>, u64, bool), TargetError> {
        let page: LedgerPage = self.call(Method::GET, &format!("/ledger?since={since}&limit={PAGE}"), None).await?;
        let more = page.entries.len() >= PAGE;
        Ok((page.entries, page.next, more))
    }

    /// What was read from Dataverse after a number, all pages, and the number to
    /// go on from. Without correlation IDs, all of it.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn reads(&self, since: u64, correlations: &[String]) -> Result<(Vec<ReadEntry>, u64), TargetError> {
        let (mut found, mut since) = (Vec::new(), since);
        loop {
            let filters = form(&[("correlation", &correlations.join(","))]);
            let page: ReadPage =
                self.call(Method::GET, &format!("/reads?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.reads.len();
            since = page.next;
            found.extend(page.reads);
            if count < PAGE {
                return Ok((found, since));
            }
        }
    }

    /// One page of all rows after a number, the number to go on from, and
    /// whether there is more already.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn row_page(&self, since: u64) -> Result<(Vec<GatewayRow>, u64, bool), TargetError> {
        let page: RowPage = self.call(Method::GET, &format!("/rows?since={since}&limit={PAGE}"), None).await?;
        let more = page.rows.len() >= PAGE;
        Ok((page.rows, page.next, more))
    }

    /// The number of the ledger's last entry.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn ledger_end(&self) -> Result<u64, TargetError> {
        let page: LedgerPage =
            self.call(Method::GET, &format!("/ledger?since={}&limit=1", u64::MAX >> 1), None).await?;
        Ok(page.next)
    }

    /// How many effects the ledger has seen, also those that it has forgotten.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn effects(&self) -> Result<u64, TargetError> {
        let page: LedgerPage =
            self.call(Method::GET, &format!("/ledger?since={}&limit=1", u64::MAX >> 1), None).await?;
        Ok(page.effects)
    }

    /// The gateway's rows after a number, all pages, and the number to go on
    /// from. Without correlation IDs, all of them.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn rows(&self, since: u64, correlations: &[String]) -> Result<(Vec<GatewayRow>, u64), TargetError> {
        let mut found = Vec::new();
        let next = self.each_row_page(since, correlations, |rows| found.extend(rows)).await?;
        Ok((found, next))
    }

    /// The same, page by page: a whole run has a hundred thousand rows.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn each_row_page(
        &self,
        since: u64,
        correlations: &[String],
        mut take: impl FnMut(Vec<GatewayRow>),
    ) -> Result<u64, TargetError> {
        let mut since = since;
        loop {
            let filters = form(&[("correlation", &correlations.join(","))]);
            let page: RowPage =
                self.call(Method::GET, &format!("/rows?since={since}&limit={PAGE}{filters}"), None).await?;
            let count = page.rows.len();
            since = page.next;
            take(page.rows);
            if count < PAGE {
                return Ok(since);
            }
        }
    }

    /// What the gateway did with the calls that carry this correlation ID, as
    /// far as it still knows, the newest last.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn traces(&self, correlation: &str) -> Result<Vec<CallTrace>, TargetError> {
        let filter = form(&[("correlation", correlation)]);
        let page: TracePage = self.call(Method::GET, &format!("/traces?limit=20{filter}"), None).await?;
        Ok(page.calls)
    }

    /// What the gateway did with each call since it was started, from a
    /// position on.
    ///
    /// # Errors
    /// The surface does not answer, or nothing is recorded there.
    pub async fn recorded_traces(&self, since: u64) -> Result<RecordedTraces, TargetError> {
        self.call(Method::GET, &format!("/traces/recorded?since={since}"), None).await
    }

    /// Arms a fault; gives the number to disarm it by.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn arm(&self, fault: &Fault) -> Result<u64, TargetError> {
        let armed: Armed = self.call(Method::POST, "/faults", Some(json!(fault))).await?;
        Ok(armed.id)
    }

    /// The faults that are armed, with what they did.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn faults(&self) -> Result<Vec<FaultState>, TargetError> {
        let page: FaultPage = self.call(Method::GET, "/faults", None).await?;
        Ok(page.faults)
    }

    /// Disarms a fault.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn disarm(&self, id: u64) -> Result<(), TargetError> {
        self.call::<Value>(Method::DELETE, &format!("/faults/{id}"), None).await.map(drop)
    }

    /// A token for a client; gives it with its lifetime in seconds. `kind` is
    /// `None` for a good one.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn mint(&self, wanted: &MintRequest<'_>) -> Result<(Secret, u64), TargetError> {
        let minted: Minted = self.call(Method::POST, "/mint", Some(json!(wanted))).await?;
        Ok((Secret::new(minted.token), minted.expires_in))
    }

    /// What the shared clock shows there.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn clock(&self) -> Result<ShownClock, TargetError> {
        self.call(Method::GET, "/clock", None).await
    }

    /// Moves the shared clock there forward; parts of a second are rounded up.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn jump(&self, by: std::time::Duration) -> Result<(), TargetError> {
        let seconds = by.as_secs_f64().ceil() as u64;
        self.call::<Value>(Method::POST, "/clock/jump", Some(json!({ "seconds": seconds }))).await.map(drop)
    }

    /// What the flow's trigger received that names one of these IDs.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn callbacks(&self, ids: &[String]) -> Result<Vec<ReceivedCall>, TargetError> {
        let received: Received = self.call(Method::GET, &format!("/callbacks?id={}", ids.join(",")), None).await?;
        Ok(received.calls)
    }

    /// The service dies and comes up again; returns once it listens.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn restart(&self) -> Result<(), TargetError> {
        self.call::<Value>(Method::POST, "/restart", Some(json!({ "tier": "service" }))).await.map(drop)
    }

    /// Values of a column of a table of the mocked Dataverse.
    ///
    /// # Errors
    /// The surface does not answer.
    pub async fn pool(&self, table: &str, column: &str) -> Result<Vec<Value>, TargetError> {
        let page: PoolPage =
            self.call(Method::GET, &format!("/pool/{table}/{column}?offset=0&limit=100000"), None).await?;
        Ok(page.values)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<T, TargetError> {
        let url = format!("{}{path}", self.origin);
        let unreachable =
            |detail: String| TargetError::Unreachable { what: "the control surface", at: url.clone(), detail };
        let mut request = self.client.request(method, &url).map_err(|e| unreachable(e.to_string()))?;
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|e| unreachable(chain(&e)))?;
        let status = answer.status();
        let content = answer.bytes().await.map_err(|e| unreachable(chain(&e)))?;
        if !status.is_success() {
            return Err(TargetError::Unexpected {
                what: "the control surface",
                at: url,
                detail: format!("{status}: {}", String::from_utf8_lossy(&content)),
            });
        }
        serde_json::from_slice(if content.is_empty() { b"null" } else { &content }).map_err(|e| {
            TargetError::Unexpected {
                what: "the control surface",
                at: url.clone(),
                detail: format!("something that is not what was asked for: {e}"),
            }
        })
    }
}

/// What token is wanted.
#[derive(Clone, Debug, Serialize)]
pub struct MintRequest<'a> {
    /// The client's name or application id.
    pub client: &'a str,
    /// `aud`.
    pub audience: &'a str,
    /// `roles`.
    pub roles: &'a [String],
    /// Good, or what is wrong with it.
    pub kind: TokenKind,
}

/// Entries asked for at once.
const PAGE: usize = 1000;

fn form(filters: &[(&str, &str)]) -> String {
    let given = filters.iter().filter(|(_, value)| !value.is_empty());
    given.fold(String::new(), |form, (name, value)| form + "&" + name + "=" + value)
}

/// An error with its causes: `reqwest` hides the telling one.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

//! The service's way to Dataverse: through the gateway's `data` API, with a
//! token of its own, bounded retries, and writes that can be sent again.
//!
//! A write carries a condition (`If-Match` with an ETag, or `If-None-Match: *`),
//! so the second attempt after a lost answer can't take effect twice: it gets
//! 412, and the row then says whose write it was. For that to be told apart
//! from somebody else's, writers of one record take turns.

use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::Full;
use serde_json::{Map, Value};

use super::defect::{Defect, Defects};
use super::link::{Link, Lost, Reply};
use super::token::Tokens;
use crate::clock::{Clock, Timestamp};
use crate::door::Origin;
use crate::wire::Secret;

/// How often one request is sent at most.
const ATTEMPTS: u32 = 4;
/// A `Retry-After` beyond this many seconds is passed on to the caller.
const LONGEST_WAIT: u64 = 5;
/// The first wait where Dataverse names none; doubles.
const BACKOFF: Duration = Duration::from_millis(250);
/// How many groups of records take turns, each among itself.
const TURNS: usize = 4096;
/// Where the Web API lies, at Dataverse itself.
const WEB_API: &str = "/api/data/v9.2/";

/// On whose behalf, and how long it may take.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    /// The caller's correlation ID as it was sent.
    pub(super) correlation: Arc<str>,
    /// The step of the run.
    pub(super) step: Option<Arc<str>>,
    /// No retry begins after this instant.
    pub(super) until: Timestamp,
}

/// A row as it was read.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its version.
    pub(super) etag: String,
    /// Its columns.
    pub(super) columns: Map<String, Value>,
}

/// Why Dataverse did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Trouble {
    /// It can't now; worth another call after so many seconds.
    #[error("Dataverse is not available")]
    Unavailable {
        /// Seconds, at least 1.
        retry_after: u64,
    },
    /// There is no such row.
    #[error("the row does not exist")]
    Gone,
    /// It refuses the request as such.
    #[error("Dataverse refused with {0}")]
    Refused(u16),
}

/// A write that was given up, and whether it may have taken effect unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GivenUp {
    /// Why.
    pub(super) trouble: Trouble,
    /// An answer was lost on the way.
    pub(super) maybe_done: bool,
}

/// What is to be written where.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// The table's collection name.
    pub(super) table: &'static str,
    /// The key, as it stands between the parentheses.
    pub(super) key: String,
    /// The columns, without the marks of the call.
    pub(super) columns: Map<String, Value>,
    /// Whether the table has a column for the step.
    pub(super) has_step: bool,
}

/// Under which condition a row is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Condition {
    /// It is read first.
    Unread,
    /// It has this version.
    Version(String),
    /// It does not exist.
    Absent,
}

/// What came of a write.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// It stands, once.
    Done,
    /// It was to be created and exists.
    Exists(Row),
}

enum Verdict {
    Settled(Reply),
    Again { wait: Option<u64>, maybe_done: bool },
}

/// The client.
#[derive(Debug)]
pub(super) struct Dataverse {
    pub(super) link: Link,
    pub(super) gateway: Arc<OnceLock<Origin>>,
    pub(super) tokens: Tokens,
    pub(super) around: Option<Around>,
    pub(super) clock: Clock,
    pub(super) defects: Defects,
    pub(super) turns: Turns,
}

/// The forbidden shortcut, for the defect that takes it.
#[derive(Debug)]
pub(super) struct Around {
    pub(super) link: Link,
    pub(super) origin: Origin,
    pub(super) tokens: Tokens,
}

/// Locks by which writers of one record take turns. Records share a lock by
/// chance; a holder never waits for a second one, so nobody waits for ever.
#[derive(Debug)]
pub(super) struct Turns {
    locks: Vec<tokio::sync::Mutex<()>>,
    hasher: std::hash::RandomState,
}

impl Turns {
    pub(super) fn new() -> Self {
        let locks = (0..TURNS).map(|_| tokio::sync::Mutex::new(())).collect();
        Self { locks, hasher: std::hash::RandomState::new() }
    }

    async fn take(&self, target: &Target) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(target.table.as_bytes());
        hasher.write(target.key.as_bytes());
        self.locks[hasher.finish() as usize % TURNS].lock().await
    }
}

/// One request, without address and token.
struct Ask {
    method: Method,
    path: String,
    condition: Option<(header::HeaderName, String)>,
    body: Option<Bytes>,
}

impl Dataverse {
    /// Reads some columns of a row; `None` where it does not exist.
    pub(super) async fn read(
        &self,
        errand: &Errand,
        table: &str,
        key: &str,
        select: &str,
    ) -> Result<Option<Row>, Trouble> {
        let ask =
            Ask { method: Method::GET, path: format!("{table}({key})?$select={select}"), condition: None, body: None };
        let mut attempt = 1;
        loop {
            match self.attempt(errand, &ask).await? {
                Verdict::Settled(reply) if reply.status == 200 => return row(&reply).map(Some),
                Verdict::Settled(reply) if reply.status == 404 => return Ok(None),
                Verdict::Settled(reply) => return Err(Trouble::Refused(reply.status)),
                Verdict::Again { wait, .. } => self.pause(errand, &mut attempt, wait).await?,
            }
        }
    }

    /// Writes a row once. `maybe_done` says that an earlier try may have taken
    /// effect: then the row is asked first.
    pub(super) async fn write(
        &self,
        errand: &Errand,
        target: &Target,
        condition: Condition,
        maybe_done: bool,
    ) -> Result<Written, GivenUp> {
        let _turn = self.turns.take(target).await;
        let columns = self.marked(errand, target);
        let mut write = Write { target, columns, condition, maybe_done };
        let mut attempt = 1;
        loop {
            match self.step(errand, &mut write, &mut attempt).await {
                Ok(None) => {}
                Ok(Some(written)) => return Ok(written),
                Err(trouble) => return Err(GivenUp { trouble, maybe_done: write.maybe_done }),
            }
        }
    }

    /// One round: look where needed, send, and judge. `None`: another round.
    async fn step(
        &self,
        errand: &Errand,
        write: &mut Write<'_>,
        attempt: &mut u32,
    ) -> Result<Option<Written>, Trouble> {
        if write.condition == Condition::Unread || (*attempt == 1 && write.maybe_done) {
            match self.look(errand, write).await? {
                Some(row) if write.maybe_done && write.is_ours(&row) => return Ok(Some(Written::Done)),
                Some(row) if write.condition == Condition::Absent => return Ok(Some(Written::Exists(row))),
                Some(row) => write.condition = Condition::Version(row.etag),
                None if write.condition == Condition::Absent => {}
                None => return Err(Trouble::Gone),
            }
        }
        match self.attempt(errand, &write.ask()).await? {
            Verdict::Settled(reply) if (200..300).contains(&reply.status) => Ok(Some(Written::Done)),
            Verdict::Settled(reply) if reply.status == 412 => self.mismatch(errand, write, attempt).await,
            Verdict::Settled(reply) if reply.status == 404 => Err(Trouble::Gone),
            Verdict::Settled(reply) => Err(Trouble::Refused(reply.status)),
            Verdict::Again { wait, maybe_done } => {
                write.maybe_done |= maybe_done;
                self.pause(errand, attempt, wait).await?;
                Ok(None)
            }
        }
    }

    /// The condition did not hold: our own lost write, or somebody else's.
    async fn mismatch(
        &self,
        errand: &Errand,
        write: &mut Write<'_>,
        attempt: &mut u32,
    ) -> Result<Option<Written>, Trouble> {
        let Some(row) = self.look(errand, write).await? else {
            return if write.condition == Condition::Absent {
                self.pause(errand, attempt, None).await.map(|()| None)
            } else {
                Err(Trouble::Gone)
            };
        };
        if write.maybe_done && write.is_ours(&row) {
            return Ok(Some(Written::Done));
        }
        if write.condition == Condition::Absent {
            return Ok(Some(Written::Exists(row)));
        }
        write.condition = Condition::Version(row.etag);
        *attempt += 1;
        if *attempt > ATTEMPTS * 2 { Err(Trouble::Unavailable { retry_after: 1 }) } else { Ok(None) }
    }

    async fn look(&self, errand: &Errand, write: &Write<'_>) -> Result<Option<Row>, Trouble> {
        let select: Vec<&str> = write.columns.keys().map(String::as_str).collect();
        self.read(errand, write.target.table, &write.target.key, &select.join(",")).await
    }

    /// The columns with the marks by which a write is recognised.
    fn marked(&self, errand: &Errand, target: &Target) -> Map<String, Value> {
        let mut columns = target.columns.clone();
        if self.defects.has(Defect::CorrelationDropped) {
            return columns;
        }
        columns.insert("new_correlationid".to_owned(), errand.correlation.as_ref().into());
        if target.has_step {
            columns.insert("new_step".to_owned(), errand.step.as_deref().map_or(Value::Null, Into::into));
        }
        columns
    }

    /// Waits for the next attempt, or gives up.
    async fn pause(&self, errand: &Errand, attempt: &mut u32, asked: Option<u64>) -> Result<(), Trouble> {
        let given_up = Trouble::Unavailable { retry_after: asked.unwrap_or(1).max(1) };
        let wait = asked.map_or(BACKOFF * 2_u32.saturating_pow((*attempt).min(8) - 1), Duration::from_secs);
        let too_long = asked.is_some_and(|s| s > LONGEST_WAIT) || self.clock.now().plus(wait) > errand.until;
        if *attempt >= ATTEMPTS || too_long {
            return Err(given_up);
        }
        *attempt += 1;
        self.clock.sleep(wait).await;
        Ok(())
    }

    /// Sends a request once.
    async fn attempt(&self, errand: &Errand, ask: &Ask) -> Result<Verdict, Trouble> {
        if let Some(reply) = self.shortcut(errand, ask).await {
            return self.judge(Ok(reply));
        }
        let (Some(origin), Ok(token)) = (self.gateway.get(), self.tokens.get().await) else {
            return Ok(Verdict::Again { wait: None, maybe_done: false });
        };
        let request = self.request(errand, ask, origin, &token);
        let outcome = self.link.exchange(origin, request).await;
        if outcome.as_ref().is_ok_and(|reply| reply.status == 401) {
            self.tokens.refused(&token);
            return Ok(Verdict::Again { wait: None, maybe_done: false });
        }
        self.judge(outcome)
    }

    fn judge(&self, outcome: Result<Reply, Lost>) -> Result<Verdict, Trouble> {
        let Ok(reply) = outcome else {
            return Ok(Verdict::Again { wait: None, maybe_done: true });
        };
        let wait = self.retry_after(&reply.headers);
        match (reply.status, wait) {
            (429, _) => Ok(Verdict::Again { wait, maybe_done: false }),
            // Who answers so may have passed the write on before.
            (408 | 500 | 502 | 503 | 504, _) => Ok(Verdict::Again { wait, maybe_done: true }),
            // A quota of the gateway: no retry of ours helps.
            (403, Some(seconds)) => Err(Trouble::Unavailable { retry_after: seconds.max(1) }),
            _ => Ok(Verdict::Settled(reply)),
        }
    }

    /// `Retry-After` in seconds, in either form (RFC 9110 §10.2.3).
    fn retry_after(&self, headers: &HeaderMap) -> Option<u64> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        text.parse().ok().or_else(|| {
            let left = Timestamp::parse_http_date(text)?.since(self.clock.now());
            Some(left.as_millis().div_ceil(1000) as u64)
        })
    }

    fn request(&self, errand: &Errand, ask: &Ask, origin: &Origin, token: &Secret) -> Request<Full<Bytes>> {
        let dropped = self.defects.has(Defect::CorrelationDropped);
        let correlation =
            if dropped { uuid::Uuid::new_v4().to_string() } else { errand.correlation.as_ref().to_owned() };
        let mut request = ask.begin(origin, &format!("/data{WEB_API}"), token).header("X-Correlation-Id", correlation);
        if let Some((name, value)) = &ask.condition {
            request = request.header(name, value);
        }
        request.body(Full::new(ask.body.clone().unwrap_or_default())).expect("its parts are valid header text")
    }

    /// The defect that calls Dataverse itself. What Dataverse refuses goes the
    /// governed way after all, so that the work gets done.
    async fn shortcut(&self, errand: &Errand, ask: &Ask) -> Option<Reply> {
        let around = self.around.as_ref().filter(|_| ask.method == Method::PATCH)?;
        let token = match around.tokens.get().await {
            Ok(token) => token,
            Err(_) => self.tokens.get().await.ok()?,
        };
        let mut request = ask.begin(&around.origin, WEB_API, &token);
        request = request.header("X-Correlation-Id", errand.correlation.as_ref());
        if let Some((name, value)) = &ask.condition {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(ask.body.clone().unwrap_or_default())).ok()?;
        let reply = around.link.exchange(&around.origin, request).await.ok()?;
        (!matches!(reply.status, 401 | 403)).then_some(reply)
    }
}

impl Ask {
    fn begin(&self, origin: &Origin, base: &str, token: &Secret) -> http::request::Builder {
        let request = Request::builder()
            .method(self.method.clone())
            .uri(format!("{base}{}", self.path))
            .header(header::HOST, origin.authority())
            .header(header::AUTHORIZATION, format!("Bearer {}", token.expose()))
            .header(header::ACCEPT, "application/json")
            .header(header::USER_AGENT, "seamstress-service")
            .header("OData-Version", "4.0")
            .header("OData-MaxVersion", "4.0");
        if self.body.is_some() { request.header(header::CONTENT_TYPE, "application/json") } else { request }
    }
}

/// A write on its way.
struct Write<'a> {
    target: &'a Target,
    columns: Map<String, Value>,
    condition: Condition,
    maybe_done: bool,
}

impl Write<'_> {
    fn ask(&self) -> Ask {
        let condition = match &self.condition {
            Condition::Version(etag) => Some((header::IF_MATCH, etag.clone())),
            Condition::Absent => Some((header::IF_NONE_MATCH, "*".to_owned())),
            Condition::Unread => None,
        };
        let body = serde_json::to_vec(&self.columns).expect("columns have text keys").into();
        Ask {
            method: Method::PATCH,
            path: format!("{}({})", self.target.table, self.target.key),
            condition,
            body: Some(body),
        }
    }

    /// Whether the row holds what this write would leave behind.
    fn is_ours(&self, row: &Row) -> bool {
        self.columns.contains_key("new_correlationid")
            && self.columns.iter().all(|(name, value)| same(row.columns.get(name).unwrap_or(&Value::Null), value))
    }
}

/// Equal values: numbers by their amount, for a decimal column answers `5.0`
/// where 5 was written.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => left == right,
    }
}

fn row(reply: &Reply) -> Result<Row, Trouble> {
    let Ok(Value::Object(columns)) = serde_json::from_slice(&reply.body) else {
        return Err(Trouble::Refused(reply.status));
    };
    let stated = columns.get("@odata.etag").and_then(Value::as_str).map(str::to_owned);
    let header = || reply.headers.get(header::ETAG)?.to_str().ok().map(str::to_owned);
    let etag = stated.or_else(header).ok_or(Trouble::Refused(reply.status))?;
    Ok(Row { etag, columns })
}

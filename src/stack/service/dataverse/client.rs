//! Reading rows, and sending one request with patience.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::Full;
use serde_json::{Map, Value};

use super::super::defect::{Defect, Defects};
use super::super::link::{Link, Lost, Reply};
use super::super::standstill::Standstill;
use super::super::token::Tokens;
use super::Turns;
use super::overwrite::Remembered;
use super::pace::Pace;
use super::patience::Tries;
use crate::clock::{Clock, Timestamp};
use crate::door::Origin;
use crate::wire::Secret;

/// Where the Web API lies, at Dataverse itself.
pub(super) const WEB_API: &str = "/api/data/v9.2/";

/// On whose behalf, and how long it may take.
#[derive(Clone, Debug)]
pub(in super::super) struct Errand {
    /// The caller's correlation ID as it was sent.
    pub(in super::super) correlation: Arc<str>,
    /// The step of the run.
    pub(in super::super) step: Option<Arc<str>>,
    /// No retry begins after this instant.
    pub(in super::super) until: Timestamp,
    /// Sends everything at once, whatever Dataverse suggests: a defect.
    pub(in super::super) hurried: bool,
    /// With the service's own identity instead of through the gateway.
    pub(in super::super) direct: bool,
}

/// A row as it was read.
#[derive(Clone, Debug)]
pub(in super::super) struct Row {
    /// Its version.
    pub(in super::super) etag: String,
    /// Its columns.
    pub(in super::super) columns: Map<String, Value>,
}

/// Why Dataverse did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in super::super) enum Trouble {
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

/// What one attempt came to.
pub(super) enum Verdict {
    Settled(Reply),
    Again { wait: Option<u64>, maybe_done: bool },
}

/// The client.
#[derive(Debug)]
pub(in super::super) struct Dataverse {
    pub(in super::super) link: Link,
    pub(in super::super) gateway: Arc<OnceLock<Origin>>,
    pub(in super::super) tokens: Tokens,
    pub(in super::super) around: Around,
    pub(in super::super) clock: Clock,
    pub(in super::super) defects: Defects,
    pub(in super::super) turns: Turns,
    pub(in super::super) pace: Pace,
    pub(in super::super) remembered: Remembered,
    pub(in super::super) standstill: Arc<Standstill>,
    /// How many writes there were, for the defects that count.
    pub(in super::super) written: AtomicU64,
}

/// The way past the gateway: for what promises it, and the shortcut of those
/// defects that take it elsewhere.
#[derive(Debug)]
pub(in super::super) struct Around {
    pub(in super::super) link: Link,
    pub(in super::super) origin: Origin,
    pub(in super::super) tokens: Tokens,
}

/// One request, without address and token.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    /// Its condition, and whatever else is not sent with every request.
    pub(super) fields: Vec<(header::HeaderName, String)>,
    pub(super) body: Option<Bytes>,
    /// Whether it was sent before.
    pub(super) again: bool,
}

impl Dataverse {
    /// Reads some columns of a row; `None` where it does not exist.
    pub(in super::super) async fn read(
        &self,
        errand: &Errand,
        table: &str,
        key: &str,
        select: &str,
    ) -> Result<Option<Row>, Trouble> {
        let select = self.selected(table, select);
        let ask = Ask {
            method: Method::GET,
            path: self.readable(table, key, select),
            fields: Vec::new(),
            body: None,
            again: false,
        };
        let mut tries = Tries::default();
        loop {
            match self.attempt(errand, &ask).await? {
                Verdict::Settled(reply) if reply.status == 200 => {
                    let row = row(&reply)?;
                    self.remember(table, key, &row);
                    return Ok(Some(row));
                }
                Verdict::Settled(reply) if reply.status == 404 => return Ok(None),
                Verdict::Settled(reply) => return Err(Trouble::Refused(reply.status)),
                Verdict::Again { wait, .. } => self.pause(errand, table, &mut tries, wait).await?,
            }
        }
    }

    /// Sends a request once.
    pub(super) async fn attempt(&self, errand: &Errand, ask: &Ask) -> Result<Verdict, Trouble> {
        match self.send(errand, ask).await {
            Some(outcome) => self.judge(outcome),
            None => Ok(Verdict::Again { wait: None, maybe_done: false }),
        }
    }

    /// Sends a request once; `None` where nobody took it, for want of a token.
    pub(super) async fn send(&self, errand: &Errand, ask: &Ask) -> Option<Result<Reply, Lost>> {
        let _held = self.standstill.hold(&self.defects).await;
        if errand.direct {
            return self.send_directly(errand, ask).await;
        }
        if let Some(reply) = self.shortcut(errand, ask).await {
            return Some(Ok(reply));
        }
        let (origin, token) = (self.gateway.get()?, self.tokens.get().await.ok()?);
        let request = self.request(errand, ask, origin, &token);
        let _going = if errand.hurried { None } else { self.pace.take().await };
        let outcome = self.link.exchange(origin, request).await;
        if let Ok(reply) = &outcome {
            self.pace.heed(&reply.headers);
        }
        if outcome.as_ref().is_ok_and(|reply| reply.status == 401) {
            self.tokens.refused(&token);
            return None;
        }
        Some(outcome)
    }

    /// Sends a request once, past the gateway.
    async fn send_directly(&self, errand: &Errand, ask: &Ask) -> Option<Result<Reply, Lost>> {
        let token = self.around.tokens.get().await.ok()?;
        let request = self.around.request(errand, ask, &token)?;
        let _going = if errand.hurried { None } else { self.pace.take().await };
        let outcome = self.around.link.exchange(&self.around.origin, request).await;
        if let Ok(reply) = &outcome {
            self.pace.heed(&reply.headers);
            if reply.status == 401 {
                self.around.tokens.refused(&token);
                return None;
            }
        }
        Some(outcome)
    }

    /// Whether this is the tenth write, or another tenth one.
    pub(super) fn is_tenth(&self) -> bool {
        self.written.fetch_add(1, Ordering::Relaxed) % 10 == 9
    }

    /// What an outcome asks for.
    pub(super) fn judge(&self, outcome: Result<Reply, Lost>) -> Result<Verdict, Trouble> {
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
        let request = ask.begin(origin, &format!("/data{WEB_API}"), token).header("X-Correlation-Id", correlation);
        request.body(Full::new(ask.body.clone().unwrap_or_default())).expect("its parts are valid header text")
    }

    /// The defect that calls Dataverse itself. What Dataverse refuses goes the
    /// governed way after all, so that the work gets done.
    async fn shortcut(&self, errand: &Errand, ask: &Ask) -> Option<Reply> {
        if ask.method != Method::PATCH && ask.path != "$batch" {
            return None;
        }
        let counted = self.defects.has(Defect::OneWriteInTenAround);
        let retried = self.defects.has(Defect::AroundOnRetry) && ask.again;
        let taken = retried || self.defects.has(Defect::AroundTheGateway) || (counted && self.is_tenth());
        let around = taken.then_some(&self.around)?;
        let token = match around.tokens.get().await {
            Ok(token) => token,
            Err(_) => self.tokens.get().await.ok()?,
        };
        let request = around.request(errand, ask, &token)?;
        let reply = around.link.exchange(&around.origin, request).await.ok()?;
        (!matches!(reply.status, 401 | 403)).then_some(reply)
    }
}

impl Around {
    fn request(&self, errand: &Errand, ask: &Ask, token: &Secret) -> Option<Request<Full<Bytes>>> {
        let request = ask.begin(&self.origin, WEB_API, token);
        let request = request.header("X-Correlation-Id", errand.correlation.as_ref());
        request.body(Full::new(ask.body.clone().unwrap_or_default())).ok()
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
        let typed = self.fields.iter().any(|(name, _)| name == header::CONTENT_TYPE);
        let request = if self.body.is_some() && !typed {
            request.header(header::CONTENT_TYPE, "application/json")
        } else {
            request
        };
        self.fields.iter().fold(request, |request, (name, value)| request.header(name, value))
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

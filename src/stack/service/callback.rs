//! Telling the flow that a job has ended: once accepted never again, and until
//! then the same call again and again, for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::Full;
use serde_json::{Value, json};
use uuid::Uuid;

use super::call::Call;
use super::defect::{Defect, Defects};
use super::ledger::Place;
use super::link::Link;
use super::token::Tokens;
use crate::clock::Clock;
use crate::door::Origin;

/// How often one call is sent at most.
const ATTEMPTS: u32 = 7;
/// The first wait where the flow names none; doubles.
const BACKOFF: Duration = Duration::from_secs(1);
/// The longest wait that the flow can ask for, in seconds.
const LONGEST_WAIT: u64 = 60;

/// What takes so long, in real time, is taken for lost by a defect.
const SLOW: Duration = Duration::from_millis(100);

/// What is to be told, stored until it was accepted.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    job: Place,
    correlation: Arc<str>,
    content: Value,
    /// Where the request wanted it: read by a defect only.
    wanted: Option<String>,
    reply_to: Option<String>,
}

impl Letter {
    /// The end of a job that a call began.
    pub(super) fn new(job: Place, call: &Call, content: Value) -> Self {
        let (wanted, reply_to) = (call.callback.clone(), call.reply_to.clone());
        Self { job, correlation: Arc::clone(&call.correlation_text), content, wanted, reply_to }
    }
}

/// What was told and what is still to be told. It outlives a process.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<HashMap<Place, Option<Letter>>>);

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Option<Letter>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a letter, unless one about this job was stored before.
    pub(super) fn put(&self, letter: &Letter) -> bool {
        let mut letters = self.lock();
        if letters.contains_key(&letter.job) {
            return false;
        }
        letters.insert(letter.job.clone(), Some(letter.clone()));
        true
    }

    /// What was not accepted yet.
    pub(super) fn open(&self) -> Vec<Letter> {
        self.lock().values().flatten().cloned().collect()
    }

    fn close(&self, job: &Place) {
        self.lock().insert(job.clone(), None);
    }
}

/// What one attempt came to.
enum Sent {
    Accepted,
    Again(Option<u64>),
    Refused,
}

/// The way to the flow's trigger.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) link: Link,
    pub(super) origin: Origin,
    pub(super) path: String,
    pub(super) tokens: Tokens,
    /// Tokens of another audience, for the defect that sends those.
    pub(super) others: Tokens,
    pub(super) clock: Clock,
    pub(super) defects: Defects,
}

impl Caller {
    /// Sends a letter until it is accepted, or given up.
    pub(super) async fn deliver(&self, letter: &Letter, outbox: &Outbox) {
        for attempt in 1..=ATTEMPTS {
            let wait = match self.send(letter, attempt).await {
                Sent::Accepted => {
                    outbox.close(&letter.job);
                    if self.defects.has(Defect::CallbackResent) {
                        self.send(letter, 1).await;
                    }
                    return;
                }
                Sent::Refused => break,
                Sent::Again(wait) => wait,
            };
            let backoff = BACKOFF * 2_u32.pow(attempt - 1);
            self.clock.sleep(wait.map_or(backoff, |s| Duration::from_secs(s.min(LONGEST_WAIT)))).await;
        }
        outbox.close(&letter.job);
    }

    async fn send(&self, letter: &Letter, attempt: u32) -> Sent {
        let other = self.defects.has(Defect::CallbackForOtherAudience);
        let tokens = if other { &self.others } else { &self.tokens };
        let Ok(token) = tokens.get().await else { return Sent::Again(None) };
        let (origin, path) = self.address(letter);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, origin.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "seamstress-service");
        if !(attempt > 1 && self.defects.has(Defect::CallbackCorrelationLostOnResend)) {
            request = request.header("X-Correlation-Id", self.correlation(letter));
        }
        if !self.defects.has(Defect::CallbackWithoutToken) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let content = self.content(letter, attempt).to_string();
        let request = request.body(Full::new(Bytes::from(content))).expect("its parts are valid header text");
        let sent = Instant::now();
        let Ok(reply) = self.link.exchange(&origin, request).await else { return Sent::Again(None) };
        let asked = || reply.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok();
        let slow = self.defects.has(Defect::CallbackResentAfterSlow) && sent.elapsed() >= SLOW;
        match reply.status {
            200..=299 if slow && attempt == 1 => Sent::Again(None),
            200..=299 => Sent::Accepted,
            429 if self.defects.has(Defect::CallbackGivenUpOn429) => Sent::Refused,
            500..=599 if self.defects.has(Defect::CallbackNotResent) => Sent::Refused,
            429 | 500..=599 => Sent::Again(asked()),
            _ => {
                tokens.refused(&token);
                Sent::Refused
            }
        }
    }

    /// The configured address, whatever the request says.
    fn address(&self, letter: &Letter) -> (Origin, String) {
        let on = |defect, address: &Option<String>| address.clone().filter(|_| self.defects.has(defect));
        let wanted = on(Defect::CallbackAddressFromRequest, &letter.wanted)
            .or_else(|| on(Defect::CallbackToReplyTo, &letter.reply_to));
        if let Some(url) = wanted.and_then(|wanted| url::Url::parse(&wanted).ok())
            && let Some(origin) = Origin::parse(url.as_str())
        {
            return (origin, url.path().to_owned());
        }
        (self.origin.clone(), self.path.clone())
    }

    fn correlation(&self, letter: &Letter) -> String {
        let dropped = self.defects.has(Defect::CallbackCorrelationDropped);
        if dropped { Uuid::new_v4().to_string() } else { letter.correlation.as_ref().to_owned() }
    }

    fn content(&self, letter: &Letter, attempt: u32) -> Value {
        let mut content = letter.content.clone();
        if attempt > 1 && self.defects.has(Defect::CallbackOtherContent) {
            content["jobId"] = json!(Uuid::new_v4().to_string());
        }
        let updated = content["updated"].as_u64().unwrap_or_default();
        if attempt > 1 && self.defects.has(Defect::CallbackCountsAnew) {
            content["updated"] = json!(updated + 1);
        }
        if self.defects.has(Defect::CallbackCountAsText) && updated >= 2 {
            content["updated"] = json!(updated.to_string());
        }
        if self.defects.has(Defect::CallbackOffSchema) {
            content["status"] = json!("done");
        }
        content
    }
}

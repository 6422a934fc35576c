//! The way to the model: its own key, bounded retries, and no output that its
//! schema does not have.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::dataverse::Errand;
use super::super::link::Link;
use super::question::Question;
use crate::clock::Clock;
use crate::door::Origin;
use crate::wire::Secret;

/// How often the model is asked at most.
const ATTEMPTS: u32 = 3;
/// A `Retry-After` beyond this many seconds is passed on to the caller.
const LONGEST_WAIT: u64 = 5;
/// The first wait where the model names none; doubles.
const BACKOFF: Duration = Duration::from_millis(250);

/// What the model says, once it was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in super::super) struct Verdict {
    /// `approve`, `refer` or `decline`.
    pub(super) decision: Arc<str>,
    /// From 0 to 1.
    pub(super) confidence: f64,
    /// Why.
    pub(super) reason_code: Arc<str>,
    /// What it cost.
    usage: Usage,
}

/// Tokens of one call, as the model counts them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Usage {
    input_tokens: u32,
    output_tokens: u32,
}

impl Verdict {
    /// Whether the output is one that the model's schema has.
    fn keeps_its_schema(&self) -> bool {
        let reasons = match &*self.decision {
            "approve" => ["low_exposure", "good_history"],
            "refer" => ["evidence_missing", "large_change"],
            "decline" => ["high_exposure", "payment_default"],
            _ => return false,
        };
        reasons.contains(&&*self.reason_code) && (0.0..=1.0).contains(&self.confidence)
    }
}

/// Why there is no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoVerdict {
    /// The model can't now; worth another call after so many seconds.
    #[error("the model is not available")]
    Unavailable {
        /// Seconds, at least 1.
        retry_after: u64,
    },
    /// It answered, every time, what its schema does not have.
    #[error("the model's output breaks its schema")]
    OffSchema,
}

/// What one attempt came to.
enum Verdicts {
    Given(Verdict),
    Again { wait: Option<u64>, why: NoVerdict },
}

/// The client.
#[derive(Debug)]
pub(in super::super) struct ModelClient {
    pub(in super::super) link: Link,
    pub(in super::super) origin: Origin,
    pub(in super::super) key: Secret,
    pub(in super::super) clock: Clock,
    /// Takes whatever comes: a defect.
    pub(in super::super) unchecked: bool,
}

impl ModelClient {
    /// What a version of the model says to a question.
    pub(super) async fn ask(&self, errand: &Errand, question: &Question, model: &str) -> Result<Verdict, NoVerdict> {
        let mut attempt = 1;
        loop {
            let (asked, why) = match self.attempt(errand, question, model).await {
                Verdicts::Given(verdict) => return Ok(verdict),
                Verdicts::Again { wait, why } => (wait, why),
            };
            let wait = asked.map_or(BACKOFF * 2_u32.pow(attempt - 1), Duration::from_secs);
            let too_long = asked.is_some_and(|s| s > LONGEST_WAIT) || self.clock.now().plus(wait) > errand.until;
            if attempt >= ATTEMPTS || too_long {
                return Err(why);
            }
            attempt += 1;
            self.clock.sleep(wait).await;
        }
    }

    async fn attempt(&self, errand: &Errand, question: &Question, model: &str) -> Verdicts {
        let input = json!({ "prompt": question.prompt, "text": question.text, "features": question.features });
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/models/{model}/decisions"))
            .header(header::HOST, self.origin.authority())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, "seamstress-service")
            .header("api-key", self.key.expose())
            .header("X-Correlation-Id", errand.correlation.as_ref())
            .body(Full::new(Bytes::from(input.to_string())))
            .expect("its parts are valid header text");
        let unavailable = |wait: Option<u64>| Verdicts::Again {
            wait,
            why: NoVerdict::Unavailable { retry_after: wait.unwrap_or(1).max(1) },
        };
        let Ok(reply) = self.link.exchange(&self.origin, request).await else {
            return unavailable(None);
        };
        if reply.status != 200 {
            return unavailable(retry_after(&reply.headers));
        }
        match serde_json::from_slice::<Verdict>(&reply.body) {
            Ok(verdict) if self.unchecked || verdict.keeps_its_schema() => Verdicts::Given(verdict),
            _ => Verdicts::Again { wait: None, why: NoVerdict::OffSchema },
        }
    }
}

/// `Retry-After` in seconds.
fn retry_after(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

//! The trigger on its socket, and its ledger.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;

use super::super::StackError;
use super::super::fault::{FaultBoard, Subject};
use super::super::issuer::Tenant;
use super::super::listen::{Bound, Listening};
use super::door::refusal;
use super::received::Received;
use crate::clock::Clock;
use crate::door::Origin;
use crate::observe::ReceivedCall;
use crate::wire::{Downstream, FaultKind, FaultOperation};

/// The largest content that is read.
const LARGEST_BODY: usize = 256 << 10;

/// Where the flow waits.
const PATH: &str = "/triggers/job-ended";

/// What the trigger is started with.
#[derive(Clone, Debug)]
pub struct TriggerOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Whose tokens are accepted.
    pub tenant: Tenant,
    /// The shared clock.
    pub clock: Clock,
    /// What it does wrong.
    pub(in crate::stack) faults: FaultBoard,
}

/// A running trigger.
#[derive(Debug)]
#[must_use = "a trigger that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Trigger {
    handle: TriggerHandle,
    listening: Listening,
}

/// Reads what a trigger received. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct TriggerHandle(Arc<Mutex<Received>>);

/// The connection is reset on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
struct Reset;

impl Trigger {
    /// Listens.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(options: TriggerOptions) -> Result<Self, StackError> {
        let bound = Bound::at("trigger", options.listen).await?;
        let handle = TriggerHandle::default();
        let received = handle.clone();
        let listening = bound.serve(service_fn(move |request| serve(options.clone(), received.clone(), request)));
        Ok(Self { handle, listening })
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.listening.origin()
    }

    /// The path on which the flow waits.
    pub fn path(&self) -> &'static str {
        PATH
    }

    /// What reads it.
    pub fn handle(&self) -> &TriggerHandle {
        &self.handle
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.listening.stop().await;
    }
}

impl TriggerHandle {
    /// The calls that name one of these IDs, in a header field or in their
    /// content; all, without any.
    pub fn calls(&self, ids: &[String]) -> Vec<ReceivedCall> {
        let received = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        received.naming(ids)
    }

    fn enter(&self, call: ReceivedCall) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).enter(call);
    }
}

async fn serve(
    options: TriggerOptions,
    received: TriggerHandle,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Reset> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let body = body.unwrap_or_default();
    let now = options.clock.now();
    let token = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let refused = refusal(&options.tenant, token, now);
    let subject = Subject {
        tier: Downstream::Trigger,
        table: parts.uri.path(),
        method: parts.method.as_str(),
        operation: Some(FaultOperation::Action),
        principal: "",
        tag: None,
        headers: &parts.headers,
        now,
        part: false,
    };
    let hit = options.faults.hit(&subject);
    let (status, wait) = answer(&parts, refused.is_some(), hit.outcome.as_ref());
    received.enter(ReceivedCall {
        sequence: 0,
        at: now,
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        headers: fields(&parts),
        refused: refused.map(str::to_owned),
        body: String::from_utf8_lossy(&body).into_owned(),
        status,
        fault: hit.name.map(str::to_owned),
    });
    if !hit.delay.is_zero() {
        tokio::time::sleep(hit.delay).await;
    }
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(status.ok_or(Reset)?).expect("own statuses are valid");
    if let Some(seconds) = wait {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Status, or none where the answer is lost, and `Retry-After`.
fn answer(parts: &Parts, refused: bool, hit: Option<&FaultKind>) -> (Option<u16>, Option<u64>) {
    match hit {
        Some(FaultKind::Throttled { retry_after }) => (Some(429), Some(*retry_after)),
        Some(FaultKind::Unavailable) => (Some(503), None),
        Some(FaultKind::Reset | FaultKind::AnswerLost) => (None, None),
        Some(FaultKind::Error { error }) => (Some(error.status), error.retry_after),
        // The rest is of other tiers, and is not armed for this one.
        Some(_) | None => {
            let known = parts.method == Method::POST && parts.uri.path() == PATH;
            (
                Some(if !known {
                    404
                } else if refused {
                    401
                } else {
                    202
                }),
                None,
            )
        }
    }
}

fn fields(parts: &Parts) -> std::collections::BTreeMap<String, String> {
    let shown = parts.headers.iter().filter(|(name, _)| *name != header::AUTHORIZATION);
    shown
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

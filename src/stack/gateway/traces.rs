//! The last calls with what each policy did, for whoever looks.
//!
//! While a call runs, a step is noted as its statement and two instants; names
//! and places are written only when somebody reads them. Bounded: the oldest
//! calls go.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, StatusCode};
use uuid::Uuid;

use super::apis::{PublishedApi, PublishedOperation};
use super::call::Call;
use super::raised::Raised;
use crate::clock::Timestamp;
use crate::observe::{CallTrace, LastError, StepTrace};
use crate::policy::{Section, Statement};

/// How many calls are kept.
const KEPT: usize = 2000;

/// A policy that ran. There are some dozen in a call, and thousands of calls
/// are kept: it is small.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    statement: Arc<Statement>,
    /// What came of it, where it raised.
    raised: Option<Box<str>>,
    /// In microseconds after the call's first byte; stays at the last that
    /// fits, after an hour.
    began: u32,
    /// In microseconds.
    took: u32,
    section: Section,
}

/// The last calls. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct TraceLog(Arc<Mutex<Log>>);

#[derive(Debug, Default)]
struct Log {
    calls: u64,
    last: VecDeque<Kept>,
}

/// A call: what is known of it, without the steps written out.
#[derive(Debug)]
struct Kept {
    number: u64,
    id: Uuid,
    /// Path and query, then the `X-Correlation-Id`, which begins at `path`.
    text: Box<str>,
    path: usize,
    method: Method,
    arrived: Timestamp,
    api: Option<Arc<PublishedApi>>,
    operation: Option<Arc<PublishedOperation>>,
    status: Option<StatusCode>,
    took: Duration,
    backend: Duration,
    last_error: Option<Box<LastError>>,
    steps: Vec<Taken>,
}

impl Taken {
    /// A step, how long after the first byte of its call it began and ended, and
    /// what came of it.
    pub(super) fn new<T>(
        statement: &Arc<Statement>,
        section: Section,
        (began, ended): (Duration, Duration),
        came: &Result<T, Raised>,
    ) -> Self {
        Self {
            statement: Arc::clone(statement),
            section,
            began: micros(began),
            took: micros(ended.saturating_sub(began)),
            raised: came.as_ref().err().map(|raised| raised.message.as_str().into()),
        }
    }

    fn written(&self) -> StepTrace {
        StepTrace {
            policy: self.statement.policy.to_owned(),
            section: self.section.name().to_owned(),
            scope: self.statement.scope.name().to_owned(),
            path: self.statement.path.to_string(),
            place: self.statement.place.to_string(),
            began: self.began.into(),
            micros: self.took.into(),
            raised: self.raised.as_deref().unwrap_or_default().to_owned(),
        }
    }
}

impl TraceLog {
    /// No call yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a call that is through; `None`: its client has left.
    pub(super) fn keep(&self, call: &mut Call, status: Option<StatusCode>) {
        let mut kept = Kept::of(call, status);
        let mut log = self.log();
        log.calls += 1;
        kept.number = log.calls;
        let gone = (log.last.len() >= KEPT).then(|| log.last.pop_front());
        log.last.push_back(kept);
        drop(log);
        // Freed outside the lock.
        drop(gone);
    }

    /// Up to `limit` of the last calls after a number, the newest last; those
    /// with one of these `X-Correlation-Id`s (any, where there are none).
    pub fn last(&self, since: u64, correlations: &[String], limit: usize) -> Vec<CallTrace> {
        let log = self.log();
        let wanted = |kept: &&Kept| {
            kept.number > since
                && (correlations.is_empty()
                    || correlations.iter().any(|id| id.eq_ignore_ascii_case(kept.correlation())))
        };
        let mut found: Vec<CallTrace> = log.last.iter().rev().filter(wanted).take(limit).map(Kept::written).collect();
        drop(log);
        found.reverse();
        found
    }
}

impl Kept {
    fn of(call: &mut Call, status: Option<StatusCode>) -> Self {
        let steps = std::mem::take(&mut call.steps);
        let target = call.original.path_and_query().map_or("", PathAndQuery::as_str);
        let correlation = call.request_headers.get("x-correlation-id");
        let correlation = correlation.map_or(Cow::Borrowed(""), |id| String::from_utf8_lossy(id.as_bytes()));
        Self {
            number: 0,
            id: call.id,
            text: [target, &correlation].concat().into(),
            path: target.len(),
            method: call.method.clone(),
            arrived: call.arrived,
            api: call.api.clone(),
            operation: call.operation.clone(),
            status,
            took: call.began.elapsed(),
            backend: call.sent.time,
            last_error: call.last_error.clone().map(Box::new),
            steps,
        }
    }

    fn correlation(&self) -> &str {
        &self.text[self.path..]
    }

    fn written(&self) -> CallTrace {
        CallTrace {
            number: self.number,
            request_id: self.id.to_string(),
            correlation_id: self.correlation().to_owned(),
            arrived: self.arrived,
            method: self.method.to_string(),
            path: self.text[..self.path].to_owned(),
            api: self.api.as_ref().map(|api| api.id.clone()).unwrap_or_default(),
            operation: self.operation.as_ref().map(|operation| operation.id.to_string()).unwrap_or_default(),
            status: self.status.map_or(0, |status| status.as_u16()),
            micros: self.took.as_micros() as u64,
            backend_micros: self.backend.as_micros() as u64,
            last_error: self.last_error.as_deref().cloned(),
            steps: self.steps.iter().map(Taken::written).collect(),
        }
    }
}

fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}

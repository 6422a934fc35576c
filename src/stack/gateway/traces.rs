//! The last calls with what each policy did, for whoever looks.
//!
//! While a call runs, a step is noted as its statement and two instants; names
//! and places are written only when somebody reads them. Bounded: the oldest
//! calls go.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::StatusCode;

use super::call::Call;
use super::raised::Raised;
use super::value::{Address, Side};
use crate::observe::{CallTrace, StepTrace};
use crate::policy::{Section, Statement};

/// How many calls are kept.
const KEPT: usize = 2000;

/// A policy that ran.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) statement: Arc<Statement>,
    pub(super) section: Section,
    /// After the call's first byte.
    pub(super) began: Duration,
    pub(super) took: Duration,
    pub(super) raised: Option<Box<str>>,
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
    head: CallTrace,
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
            began,
            took: ended.saturating_sub(began),
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
            began: self.began.as_micros() as u64,
            micros: self.took.as_micros() as u64,
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
        let steps = std::mem::take(&mut call.steps);
        let head = head(call, status);
        let mut log = self.log();
        log.calls += 1;
        let number = log.calls;
        let gone = (log.last.len() >= KEPT).then(|| log.last.pop_front());
        log.last.push_back(Kept { head: CallTrace { number, ..head }, steps });
        drop(log);
        // Freed outside the lock.
        drop(gone);
    }

    /// Up to `limit` of the last calls after a number, the newest last; those
    /// with one of these `X-Correlation-Id`s (any, where there are none).
    pub fn last(&self, since: u64, correlations: &[String], limit: usize) -> Vec<CallTrace> {
        let log = self.log();
        let wanted = |kept: &&Kept| {
            kept.head.number > since
                && (correlations.is_empty()
                    || correlations.iter().any(|id| id.eq_ignore_ascii_case(&kept.head.correlation_id)))
        };
        let mut found: Vec<CallTrace> = log.last.iter().rev().filter(wanted).take(limit).map(Kept::written).collect();
        drop(log);
        found.reverse();
        found
    }
}

impl Kept {
    fn written(&self) -> CallTrace {
        CallTrace { steps: self.steps.iter().map(Taken::written).collect(), ..self.head.clone() }
    }
}

fn head(call: &Call, status: Option<StatusCode>) -> CallTrace {
    let (path, query) = call.path_and_query(Address::Original);
    let mark = if query.is_empty() { "" } else { "?" };
    let correlation = call.headers(Side::Request).and_then(|headers| headers.get("x-correlation-id"));
    CallTrace {
        number: 0,
        request_id: call.id.to_string(),
        correlation_id: correlation.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned()).unwrap_or_default(),
        arrived: call.arrived,
        method: call.method.to_string(),
        path: format!("{path}{mark}{query}"),
        api: call.api.as_ref().map(|api| api.id.clone()).unwrap_or_default(),
        operation: call.operation.as_ref().map(|operation| operation.id.to_string()).unwrap_or_default(),
        status: status.map_or(0, |status| status.as_u16()),
        micros: call.began.elapsed().as_micros() as u64,
        backend_micros: call.sent.time.as_micros() as u64,
        last_error: call.last_error.clone(),
        steps: Vec::new(),
    }
}

//! The last calls with what each policy did, for whoever looks.
//!
//! While a call runs, a step is noted as its statement and two instants; names
//! and places are written only when somebody reads them. Bounded: the oldest
//! calls go.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::uri::PathAndQuery;
use http::{Method, StatusCode};
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::apis::{PublishedApi, PublishedOperation};
use super::call::Call;
use super::raised::Raised;
use super::trace_file::TraceFile;
use crate::clock::Timestamp;
use crate::observe::{CallTrace, LastError, RecordedTraces, StepTrace};
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
pub struct TraceLog {
    log: Arc<Mutex<Log>>,
    /// Takes every call, where a run wants them all.
    file: Option<Arc<TraceFile>>,
}

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

    pub(super) fn statement(&self) -> &Arc<Statement> {
        &self.statement
    }

    pub(super) fn section(&self) -> Section {
        self.section
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

    /// No call yet, and each that comes is recorded beyond the last ones.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn recording() -> io::Result<Self> {
        Ok(Self { log: Arc::default(), file: Some(Arc::new(TraceFile::new()?)) })
    }

    /// What was recorded from a position on, the first being 0; `None` where
    /// nothing is.
    ///
    /// # Errors
    /// The temporary file can't be written or read.
    pub fn recorded(&self, since: u64) -> io::Result<Option<RecordedTraces>> {
        self.file.as_ref().map(|file| file.page(since)).transpose()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a call that is through; `None`: its client has left.
    pub(super) fn keep(&self, call: &mut Call, status: Option<StatusCode>) {
        let mut kept = Kept::of(call, status);
        if let Some(file) = &self.file {
            file.add(kept.last_error.is_some(), &kept.steps, |to, numbers| kept.write(to, numbers));
        }
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

    /// As a line of a file, which has numbers for the statements.
    fn write(&self, to: &mut Vec<u8>, numbers: &[usize]) {
        let line = Line {
            request_id: self.id,
            correlation_id: self.correlation(),
            arrived: self.arrived,
            method: self.method.as_str(),
            path: &self.text[..self.path],
            api: self.api.as_ref().map_or("", |api| &api.id),
            operation: self.operation.as_ref().map_or("", |operation| &operation.id),
            status: self.status.map_or(0, |status| status.as_u16()),
            micros: self.took.as_micros() as u64,
            backend_micros: self.backend.as_micros() as u64,
            last_error: self.last_error.as_deref(),
            steps: Steps(numbers, &self.steps),
        };
        serde_json::to_writer(to, &line).expect("a line has text keys and whole numbers only");
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

/// A [`CallTrace`] for a file.
#[derive(Serialize)]
struct Line<'k> {
    #[serde(serialize_with = "shown")]
    request_id: Uuid,
    #[serde(skip_serializing_if = "str::is_empty")]
    correlation_id: &'k str,
    arrived: Timestamp,
    method: &'k str,
    path: &'k str,
    api: &'k str,
    operation: &'k str,
    status: u16,
    micros: u64,
    backend_micros: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'k LastError>,
    steps: Steps<'k>,
}

fn shown<S: Serializer>(value: &impl fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The steps of a call, by the numbers of their statements.
struct Steps<'k>(&'k [usize], &'k [Taken]);

impl Serialize for Steps<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().zip(self.1).map(|(number, step)| Numbered(*number, step)))
    }
}

/// A step by the number of its statement.
struct Numbered<'k>(usize, &'k Taken);

impl Serialize for Numbered<'_> {
    /// See [`STEP_COLUMNS`](crate::observe::STEP_COLUMNS). A call has some dozen
    /// steps: they are short.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(number, step) = self;
        let mut columns = serializer.serialize_seq(None)?;
        columns.serialize_element(number)?;
        columns.serialize_element(&step.began)?;
        columns.serialize_element(&step.took)?;
        if let Some(raised) = &step.raised {
            columns.serialize_element(raised)?;
        }
        columns.end()
    }
}

fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}

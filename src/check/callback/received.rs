//! The call backs of a case, job by job.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::CaseSubject;
use crate::contract::Contract;
use crate::contract::behaviour::{Behaviour, Callback};
use crate::generate::Call;
use crate::observe::{CallRun, ReceivedCall};

/// What was received, and what is promised about it.
pub(super) struct Received<'a> {
    /// The API that is called.
    pub(super) callee: &'a Contract,
    /// Its behaviour file.
    pub(super) behaviour: &'a Behaviour,
    /// The promise.
    pub(super) callback: &'a Callback,
    /// All calls, in the order in which they came.
    pub(super) calls: &'a [ReceivedCall],
}

impl<'a> Received<'a> {
    /// `None` where nobody is called back.
    pub(super) fn of(subject: &CaseSubject<'a>) -> Option<Self> {
        let (callback, callee) = subject.contract.callback()?;
        let behaviour = callee.behaviour.as_deref()?;
        Some(Self { callee, behaviour, callback, calls: &subject.run.callbacks })
    }

    /// The job that a call names; `None` where it names none.
    pub(super) fn job(&self, call: &ReceivedCall) -> Option<String> {
        let content = call.json()?;
        let named = self.callback.once_per.select(&content).first().map(|value| (*value).clone())?;
        Some(match named {
            Value::String(text) => text.to_ascii_lowercase(),
            other => other.to_string(),
        })
    }

    /// The calls by the job that they name, in the order in which they came.
    pub(super) fn by_job(&self) -> BTreeMap<String, Vec<&'a ReceivedCall>> {
        let mut jobs: BTreeMap<String, Vec<&'a ReceivedCall>> = BTreeMap::new();
        for call in self.calls {
            if let Some(job) = self.job(call) {
                jobs.entry(job).or_default().push(call);
            }
        }
        jobs
    }

    /// Whether a call was accepted.
    pub(super) fn is_accepted(&self, call: &ReceivedCall) -> bool {
        call.status.is_some_and(|status| self.callback.accepts(status))
    }
}

/// The jobs of a case that were taken: the last part of their `Location`, and
/// the call that began each.
pub(super) fn taken<'a>(subject: &CaseSubject<'a>) -> BTreeMap<String, (&'a Call, &'a CallRun)> {
    let mut jobs = BTreeMap::new();
    for (call, run) in subject.calls() {
        let accepted = run.last().and_then(|e| e.response()).filter(|response| response.status == 202);
        let location = accepted.and_then(|response| response.headers.get("location"));
        if let Some(job) = location.and_then(|location| location.trim_end_matches('/').rsplit('/').next()) {
            jobs.entry(job.to_ascii_lowercase()).or_insert((call, run));
        }
    }
    jobs
}

/// Whether the result of a call says that its job has ended.
pub(super) fn has_ended(run: &CallRun) -> bool {
    run.polls.last().is_some_and(|poll| poll.status() == Some(200))
}

/// Calls as lines of evidence.
pub(super) fn story<'e>(calls: impl IntoIterator<Item = &'e ReceivedCall>) -> Vec<String> {
    let line = |call: &ReceivedCall| {
        let answered = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let content: String = call.body.chars().take(200).collect();
        format!("{} {} {}: {content}; answered {answered}", call.at, call.method, call.target)
    };
    calls.into_iter().map(line).collect()
}

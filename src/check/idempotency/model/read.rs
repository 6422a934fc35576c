//! From a case that was played to a history.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::{Answer, Asked, Attempt, Event, History, Violation, Written, judge};
use crate::check::CaseSubject;
use crate::check::answer::{failure_type, in_words, throttled};
use crate::check::effect::{Effects, story};
use crate::check::idempotency::execution::{items_are_keys, says_undone};
use crate::check::idempotency::replay_differs::answers_differ;
use crate::clock::Timestamp;
use crate::contract::behaviour::{Behaviour, Idempotency, OtherContent, RunningPolicy, SameContent, Selector};
use crate::generate::{Call, Step};
use crate::observe::{CallRun, LedgerEntry};
use crate::wire::{Exchange, Tier};

/// What the model says of a case, and whether there was anything to say;
/// `None` where the case is no sequence or nothing is promised.
pub(in crate::check::idempotency) fn violations(subject: &CaseSubject<'_>) -> Option<Vec<Violation>> {
    let behaviour = subject.behaviour()?;
    let promise = behaviour.idempotency.as_ref()?;
    if !subject.run.case.key.kind.is_sequence() || subject.run.calls.is_empty() || is_over(subject, behaviour) {
        return None;
    }
    let history = history(subject, behaviour, promise);
    let calls: Vec<(&Call, &CallRun)> = subject.calls().collect();
    let differ = |first: usize, second: usize| {
        let run = |number: usize| calls.iter().map(|(_, run)| *run).find(|run| run.call == number);
        answers_differ(behaviour, run(first)?, run(second)?)
    };
    Some(judge(promise, items_are_keys(behaviour), &history, &differ))
}

/// Whether the version had ended when the case was over: then it answers
/// nothing that could be judged.
fn is_over(subject: &CaseSubject<'_>, behaviour: &Behaviour) -> bool {
    let sunset = behaviour.lifecycle.as_ref().and_then(|lifecycle| lifecycle.sunset);
    let mut last = subject.run.calls.iter().filter_map(CallRun::result).map(|exchange| exchange.done_at);
    sunset.is_some_and(|sunset| last.any(|done| done >= sunset))
}

fn history(subject: &CaseSubject<'_>, behaviour: &Behaviour, promise: &Idempotency) -> History {
    let mut history = History { events: events(subject, promise), ..History::default() };
    let ids: BTreeSet<&str> = subject.run.case.calls().filter_map(|call| call.correlation.as_deref()).collect();
    if let Some(effects) = Effects::of(behaviour, &subject.run.ledger) {
        for id in ids {
            history.effects.extend(written(effects.under(id)));
        }
        let began = subject.run.calls.iter().filter_map(|run| run.exchanges.first()).map(|e| e.sent_at).min();
        history.unmarked = began.is_some_and(|began| {
            subject.run.case.calls().flat_map(|call| &call.items).any(|i| effects.nameless(i, began).next().is_some())
        });
    }
    (history.quiet, history.watched) = what_rows_say(subject);
    history
}

/// What was written under one ID. What a row held before a write tells whether
/// somebody else had written it meanwhile.
fn written<'e>(entries: impl Iterator<Item = &'e LedgerEntry>) -> Vec<Written> {
    let mut latest: HashMap<&str, &LedgerEntry> = HashMap::new();
    let written = |entry: &'e LedgerEntry| {
        let earlier = latest.insert(&entry.key, entry);
        let over_others = earlier.is_some_and(|earlier| entry.is_over_others(earlier));
        Written { key: entry.key.clone(), at: entry.at, sequence: entry.sequence, over_others }
    };
    entries.map(written).collect()
}

/// Whether nothing behind the service failed since the sequence's own faults
/// were cleared, and whether there is anything to tell it by.
fn what_rows_say(subject: &CaseSubject<'_>) -> (bool, bool) {
    let since = cleared_at(subject);
    let rows = &subject.run.rows;
    // The service's own calls go to another API than the case's.
    let own = &subject.contract.openapi.base_path;
    let behind = |url: &str| {
        let path = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| &rest[at..]));
        let api = own.rsplit_once('/').map_or(own.as_str(), |(api, _)| api);
        !path.starts_with(api)
    };
    let failed = |code: u16| code == 429 || code >= 500;
    let trouble = rows.iter().any(|row| {
        since.is_none_or(|since| row.time_generated >= since) && behind(&row.url) && failed(row.response_code)
    });
    (!trouble, rows.iter().any(|row| behind(&row.url)))
}

/// When the first call after the last clearing was sent; `None`: no fault was
/// armed.
fn cleared_at(subject: &CaseSubject<'_>) -> Option<Timestamp> {
    let steps = &subject.run.case.steps;
    let last = steps.iter().rposition(|step| matches!(step, Step::ClearFaults))?;
    let before: usize = steps[..last].iter().map(|step| calls_of(step).len()).sum();
    let after = subject.run.calls.iter().filter(|run| run.call >= before);
    after.filter_map(|run| run.exchanges.first()).map(|exchange| exchange.sent_at).min()
}

fn calls_of(step: &Step) -> &[Call] {
    match step {
        Step::Call(call) | Step::Flood { call, .. } => std::slice::from_ref(call),
        Step::Together(calls) | Step::Unfollowed(calls) | Step::WhileHeld(calls) => calls,
        _ => &[],
    }
}

fn events(subject: &CaseSubject<'_>, promise: &Idempotency) -> Vec<Event> {
    let mut number = 0;
    let mut events = Vec::new();
    for step in &subject.run.case.steps {
        let calls = calls_of(step);
        match step {
            Step::Inject(_) => events.push(Event::Fault),
            Step::ClearFaults => events.push(Event::Healed),
            _ if calls.is_empty() => {}
            _ => {
                let asked = calls.iter().enumerate().filter_map(|(place, call)| {
                    let run = subject.run.calls.iter().find(|run| run.call == number + place)?;
                    Some(asked(subject, promise, call, run))
                });
                events.push(Event::Calls(asked.collect()));
            }
        }
        number += calls.len();
    }
    events
}

fn asked(subject: &CaseSubject<'_>, promise: &Idempotency, call: &Call, run: &CallRun) -> Asked {
    let step = match &promise.step {
        Some(Selector::Header(name)) => call.request.headers.get(name).map(Arc::from),
        _ => None,
    };
    let contract = call.contract.as_ref().unwrap_or(&subject.contract.id);
    let last = run.exchanges.len().saturating_sub(1);
    let attempts = run.exchanges.iter().enumerate().map(|(place, exchange)| {
        let result = if place == last { run.result().unwrap_or(exchange) } else { exchange };
        let answer = match answer(promise, call, exchange, result) {
            // Another version may say in its own way that something runs.
            Answer::Running | Answer::Failed { .. } if call.contract.is_some() => Answer::Lost,
            answer => answer,
        };
        Attempt { sent: exchange.sent_at, done: result.done_at, answer, words: in_words(result) }
    });
    Asked {
        number: run.call,
        role: call.role,
        principal: run.client.clone(),
        operation: call.operation.clone(),
        version: contract.version.clone(),
        step,
        items: call.items.clone(),
        patient: call.manner.retries > 0,
        attempts: attempts.collect(),
    }
}

fn answer(promise: &Idempotency, call: &Call, first: &Exchange, result: &Exchange) -> Answer {
    let Some(response) = result.response() else {
        return if first.status() == Some(202) { Answer::Accepted } else { Answer::Lost };
    };
    let name = failure_type(response);
    let by_service = result.tier == Some(Tier::Service);
    let accepted = first.status() == Some(202);
    let is = |wanted: &crate::contract::behaviour::TypeName| name.as_ref() == Some(wanted);
    match response.status {
        202 => Answer::Accepted,
        200..=299 => {
            let undone = |place: &usize| says_undone(response, &call.items[*place]);
            Answer::Done((0..call.items.len()).filter(undone).collect())
        }
        // What a poll was answered says nothing of the call.
        _ if accepted => Answer::Accepted,
        _ if throttled(response) && !by_service => Answer::Neutral,
        _ if matches!(&promise.while_running, Some(RunningPolicy::Type(wanted)) if is(wanted)) => Answer::Running,
        _ if matches!(&promise.other_content, Some(OtherContent::Type(wanted)) if is(wanted)) => Answer::Conflict,
        _ if matches!(&promise.same_content, SameContent::Type(wanted) if is(wanted)) => Answer::Repeated,
        504 => Answer::Lost,
        status @ (408 | 429 | 500..=599) => Answer::Failed { status, name, by_service },
        _ => Answer::Refused,
    }
}

/// The sequence and what was written, as lines of evidence.
pub(in crate::check::idempotency) fn told(subject: &CaseSubject<'_>, violation: &Violation) -> Vec<String> {
    let mut lines: Vec<String> = subject
        .calls()
        .map(|(call, run)| {
            let answers: Vec<String> = run.exchanges.iter().map(in_words).collect();
            let result = run.polls.last().map(|poll| format!(", then {}", in_words(poll))).unwrap_or_default();
            let contract = call.contract.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
            let mark = if run.call == violation.call { "→ " } else { "" };
            format!(
                "{mark}call {} `{}`{contract} about {} items by {}: {}{result}",
                run.call + 1,
                call.role,
                call.items.len(),
                run.client,
                answers.join(", ")
            )
        })
        .collect();
    let shown = |entry: &&LedgerEntry| violation.effects.contains(&entry.sequence);
    lines.extend(story(subject.run.ledger.iter().filter(shown)));
    lines
}

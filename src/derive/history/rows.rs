//! Requests of which only a gateway tells: which flow, which run, which action.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::super::target::{Address, Target};
use super::record::{History, RequestRecord, RunRecord};
use crate::clock::Timestamp;
use crate::contract::Contract;

/// A header field by its name.
pub(super) fn header(fields: &BTreeMap<String, String>, name: &str) -> Option<String> {
    let found = fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone())
}

/// The record with a flow, a run and an action for each request, and a run for
/// each that is told of.
pub(super) fn with_runs(history: &History, contracts: &[Contract]) -> History {
    let mut history = history.clone();
    let copies = of_rows(&mut history.requests, contracts);
    let told: BTreeSet<String> = history.runs.iter().map(|run| run.flow.clone()).collect();
    let mut begun: BTreeMap<(&str, &str), (Timestamp, Timestamp)> = BTreeMap::new();
    let spans = history.actions.iter().map(|action| (&action.flow, &action.run, action.start, action.end));
    let requests = history.requests.iter().map(|r| (&r.flow, &r.run, r.start, r.start.plus(r.took)));
    for (flow, run, start, end) in spans.chain(requests) {
        let span = begun.entry((flow, run)).or_insert((start, end));
        *span = (span.0.min(start), span.1.max(end));
    }
    let made = begun.into_iter().filter(|((flow, _), _)| !told.contains(*flow)).map(|((flow, run), (start, end))| {
        let copy = copies.get(run).cloned();
        RunRecord { flow: flow.to_owned(), start, end: Some(end), copy, ..RunRecord::default() }
    });
    let made: Vec<RunRecord> = made.collect();
    history.runs.extend(made);
    history
}

/// Gives rows of a gateway's log their flow, run and action; the flow's name is
/// that of a copy then: copies call the same operations. Gives the copy of each
/// run.
fn of_rows(requests: &mut Vec<RequestRecord>, contracts: &[Contract]) -> BTreeMap<String, String> {
    let mut called: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (number, request) in requests.iter_mut().enumerate().filter(|(_, request)| request.action.is_empty()) {
        let Some(target) = target(request, contracts) else { continue };
        request.action = target.operation.id.to_string();
        let label = format!("{} {}", target.contract.id, target.operation.id);
        request.run = run(request, &target).unwrap_or_else(|| format!("row {number}"));
        let copy = if request.flow.is_empty() { label.clone() } else { request.flow.clone() };
        called.entry(copy).or_default().insert(label.clone());
        if request.flow.is_empty() {
            request.flow = label;
        }
    }
    let mut copies = BTreeMap::new();
    for request in requests.iter_mut() {
        let Some(labels) = called.get(&request.flow) else { continue };
        let flow = labels.iter().cloned().collect::<Vec<_>>().join(" and ");
        if flow != request.flow {
            copies.insert(request.run.clone(), std::mem::replace(&mut request.flow, flow));
        }
    }
    requests.retain(|request| !request.action.is_empty());
    copies
}

fn target<'c>(request: &RequestRecord, contracts: &'c [Contract]) -> Option<Target<'c>> {
    let method = Method::from_bytes(request.method.as_bytes()).ok()?;
    Address::of(&[Some(request.url.clone())]).targets(&method, contracts).into_iter().next()
}

/// The run that a request belongs to: as the platform says it, else by its
/// correlation ID.
fn run(request: &RequestRecord, target: &Target<'_>) -> Option<String> {
    let own = Some(request.run.clone()).filter(|run| !run.is_empty());
    let correlation = || {
        let correlation = target.contract.behaviour.as_ref()?.correlation.as_ref()?;
        let id = header(&request.fields, &correlation.header)?;
        Some(format!("{} {id}", request.flow))
    };
    own.or_else(correlation)
}

/// Rows of calls that no contract has, most frequent first, with their number.
pub(super) fn others(history: &History, contracts: &[Contract]) -> Vec<String> {
    const MAX_TOLD: usize = 8;
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let rows = history.requests.iter().filter(|request| request.action.is_empty() || contracts.is_empty());
    for request in rows.filter(|request| target(request, contracts).is_none()) {
        let address = Address::of(&[Some(request.url.clone())]);
        *counts.entry(format!("{} {}", request.method, address.masked())).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(called, count)| (std::cmp::Reverse(*count), called.clone()));
    counts.into_iter().take(MAX_TOLD).map(|(called, count)| format!("{called} ({count})")).collect()
}

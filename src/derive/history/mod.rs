//! What was recorded of flows as a scenario.

mod arrivals;
mod combine;
mod read;
mod record;
mod work;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use record::RunRecord;

pub use record::History;

use super::sheet::{FlowSheet, Remark};
use super::target::Address;
use super::{Derived, Export, finished, flow};
use crate::clock::Timestamp;
use crate::contract::Contract;
use crate::diagnose::{Diagnostic, Diagnostics, Place};

/// Derives a scenario from what was recorded. Where definitions are given, too,
/// they say what the flows do, and the record says when, and how often a loop
/// turns.
///
/// # Errors
/// All that makes it impossible, at once: nothing was recorded, or nothing of
/// it is a call that the contracts have.
pub fn from_history(
    (file, history): (&str, &History),
    exports: &[Export],
    contracts: &[Contract],
    name: Option<&str>,
) -> Result<Derived, Diagnostics> {
    let mut told = Diagnostics::new();
    let place = Place::file(file);
    let history = with_runs(history, contracts);
    let flows = match exports {
        [] => alone(&history, contracts, &place),
        exports => combine::combined(flow::read(exports, contracts, &mut told), &history, &place),
    };
    if flows.is_empty() {
        told.push(nothing(&place, &history, contracts));
    }
    if told.has_errors() {
        return Err(told);
    }
    let mut files: Vec<&str> = exports.iter().map(|export| &*export.file).collect();
    files.push(file);
    finished(&flows, name, &format!("Made from {}.", files.join(", ")), told)
}

fn nothing(place: &Place, history: &History, contracts: &[Contract]) -> Diagnostic {
    let told = |text: String| Diagnostic::error(place.clone(), text);
    if history.requests.is_empty() {
        return told("the record tells when runs began, and not what they called".to_owned())
            .expected("requestHistories, rows of a gateway's log, or the flow's definition")
            .hint("add the definition: --from-flow Workflows/Name-GUID.json");
    }
    let mut called: Vec<String> = history
        .requests
        .iter()
        .map(|request| format!("{} {}", request.method, Address::of(&[Some(request.url.clone())]).shown()))
        .collect();
    called.sort();
    called.dedup();
    called.truncate(8);
    let known: Vec<String> = contracts.iter().map(|contract| format!("`{}`", contract.id)).collect();
    told("nothing that was recorded is a call of the contracts".to_owned())
        .expected(format!("calls of {}", known.join(", ")))
        .actual(called.join(", "))
        .hint("--contracts DIR names another folder")
}

/// What only a gateway saw is a flow for each operation; where runs are not
/// told, they begin with the first thing that is told of them.
fn with_runs(history: &History, contracts: &[Contract]) -> History {
    let mut history = history.clone();
    for (number, request) in history.requests.iter_mut().enumerate() {
        if request.flow.is_empty() {
            let address = Address::of(&[Some(request.url.clone())]);
            let method = http::Method::from_bytes(request.method.as_bytes()).unwrap_or_default();
            let Some(target) = address.targets(&method, contracts).into_iter().next() else { continue };
            request.flow = format!("{} {}", target.contract.id, target.operation.id);
            request.action = target.operation.id.to_string();
        }
        if request.run.is_empty() {
            request.run = format!("row {number}");
        }
    }
    history.requests.retain(|request| !request.flow.is_empty());
    let mut begun: BTreeMap<(String, String), (Timestamp, Timestamp)> = BTreeMap::new();
    let spans = history.actions.iter().map(|action| (&action.flow, &action.run, action.start, action.end));
    let requests = history.requests.iter().map(|r| (&r.flow, &r.run, r.start, r.start.plus(r.took)));
    for (flow, run, start, end) in spans.chain(requests) {
        let span = begun.entry((flow.clone(), run.clone())).or_insert((start, end));
        *span = (span.0.min(start), span.1.max(end));
    }
    let told: BTreeSet<String> = history.runs.iter().map(|run| run.flow.clone()).collect();
    for ((flow, _), (start, end)) in begun {
        if !told.contains(&flow) {
            history.runs.push(RunRecord { flow, start, end: Some(end), ..RunRecord::default() });
        }
    }
    history
}

/// Flows of which no definition is known.
fn alone(history: &History, contracts: &[Contract], place: &Place) -> Vec<FlowSheet> {
    let mut sheets = Vec::new();
    for flow in history.flows() {
        let own = history.of(flow);
        let work = work::work(&own, contracts, place);
        let Some(arrivals) = arrivals::arrivals(&own.runs).filter(|_| !work.actions.is_empty()) else { continue };
        let title = history.title(flow);
        let mut remarks = vec![Remark::note(format!("What is recorded of {title}."))];
        remarks.extend(work.remarks);
        remarks.extend(combine::durations(&own.runs));
        let asked = "where is the correlation ID born: per_run, trigger_event, fixed? The record does not show it";
        let retry = "which retry policy do its actions have? The record shows only what was sent again";
        let lines = vec![
            (format!("clones: {}", arrivals.clones), Vec::new()),
            ("correlation: per_run".to_owned(), vec![Remark::question(place, asked)]),
            ("retry: pa-medium".to_owned(), vec![Remark::question(place, retry)]),
        ];
        sheets.push(FlowSheet {
            name: flow::plain(&title),
            guid: None,
            remarks,
            start: arrivals.start,
            start_remarks: arrivals.remarks,
            lines,
            actions: work.actions,
        });
    }
    sheets
}

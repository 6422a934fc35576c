//! What was recorded of flows as a scenario.

mod arrivals;
mod combine;
mod read;
mod record;
mod rows;
mod work;

#[cfg(test)]
mod tests;

pub use record::History;

use super::sheet::{FlowSheet, Remark};
use super::{Derived, Export, finished, flow};
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
    let (given, history) = (history, rows::with_runs(history, contracts));
    let others = rows::others(given, contracts);
    let flows = match exports {
        [] => alone(&history, contracts, &place),
        exports => combine::combined(flow::read(exports, contracts, &mut told), &history, &place),
    };
    if flows.is_empty() {
        told.push(nothing(&place, given, contracts));
    } else if !others.is_empty() {
        let what = format!("left out, since no contract has them: {}", others.join(", "));
        told.push(Diagnostic::warning(place.clone(), what));
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
    let called = rows::others(history, &[]);
    let known: Vec<String> = contracts.iter().map(|contract| format!("`{}`", contract.id)).collect();
    told("nothing that was recorded is a call of the contracts".to_owned())
        .expected(format!("calls of {}", known.join(", ")))
        .actual(called.join(", "))
        .hint("--contracts DIR names another folder")
}

/// Flows of which no definition is known.
fn alone(history: &History, contracts: &[Contract], place: &Place) -> Vec<FlowSheet> {
    let mut sheets = Vec::new();
    for flow in history.flows() {
        let own = history.of(flow);
        let work = work::work(&own, contracts, place);
        let Some(arrivals) = arrivals::arrivals(&own.runs, place).filter(|_| !work.actions.is_empty()) else {
            continue;
        };
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

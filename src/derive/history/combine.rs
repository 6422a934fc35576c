//! What definitions say beside what was recorded of their runs.

use std::time::Duration;

use super::super::flow::plain;
use super::super::sheet::{Entry, FlowSheet, Kind, Remark};
use super::arrivals::{arrivals, median};
use super::record::{History, RunRecord};
use super::work::overlap;
use crate::clock::format_duration;
use crate::diagnose::Place;

/// Gives flows the starts and loops that were recorded.
pub(super) fn combined(mut flows: Vec<FlowSheet>, history: &History, place: &Place) -> Vec<FlowSheet> {
    let recorded = history.flows();
    let sole = recorded.len() == 1 && flows.len() == 1;
    for flow in &mut flows {
        let is_own =
            |key: &&&str| sole || flow.guid.as_deref() == Some(**key) || plain(&history.title(key)) == flow.name;
        let Some(own) = recorded.iter().find(is_own).map(|key| history.of(key)) else {
            let told = format!("which recorded runs are those of {}? None has its GUID or name", flow.name);
            flow.remarks.push(Remark::question(place, told));
            continue;
        };
        let is_child = flow.start == "child";
        if let Some(arrivals) = arrivals(&own.runs, place).filter(|_| !is_child) {
            flow.start = arrivals.start;
            flow.start_remarks.retain(|remark| !remark.is_question());
            flow.start_remarks.extend(arrivals.remarks);
            if arrivals.clones > 1 {
                flow.lines.retain(|(line, _)| !line.starts_with("clones:"));
                flow.lines.insert(0, (format!("clones: {}", arrivals.clones), Vec::new()));
            }
        }
        flow.start_remarks.extend(durations(&own.runs));
        loops(&mut flow.actions, &own);
    }
    flows
}

/// Items and concurrency of loops of which turns were recorded.
fn loops(entries: &mut [Entry], history: &History) {
    for entry in entries {
        let turns = turns(&entry.name, history);
        if let Kind::Scope(actions) | Kind::Loop { actions, .. } = &mut entry.kind {
            loops(actions, history);
        }
        let Kind::Loop { key: "each", limits, .. } = &mut entry.kind else { continue };
        let Some(items) = median(turns.iter().map(Vec::len).collect()) else { continue };
        let at_once = turns.iter().map(|spans| overlap(spans)).max().unwrap_or(1).min(50);
        let written = limits.rsplit("concurrency: ").next().and_then(|rest| rest.trim_end_matches(" }").parse().ok());
        let concurrency: usize = written.unwrap_or(at_once);
        *limits = format!("{{ items: {}, concurrency: {concurrency} }}", items.max(1));
        entry.remarks.retain(|remark| !remark.is_question());
        let told =
            format!("{items} items in the middle one of {} recorded runs; {at_once} at once at most.", turns.len());
        entry.remarks.push(Remark::note(told));
    }
}

type Span = (crate::clock::Timestamp, crate::clock::Timestamp);

/// The turns of a loop, run by run, by its action of which most were recorded.
fn turns(name: &str, history: &History) -> Vec<Vec<Span>> {
    let mut runs: std::collections::BTreeMap<(&str, &str), Vec<Span>> = std::collections::BTreeMap::new();
    for action in history.actions.iter().filter(|action| action.within.as_deref() == Some(name)) {
        runs.entry((&action.name, &action.run)).or_default().push((action.start, action.end));
    }
    let busiest = runs.iter().max_by_key(|(_, spans)| spans.len()).map(|((action, _), _)| *action);
    runs.into_iter().filter(|((action, _), _)| Some(*action) == busiest).map(|(_, spans)| spans).collect()
}

/// How long runs took, and how they ended.
pub(super) fn durations(runs: &[RunRecord]) -> Option<Remark> {
    let mut took: Vec<Duration> = runs.iter().filter_map(|run| Some(run.end?.since(run.start))).collect();
    took.sort_unstable();
    let at = |share: usize| format_duration(took[(took.len() - 1) * share / 100]);
    let failed = runs.iter().filter(|run| matches!(run.status.as_str(), "Failed" | "TimedOut")).count();
    let children = runs.iter().filter(|run| run.is_child).count();
    (!took.is_empty()).then(|| {
        let begun = if children > 0 { format!("; {children} were begun by another flow") } else { String::new() };
        let told = format!("Half of the runs took {} at most, 95 % {}; {failed} failed{begun}.", at(50), at(95));
        Remark::note(told)
    })
}

//! What runs did: calls in their order, loops, attempts.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::Method;

use super::super::sheet::{Ends, Entry, Kind, Remark};
use super::super::target::{Address, Target};
use super::arrivals::median;
use super::record::{ActionRecord, History, RequestRecord};
use crate::clock::{Timestamp, format_duration};
use crate::contract::Contract;
use crate::diagnose::Place;

/// The actions of a flow, and what is said of them.
pub(super) struct Work {
    pub(super) actions: Vec<Entry>,
    pub(super) remarks: Vec<Remark>,
}

/// Where one action stands in its run.
type Span = (Timestamp, Timestamp);

/// Reads what a flow's runs did.
pub(super) fn work(history: &History, contracts: &[Contract], place: &Place) -> Work {
    let mut remarks = Vec::new();
    let actions = if history.actions.is_empty() { of_requests(&history.requests) } else { history.actions.clone() };
    let loops: BTreeSet<&str> = actions.iter().filter_map(|action| action.within.as_deref()).collect();
    let names: BTreeSet<&str> =
        actions.iter().map(|action| action.name.as_str()).filter(|name| !loops.contains(name)).collect();
    let mut tops: BTreeMap<String, Vec<(Vec<&ActionRecord>, Entry)>> = BTreeMap::new();
    for name in names {
        let target = target(&history.requests, name, contracts);
        let records = turns(&actions, name);
        match target {
            Ok((target, called)) => {
                let around = records[0].within.clone();
                let repeated = records[0].is_turn || usual_in_a_run(&records) > 1;
                let top = around.or_else(|| repeated.then(|| format!("{name}_for_each"))).unwrap_or_default();
                let key = if top.is_empty() { format!(" {name}") } else { top };
                let entry = entry(name, &target, &called, &records);
                tops.entry(key).or_default().push((records, entry));
            }
            Err(Some(called)) => remarks
                .push(Remark::question(place, format!("which contract has {called}? No one has: {name} is left out"))),
            Err(None) => {}
        }
    }
    remarks.extend(unknown(history, &loops, place));
    Work { actions: in_order(tops), remarks }
}

/// Asks for actions of which no request is told.
fn unknown(history: &History, loops: &BTreeSet<&str>, place: &Place) -> Option<Remark> {
    let requested: BTreeSet<&str> = history.requests.iter().map(|request| request.action.as_str()).collect();
    let names = history.actions.iter().map(|action| action.name.as_str());
    let names: BTreeSet<&str> = names.filter(|name| !loops.contains(name) && !requested.contains(name)).collect();
    let list = names.iter().copied().collect::<Vec<_>>().join(", ");
    let told =
        format!("what do these actions call: {list}? Give their requestHistories, or the definition with --from-flow");
    (!names.is_empty()).then(|| Remark::question(place, told))
}

/// Requests as actions, where nothing else is known of these: one that follows an
/// answer that is retried, no sooner than a policy can wait, is its next attempt.
fn of_requests(requests: &[RequestRecord]) -> Vec<ActionRecord> {
    const SHORTEST_WAIT: Duration = Duration::from_secs(1);
    let mut in_time: Vec<&RequestRecord> = requests.iter().collect();
    in_time.sort_by_key(|request| request.start);
    // Of each run and action those whose last answer is retried, and its status.
    let mut open: BTreeMap<(&str, &str), Vec<(usize, u16)>> = BTreeMap::new();
    let mut made: Vec<ActionRecord> = Vec::new();
    for request in in_time {
        let end = request.start.plus(request.took);
        let waiting = open.entry((&request.run, &request.action)).or_default();
        let next = waiting.iter().position(|(at, _)| made[*at].end.plus(SHORTEST_WAIT) <= request.start);
        let at = if let Some(next) = next {
            let (at, code) = waiting.remove(next);
            made[at].end = end;
            made[at].retried.push(code.to_string());
            at
        } else {
            made.push(ActionRecord {
                flow: request.flow.clone(),
                run: request.run.clone(),
                name: request.action.clone(),
                start: request.start,
                end,
                ..ActionRecord::default()
            });
            made.len() - 1
        };
        if matches!(request.status, 408 | 429 | 500..) {
            waiting.push((at, request.status));
        }
    }
    made
}

/// The turns of an action, or its records where it stands in no loop.
fn turns<'h>(actions: &'h [ActionRecord], name: &str) -> Vec<&'h ActionRecord> {
    let all: Vec<&ActionRecord> = actions.iter().filter(|action| action.name == name).collect();
    let turns: Vec<&ActionRecord> = all.iter().copied().filter(|action| action.is_turn).collect();
    if turns.is_empty() { all } else { turns }
}

fn target<'c>(
    requests: &[RequestRecord],
    name: &str,
    contracts: &'c [Contract],
) -> Result<(Target<'c>, String), Option<String>> {
    let mut called = None;
    for request in requests.iter().filter(|request| request.action == name) {
        let Ok(method) = Method::from_bytes(request.method.as_bytes()) else { continue };
        let address = Address::of(&[Some(request.url.clone())]);
        if let Some(target) = address.targets(&method, contracts).into_iter().next() {
            let shown = format!("{method} {}{}", target.operation.base_path, target.operation.path);
            return Ok((target, shown));
        }
        called = Some(format!("{method} {}", address.masked()));
    }
    Err(called)
}

/// By run.
fn runs<'r>(records: &[&'r ActionRecord]) -> BTreeMap<&'r str, Vec<Span>> {
    let mut runs: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for record in records {
        runs.entry(&record.run).or_default().push((record.start, record.end));
    }
    runs
}

fn usual_in_a_run(records: &[&ActionRecord]) -> usize {
    median(runs(records).values().map(Vec::len).collect()).unwrap_or(1)
}

/// How many were under way at once.
pub(super) fn overlap(spans: &[Span]) -> usize {
    let mut edges: Vec<(Timestamp, i32)> = spans.iter().flat_map(|(from, to)| [(*from, 1), (*to, -1)]).collect();
    // One that ends where another begins has ended.
    edges.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in edges {
        now += change;
        most = most.max(now);
    }
    usize::try_from(most).unwrap_or(0).max(1)
}

fn entry(name: &str, target: &Target<'_>, called: &str, records: &[&ActionRecord]) -> Entry {
    let mut took: Vec<Duration> = records.iter().map(|record| record.end.since(record.start)).collect();
    took.sort_unstable();
    let at = |share: usize| format_duration(took[(took.len() - 1) * share / 100]);
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for code in records.iter().flat_map(|record| &record.retried) {
        *codes.entry(code).or_default() += 1;
    }
    let again: usize = codes.values().sum();
    let mut told = format!(
        "{called}: {} calls in {} runs, {} attempts; half took {} at most, 95 % {}.",
        records.len(),
        runs(records).len(),
        records.len() + again,
        at(50),
        at(95)
    );
    if again > 0 {
        let list: Vec<String> = codes.iter().map(|(code, count)| format!("{code} ({count})")).collect();
        told = format!("{told} Sent again after {}.", list.join(", "));
    }
    let kind = Kind::Call {
        contract: target.contract.id.clone(),
        operation: target.operation.id.to_string(),
        lines: Vec::new(),
    };
    Entry { name: plain(name), after: Vec::new(), kind, remarks: vec![Remark::note(told)] }
}

/// A name that a header field can carry.
fn plain(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).take(70).collect();
    if plain.is_empty() { "Call".to_owned() } else { plain }
}

/// Calls and loops, by when they begin in their runs.
fn in_order(tops: BTreeMap<String, Vec<(Vec<&ActionRecord>, Entry)>>) -> Vec<Entry> {
    let mut tops: Vec<(Vec<&ActionRecord>, Entry)> = tops.into_iter().map(|(key, inner)| top(&key, inner)).collect();
    tops.sort_by_key(|(records, _)| begin(records));
    let mut entries: Vec<Entry> = Vec::new();
    for (place, (records, mut entry)) in tops.iter().cloned().enumerate() {
        if let Some(before) = place.checked_sub(1) {
            let together = side_by_side(&tops[before].0, &records);
            let name = entries[before].name.clone();
            entry.after = if together { entries[before].after.clone() } else { vec![(name, Ends::SUCCEEDED)] };
        }
        entries.push(entry);
    }
    entries
}

/// A call by itself, or a loop around calls.
fn top<'r>(key: &str, mut inner: Vec<(Vec<&'r ActionRecord>, Entry)>) -> (Vec<&'r ActionRecord>, Entry) {
    inner.sort_by_key(|(records, _)| begin(records));
    if key.starts_with(' ')
        && let Some(one) = inner.pop()
    {
        return one;
    }
    let by_run: Vec<Vec<Span>> = inner.iter().flat_map(|(records, _)| runs(records).into_values()).collect();
    let items = median(by_run.iter().map(Vec::len).collect()).unwrap_or(1);
    let concurrency = by_run.iter().map(|spans| overlap(spans)).max().unwrap_or(1).min(50);
    let most = by_run.iter().map(Vec::len).max().unwrap_or(1);
    let told = format!("{items} items in the middle run, {most} in the largest; at most {concurrency} at once.");
    let mut records = Vec::new();
    let mut actions: Vec<Entry> = Vec::new();
    for (more, mut entry) in inner {
        records.extend(more);
        entry.after = actions.last().map(|before| (before.name.clone(), Ends::SUCCEEDED)).into_iter().collect();
        actions.push(entry);
    }
    let limits = format!("{{ items: {items}, concurrency: {concurrency} }}");
    let kind = Kind::Loop { key: "each", limits, actions };
    (records, Entry { name: plain(key), after: Vec::new(), kind, remarks: vec![Remark::note(told)] })
}

/// When an action began first.
fn begin(records: &[&ActionRecord]) -> Option<Timestamp> {
    records.iter().map(|record| record.start).min()
}

/// Whether they were under way together in more than half of their runs.
fn side_by_side(one: &[&ActionRecord], other: &[&ActionRecord]) -> bool {
    let (one, other) = (runs(one), runs(other));
    let both: Vec<bool> = one
        .iter()
        .filter_map(|(run, spans)| {
            let end = spans.iter().map(|(_, end)| *end).max()?;
            let begin = other.get(run)?.iter().map(|(begin, _)| *begin).min()?;
            Some(begin < end)
        })
        .collect();
    both.iter().filter(|together| **together).count() * 2 > both.len()
}

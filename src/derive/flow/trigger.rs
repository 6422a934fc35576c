//! When a flow's runs begin.

use std::time::Duration;

use super::super::sheet::Remark;
use super::super::spans::written;
use super::actions::{expression, options, unit};
use super::known::{text, value};
use crate::diagnose::Node;
use crate::flow::expression::Known;

/// Runs begin late by up to this where they are aligned with the wall clock.
const JITTER: &str = "1 min";

/// By how much a run follows later than an interval after the last one, where
/// they are not.
const DRIFT: &str = "2 s";

/// What a flow that is called over HTTP is given of which nothing is known.
const ARRIVALS: &str = "{ arrivals: { rate: 30/min, for: 2 min } }";

/// What a flow that is called for each row is given of which nothing is known.
const ROWS: &str = "{ webhook: { rows: 100, within: 1 s } }";

/// `start`, and what is said of it.
pub(super) fn start(definition: &Node, is_child: bool, known: &Known) -> (String, Vec<Remark>) {
    let triggers = definition.get("triggers").and_then(Node::as_mapping).unwrap_or_default();
    let Some((key, trigger)) = triggers.first() else {
        let told = "how do its runs begin? The definition has no trigger";
        return (ARRIVALS.to_owned(), vec![Remark::question(&definition.place, told)]);
    };
    let kind = text(trigger, "type").unwrap_or_default();
    let mut remarks = vec![Remark::note(format!("Trigger {} ({kind}).", key.key_text()))];
    let line = match kind {
        "Request" if is_child => "child".to_owned(),
        "Recurrence" | "SlidingWindow" => recurrence(trigger, known, &mut remarks),
        "Request" => {
            let told = "how many runs begin in a second? Whoever calls the trigger decides it";
            remarks.push(Remark::question(&trigger.place, told));
            ARRIVALS.to_owned()
        }
        "OpenApiConnectionWebhook" | "ApiConnectionWebhook" | "HttpWebhook" | "OpenApiConnectionNotification" => {
            let told = format!("one run for each event{}: how many come at once, within which time?", table(trigger));
            remarks.push(Remark::question(&trigger.place, told));
            ROWS.to_owned()
        }
        _ if trigger.get("recurrence").is_some() => polled(trigger, known, &mut remarks),
        other => {
            let told = format!("how do its runs begin? Nothing is known here of a trigger of the type {other}");
            remarks.push(Remark::question(&trigger.place, told));
            ARRIVALS.to_owned()
        }
    };
    further(trigger, &mut remarks);
    (line, remarks)
}

/// The table of a Dataverse trigger.
fn table(trigger: &Node) -> String {
    let parameters = trigger.pointer("/inputs/parameters").and_then(Node::as_mapping).unwrap_or_default();
    let named = parameters.iter().find(|(key, _)| key.key_text().ends_with("/entityname"));
    named.and_then(|(_, table)| table.as_str()).map(|table| format!(" of {table}")).unwrap_or_default()
}

fn recurrence(trigger: &Node, known: &Known, remarks: &mut Vec<Remark>) -> String {
    let Some(node) = trigger.get("recurrence") else {
        remarks.push(Remark::question(&trigger.place, "how often does it run? The definition has no `recurrence`"));
        return "{ recurrence: { every: 1 h } }".to_owned();
    };
    let every = interval(node, known, remarks);
    let every = every_of_schedule(node, every, remarks);
    let aligned = node.get("startTime").is_some() || node.get("schedule").is_some();
    if aligned {
        remarks.push(Remark::note("Aligned with the wall clock: all copies wake together, late by up to a minute."));
        return format!("{{ recurrence: {{ every: {}, jitter: {JITTER} }} }}", written(every));
    }
    remarks.push(Remark::note(
        "Without a start time runs follow the last one and drift: copies do not wake together. With more clones, let \
         `jitter` be as long as `every`.",
    ));
    format!("{{ recurrence: {{ every: {}, drift: {DRIFT} }} }}", written(every))
}

fn interval(node: &Node, known: &Known, remarks: &mut Vec<Remark>) -> Duration {
    let count = match node.get("interval").map(|node| (node, value(node, known).and_then(|value| value.as_u64()))) {
        None => 1,
        Some((_, Some(count @ 1..=1_000_000))) => count,
        Some((node, _)) => {
            remarks.push(Remark::question(&node.place, format!("which interval is {}?", expression(node))));
            1
        }
    };
    let word = text(node, "frequency").unwrap_or_default();
    let seconds = unit(word).unwrap_or_else(|| {
        remarks.push(Remark::question(&node.place, format!("which frequency is `{word}`? It is taken for hours")));
        3_600
    });
    if word.eq_ignore_ascii_case("month") {
        remarks.push(Remark::note("A month is taken for 30 days."));
    }
    Duration::from_secs(seconds.saturating_mul(count))
}

/// The interval where a schedule says at which times of the day it runs.
fn every_of_schedule(node: &Node, every: Duration, remarks: &mut Vec<Remark>) -> Duration {
    let numbers = |key: &str| -> Vec<u64> {
        let list = node.pointer(&format!("/schedule/{key}")).and_then(Node::as_sequence).unwrap_or_default();
        // The designer writes numbers as text, too.
        list.iter().filter_map(|entry| entry.key_text().parse().ok()).collect()
    };
    let (hours, minutes) = (numbers("hours"), numbers("minutes"));
    let minutes = if minutes.is_empty() { vec![0] } else { minutes };
    let mut times: Vec<u64> =
        hours.iter().flat_map(|hour| minutes.iter().map(move |minute| hour * 60 + minute)).collect();
    times.sort_unstable();
    times.dedup();
    if node.pointer("/schedule/weekDays").or_else(|| node.pointer("/schedule/monthDays")).is_some() {
        remarks.push(Remark::note("It runs on some days only; a scenario plays one of them."));
    }
    let Some((first, last)) = times.first().zip(times.last()).filter(|_| times.len() > 1) else { return every };
    let gaps: Vec<u64> =
        times.windows(2).map(|pair| pair[1] - pair[0]).chain([(first + 1440).saturating_sub(*last)]).collect();
    let shown: Vec<String> = times.iter().map(|time| format!("{:02}:{:02}", time / 60, time % 60)).collect();
    remarks.push(Remark::note(format!("It runs at {}.", shown.join(", "))));
    if gaps.iter().any(|gap| *gap != gaps[0]) {
        let told = "which of its times is played? They are not spaced evenly; one of them stands for all";
        remarks.push(Remark::question(&node.place, told));
        return every;
    }
    Duration::from_secs(gaps[0] * 60)
}

fn polled(trigger: &Node, known: &Known, remarks: &mut Vec<Remark>) -> String {
    let node = trigger.get("recurrence").unwrap_or(trigger);
    let every = interval(node, known, remarks);
    remarks.push(Remark::note(format!("It asks every {}.", written(every))));
    if trigger.get("splitOn").is_some() {
        return format!("{{ polling: {{ every: {}, items: [0, 40] }} }}", written(every));
    }
    remarks.push(Remark::question(&trigger.place, "does each time that it asks begin a run?"));
    format!("{{ polling: {{ every: {}, items: 1 }} }}", written(every))
}

/// `concurrency`, where the trigger limits its runs.
pub(super) fn concurrency(definition: &Node, known: &Known) -> Option<(String, Vec<Remark>)> {
    let trigger = definition.get("triggers").and_then(Node::as_mapping)?.first().map(|(_, trigger)| trigger)?;
    let concurrency = trigger.pointer("/runtimeConfiguration/concurrency");
    let single = options(trigger).any(|option| option.eq_ignore_ascii_case("SingleInstance"));
    let runs = concurrency.and_then(|node| value(node.get("runs")?, known)?.as_u64()).or(single.then_some(1))?;
    let waiting = concurrency.and_then(|node| value(node.get("maximumWaitingRuns")?, known)?.as_u64());
    let (runs, waiting) = (runs.clamp(1, 100), waiting.unwrap_or(runs.saturating_add(10)).min(100));
    let told = "Beyond that a caller gets 429, a poll is skipped, and `splitOn` takes 100 items.";
    Some((format!("concurrency: {{ runs: {runs}, waiting: {waiting} }}"), vec![Remark::note(told)]))
}

/// What a scenario can't say of a trigger.
fn further(trigger: &Node, remarks: &mut Vec<Remark>) {
    if let Some(node) = trigger.get("splitOn") {
        let told = format!("one run for each item of {}, all at once: how many items come?", expression(node));
        remarks.push(Remark::question(&node.place, told));
    }
    let conditions = trigger.get("conditions").and_then(Node::as_sequence).unwrap_or_default();
    if let Some(first) = conditions.first() {
        let shown = first.get("expression").map_or_else(String::new, |node| format!(" ({})", expression(node)));
        let told = format!("how many of its events begin a run? It has conditions{shown}");
        remarks.push(Remark::question(&first.place, told));
    }
}

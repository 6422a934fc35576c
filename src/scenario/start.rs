//! `start`: when a flow's runs begin.

use std::time::Duration;

use super::model::{Arrivals, Start, TimeBase, Users};
use super::read::{
    count, fault, list, optional_count, optional_span, optional_word, rate, required_count, required_span, span,
};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};

const TIMES: [(&str, TimeBase); 2] = [("clock", TimeBase::Clock), ("real", TimeBase::Real)];

const KINDS: [&str; 7] = ["recurrence", "polling", "webhook", "arrivals", "burst", "replay", "users"];

/// `child`: begun by other flows only; everything else is a mapping.
pub(super) fn start(node: &Node, diagnostics: &mut Diagnostics) -> Option<Start> {
    if node.as_str() == Some("child") {
        return Some(Start::Child);
    }
    let mut fields = Fields::of(node, diagnostics);
    let kinds = KINDS.map(|kind| fields.optional(kind).map(|node| (kind, node)));
    let place = fields.place();
    fields.finish();
    let mut named = kinds.into_iter().flatten();
    let (Some((kind, node)), None) = (named.next(), named.next()) else {
        let kinds: Vec<String> = KINDS.iter().map(|kind| format!("`{kind}`")).collect();
        diagnostics.push(
            Diagnostic::error(place, "it must be clear how the flow starts")
                .expected(format!("`child`, or exactly one of {}", kinds.join(", "))),
        );
        return None;
    };
    let mut fields = Fields::of(node, diagnostics);
    let time = optional_word(&mut fields, "time", &TIMES).unwrap_or_default();
    let start = match kind {
        "recurrence" => recurrence(&mut fields, time),
        "polling" => polling(&mut fields, time),
        "arrivals" => arrivals(&mut fields, time),
        "users" => users(&mut fields, time),
        "replay" => {
            let at = fields.required("at").map(|node| list(node, fields.diagnostics(), span));
            at.map(|at| Start::Replay { at: at.into(), time })
        }
        // A run for each row that somebody changes at once.
        "webhook" => within(&mut fields, "rows", time),
        _ => within(&mut fields, "runs", time),
    };
    fields.finish();
    start
}

fn recurrence(fields: &mut Fields<'_, '_>, time: TimeBase) -> Option<Start> {
    let every = required_span(fields, "every");
    let jitter = optional_span(fields, "jitter").unwrap_or_default();
    let drift = optional_span(fields, "drift").unwrap_or_default();
    let times = optional_count(fields, "times", (1, 1_000_000)).unwrap_or(1) as u32;
    Some(Start::Recurrence { every: every?, jitter, drift, times, time })
}

fn polling(fields: &mut Fields<'_, '_>, time: TimeBase) -> Option<Start> {
    let every = required_span(fields, "every");
    let jitter = optional_span(fields, "jitter").unwrap_or_default();
    let times = optional_count(fields, "times", (1, 1_000_000)).unwrap_or(1) as u32;
    let found = fields.required("items").and_then(|node| items(node, fields.diagnostics()));
    Some(Start::Polling { every: every?, jitter, times, items: found?, time })
}

/// How many items a poll finds, or the least and the most: `[0, 40]`.
fn items(node: &Node, diagnostics: &mut Diagnostics) -> Option<(u32, u32)> {
    let one = |node: &Node, diagnostics: &mut Diagnostics| count(node, 0, 100_000, diagnostics).map(|n| n as u32);
    let Some([least, most]) = node.as_sequence() else {
        return one(node, diagnostics).map(|items| (items, items));
    };
    let (from, to) = one(least, diagnostics).zip(one(most, diagnostics))?;
    if from > to {
        fault(most, "the most are fewer than the least", "the least, then the most", diagnostics);
    }
    Some((from, to.max(from)))
}

fn arrivals(fields: &mut Fields<'_, '_>, time: TimeBase) -> Option<Start> {
    let mut of = |key| fields.optional(key).map(|node| rate(node, fields.diagnostics()));
    let (from, to) = (of("rate"), of("to"));
    if from.is_none() {
        fields.required("rate");
    }
    let lasting = required_span(fields, "for");
    let poisson = optional_word(fields, "pattern", &[("even", false), ("poisson", true)]).unwrap_or_default();
    let rate = from.flatten()?;
    Some(Start::Arrivals(Arrivals { rate, to: to.unwrap_or(Some(rate))?, lasting: lasting?, poisson, time }))
}

fn within(fields: &mut Fields<'_, '_>, key: &'static str, time: TimeBase) -> Option<Start> {
    let runs = required_count(fields, key, (1, 1_000_000));
    let within = required_span(fields, "within");
    Some(Start::Burst { runs: runs? as u32, within: within?, time })
}

fn users(fields: &mut Fields<'_, '_>, time: TimeBase) -> Option<Start> {
    let count = required_count(fields, "count", (1, 100_000));
    let ramp = optional_span(fields, "ramp").unwrap_or_default();
    let lasting = required_span(fields, "for");
    let think = fields.optional("think").and_then(|node| think(node, fields.diagnostics())).unwrap_or_default();
    Some(Start::Users(Users { count: count? as u32, ramp, lasting: lasting?, think, time }))
}

/// A span, or the shortest and the longest: `[1 s, 3 s]`.
fn think(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Duration, Duration)> {
    let Some([from, to]) = node.as_sequence() else {
        return span(node, diagnostics).map(|span| (span, span));
    };
    let (least, most) = span(from, diagnostics).zip(span(to, diagnostics))?;
    if least > most {
        fault(to, "the longest time is shorter than the shortest", "the shortest time, then the longest", diagnostics);
    }
    Some((least, most))
}

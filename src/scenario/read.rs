//! Single values of a scenario file.

use std::time::Duration;

use crate::clock::parse_duration;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Value, closest};

/// The node's words for what was found.
fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(text) => format!("`{text}`"),
        Value::Number(number) => format!("`{number}`"),
        Value::Bool(value) => format!("`{value}`"),
        _ => node.kind().to_owned(),
    }
}

pub(super) fn fault(node: &Node, what: &str, expected: &str, diagnostics: &mut Diagnostics) {
    diagnostics.push(Diagnostic::error(node.place.clone(), what).expected(expected).actual(shown(node)));
}

/// A span such as `500 ms`, `3 s` or `PT2M`.
pub(super) fn span(node: &Node, diagnostics: &mut Diagnostics) -> Option<Duration> {
    let read = node.as_str().and_then(parse_duration);
    if read.is_none() {
        fault(node, "not a span of time", "a span like `500 ms`, `3 s`, `2 min` or `PT2M`", diagnostics);
    }
    read
}

pub(super) fn optional_span(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Duration> {
    let node = fields.optional(key)?;
    span(node, fields.diagnostics())
}

pub(super) fn required_span(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Duration> {
    let node = fields.required(key)?;
    span(node, fields.diagnostics())
}

/// A whole number between bounds.
pub(super) fn count(node: &Node, least: u64, most: u64, diagnostics: &mut Diagnostics) -> Option<u64> {
    let read = match &node.value {
        Value::Number(number) => number.as_u64().filter(|n| (least..=most).contains(n)),
        _ => None,
    };
    if read.is_none() {
        fault(node, "not a number that can stand here", &format!("a whole number from {least} to {most}"), diagnostics);
    }
    read
}

pub(super) fn optional_count(fields: &mut Fields<'_, '_>, key: &'static str, (least, most): (u64, u64)) -> Option<u64> {
    let node = fields.optional(key)?;
    count(node, least, most, fields.diagnostics())
}

pub(super) fn required_count(fields: &mut Fields<'_, '_>, key: &'static str, (least, most): (u64, u64)) -> Option<u64> {
    let node = fields.required(key)?;
    count(node, least, most, fields.diagnostics())
}

/// A share from 0 to 1, or in percent (`5%`).
pub(super) fn share(node: &Node, diagnostics: &mut Diagnostics) -> Option<f64> {
    let read = match &node.value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.strip_suffix('%').and_then(|p| p.trim().parse::<f64>().ok()).map(|p| p / 100.0),
        _ => None,
    };
    let read = read.filter(|share| (0.0..=1.0).contains(share));
    if read.is_none() {
        fault(node, "not a share", "a number from 0 to 1, or a percentage like `5%`", diagnostics);
    }
    read
}

/// A rate: `22/s`, `90/min`, or a number of runs a second.
pub(super) fn rate(node: &Node, diagnostics: &mut Diagnostics) -> Option<f64> {
    let read = match &node.value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.split_once('/').and_then(|(number, unit)| {
            let seconds = match unit.trim() {
                "s" => 1.0,
                "min" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
            number.trim().parse::<f64>().ok().map(|n| n / seconds)
        }),
        _ => None,
    };
    let read = read.filter(|rate| rate.is_finite() && *rate > 0.0 && *rate <= 100_000.0);
    if read.is_none() {
        fault(node, "not a rate", "a rate like `22/s` or `90/min`", diagnostics);
    }
    read
}

/// One of several words.
pub(super) fn word<T: Copy>(node: &Node, words: &[(&'static str, T)], diagnostics: &mut Diagnostics) -> Option<T> {
    let text = node.as_str().unwrap_or_default();
    if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
        return Some(*value);
    }
    let list = words.iter().map(|(w, _)| format!("`{w}`")).collect::<Vec<_>>().join(", ");
    let mut diagnostic =
        Diagnostic::error(node.place.clone(), "unknown word").expected(format!("one of {list}")).actual(shown(node));
    if let Some(near) = closest(text, words.iter().map(|(w, _)| *w)) {
        diagnostic = diagnostic.hint(format!("did you mean `{near}`?"));
    }
    diagnostics.push(diagnostic);
    None
}

pub(super) fn optional_word<T: Copy>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    words: &[(&'static str, T)],
) -> Option<T> {
    let node = fields.optional(key)?;
    word(node, words, fields.diagnostics())
}

/// A list with at least one entry.
pub(super) fn list<'n, T>(
    node: &'n Node,
    diagnostics: &mut Diagnostics,
    mut one: impl FnMut(&'n Node, &mut Diagnostics) -> Option<T>,
) -> Vec<T> {
    let Some(entries) = node.as_sequence() else {
        node.wrong_kind("a list", diagnostics);
        return Vec::new();
    };
    if entries.is_empty() {
        fault(node, "the list is empty", "at least one entry", diagnostics);
    }
    entries.iter().filter_map(|entry| one(entry, diagnostics)).collect()
}

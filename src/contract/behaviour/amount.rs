//! Numbers with units: sizes, rates, shares, spans, dates.

use std::time::Duration;

use crate::clock::{Timestamp, parse_duration};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Value};

/// A whole number that is at least `least`.
pub(super) fn count(node: &Node, least: u64, faults: &mut Diagnostics) -> Option<u64> {
    let number = match &node.value {
        Value::Number(number) => number.as_u64().filter(|n| *n >= least),
        _ => None,
    };
    read(node, number, &format!("a whole number of {least} or more"), faults)
}

/// A size in bytes: `4 MiB`, `200 KB`, `512`.
pub(super) fn bytes(node: &Node, faults: &mut Diagnostics) -> Option<u64> {
    let text = node.key_text();
    let size = split(&text).and_then(|(number, unit)| {
        let factor: u64 = match unit {
            "" | "B" => 1,
            "KB" | "kB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        let size = number * factor as f64;
        (size >= 1.0 && size.fract() == 0.0 && size < 9e15).then_some(size as u64)
    });
    read(node, size, "a size, e.g. `4 MiB`, `200 KB` or `512`", faults)
}

/// A rate per second: `20/s`, `600/min`, `1000/h`.
pub(super) fn rate(node: &Node, faults: &mut Diagnostics) -> Option<f64> {
    let text = node.key_text();
    let rate = text.split_once('/').and_then(|(number, unit)| {
        let seconds = match unit.trim() {
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        number.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n > 0.0).map(|n| n / seconds)
    });
    read(node, rate, "a rate, e.g. `20/s` or `600/min`", faults)
}

/// A share: `0.1%` is 0.001.
pub(super) fn share(node: &Node, faults: &mut Diagnostics) -> Option<f64> {
    let text = node.key_text();
    let share = text
        .strip_suffix('%')
        .and_then(|number| number.trim().parse::<f64>().ok())
        .filter(|percent| (0.0..=100.0).contains(percent))
        .map(|percent| percent / 100.0);
    read(node, share, "a share between `0%` and `100%`, e.g. `0.1%`", faults)
}

/// A span of time that is not zero.
pub(super) fn span(node: &Node, faults: &mut Diagnostics) -> Option<Duration> {
    let span = node.as_str().and_then(parse_duration).filter(|span| !span.is_zero());
    read(node, span, "a span of time, e.g. `PT24H`, `500 ms` or `2 s`", faults)
}

/// A date or an instant.
pub(super) fn date(node: &Node, faults: &mut Diagnostics) -> Option<Timestamp> {
    let date = node.as_str().and_then(Timestamp::parse);
    read(node, date, "a date, e.g. `2026-06-30` or `2026-06-30T12:00:00Z`", faults)
}

/// True or false.
pub(super) fn flag(node: &Node, faults: &mut Diagnostics) -> Option<bool> {
    let flag = match node.value {
        Value::Bool(flag) => Some(flag),
        _ => None,
    };
    read(node, flag, "`true` or `false`", faults)
}

/// The value, or a fault that says what was expected.
pub(super) fn read<T>(node: &Node, value: Option<T>, expected: &str, faults: &mut Diagnostics) -> Option<T> {
    if value.is_none() {
        faults.push(
            Diagnostic::error(node.place.clone(), "this value can't be read").expected(expected).actual(shown(node)),
        );
    }
    value
}

/// What stands there, in a user's words.
pub(super) fn shown(node: &Node) -> String {
    match &node.value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => format!("`{}`", node.key_text()),
        _ => node.kind().to_owned(),
    }
}

fn split(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, text[end..].trim()))
}

//! Instants as .NET reads and writes them.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, Timelike, Utc};

use crate::clock::Timestamp;

/// Reads an instant; without an offset it is UTC.
pub(in crate::stack::gateway) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(instant) = Timestamp::parse(text).or_else(|| Timestamp::parse_http_date(text)) {
        return Some(instant);
    }
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S"].iter().find_map(|format| {
        let naive = NaiveDateTime::parse_from_str(text, format).ok()?;
        Some(Timestamp::from_micros(naive.and_utc().timestamp_micros()))
    })
}

/// Writes an instant by a standard format (`o`, `R`, `s`, `u`) or a custom one
/// (`yyyy-MM-ddTHH:mm:ssZ`).
pub(in crate::stack::gateway) fn format(instant: Timestamp, format: &str) -> String {
    match format {
        "o" | "O" => custom(instant.utc(), "yyyy-MM-ddTHH:mm:ss.fffffffZ"),
        "r" | "R" => instant.http_date(),
        "s" => custom(instant.utc(), "yyyy-MM-ddTHH:mm:ss"),
        "u" => custom(instant.utc(), "yyyy-MM-dd HH:mm:ssZ"),
        "" | "G" => custom(instant.utc(), "MM/dd/yyyy HH:mm:ss"),
        other => custom(instant.utc(), other),
    }
}

/// Writes an instant as Newtonsoft does.
pub(in crate::stack::gateway) fn json(instant: Timestamp) -> String {
    let text = custom(instant.utc(), "yyyy-MM-ddTHH:mm:ss.ffffff");
    format!("{}Z", text.trim_end_matches('0').trim_end_matches('.'))
}

fn custom(at: DateTime<Utc>, mut format: &str) -> String {
    let mut out = String::new();
    while let Some(first) = format.chars().next() {
        if first == '\'' || first == '"' {
            let rest = &format[1..];
            let end = rest.find(first).unwrap_or(rest.len());
            out.push_str(&rest[..end]);
            format = rest.get(end + 1..).unwrap_or_default();
            continue;
        }
        let run = format.len() - format.trim_start_matches(first).len();
        let chrono = match (first, run) {
            ('y', 4) => "%Y",
            ('y', 2) => "%y",
            ('M', 4) => "%B",
            ('M', 3) => "%b",
            ('M', 2) => "%m",
            ('M', 1) => "%-m",
            ('d', 4) => "%A",
            ('d', 3) => "%a",
            ('d', 2) => "%d",
            ('d', 1) => "%-d",
            ('H', 2) => "%H",
            ('H', 1) => "%-H",
            ('h', 2) => "%I",
            ('m', 2) => "%M",
            ('s', 2) => "%S",
            ('t', 2) => "%p",
            ('z', 3) => "%:z",
            _ => "",
        };
        if first == 'f' {
            let digits = format!("{:09}", at.nanosecond() % 1_000_000_000);
            out.push_str(&digits[..run.min(9)]);
        } else if chrono.is_empty() {
            out.push_str(&format[..run]);
        } else {
            let _ = write!(out, "{}", at.format(chrono));
        }
        format = &format[run..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_and_written_as_dot_net_does() {
        let at = parse("2026-09-01T08:05:06.1234567Z").expect("an instant");
        for (pattern, text) in [
            ("o", "2026-09-01T08:05:06.1234560Z"),
            ("R", "Tue, 01 Sep 2026 08:05:06 GMT"),
            ("yyyy-MM-ddTHH:mm:ssZ", "2026-09-01T08:05:06Z"),
            ("yyyyMMdd'T'fff", "20260901T123"),
            ("ddd, d MMM", "Tue, 1 Sep"),
        ] {
            assert_eq!(format(at, pattern), text);
        }
        assert_eq!(parse("Tue, 01 Sep 2026 08:05:06 GMT").map(Timestamp::seconds), Some(at.seconds()));
        assert_eq!(parse("2026-09-01 08:05:06").map(Timestamp::seconds), Some(at.seconds()));
        assert_eq!(parse("soon"), None);
    }
}

//! Instants as definitions write them, and .NET's formats.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};

/// The format that is meant where none is given: `o`.
pub(super) const ROUND_TRIP: &str = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

/// An instant as text; without a zone it is UTC.
pub(super) fn parse(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    let whole = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let read = whole.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let midnight = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    Some(read.or_else(midnight)?.and_utc())
}

/// An instant in a format of .NET, in the invariant culture; `None` for a format
/// that is not known here.
pub(super) fn format(instant: DateTime<Utc>, format: &str) -> Option<String> {
    let format = match format {
        "o" | "O" => ROUND_TRIP,
        "s" => "yyyy-MM-ddTHH:mm:ss",
        "u" => "yyyy-MM-dd HH:mm:ssZ",
        "r" | "R" => "ddd, dd MMM yyyy HH:mm:ss 'GMT'",
        "d" => "MM/dd/yyyy",
        "D" => "dddd, dd MMMM yyyy",
        "t" => "HH:mm",
        "T" => "HH:mm:ss",
        "g" => "MM/dd/yyyy HH:mm",
        "G" => "MM/dd/yyyy HH:mm:ss",
        one if one.chars().count() == 1 => return None,
        other => other,
    };
    let (mut text, mut rest) = (String::new(), format);
    while let Some(c) = rest.chars().next() {
        if c == '\'' || c == '"' {
            let (quoted, behind) = rest[1..].split_once(c)?;
            text.push_str(quoted);
            rest = behind;
            continue;
        }
        if c == '\\' {
            let escaped = rest[1..].chars().next()?;
            text.push(escaped);
            rest = &rest[1 + escaped.len_utf8()..];
            continue;
        }
        let run = rest.chars().take_while(|other| *other == c).count();
        if c.is_ascii_alphabetic() && !matches!(c, 'T' | 'Z') {
            text.push_str(&piece(instant, c, run)?);
        } else {
            text.extend(std::iter::repeat_n(c, run));
        }
        rest = &rest[run * c.len_utf8()..];
    }
    Some(text)
}

/// One specifier, `run` letters long.
fn piece(instant: DateTime<Utc>, letter: char, run: usize) -> Option<String> {
    let number = |value: u32| Some(if run == 1 { value.to_string() } else { format!("{value:02}") });
    match (letter, run) {
        ('y', 1 | 2) => number((instant.year().rem_euclid(100)) as u32),
        ('y', 3..) => Some(format!("{:0run$}", instant.year())),
        ('M', 1 | 2) => number(instant.month()),
        ('M', 3) => Some(instant.format("%b").to_string()),
        ('M', 4..) => Some(instant.format("%B").to_string()),
        ('d', 1 | 2) => number(instant.day()),
        ('d', 3) => Some(instant.format("%a").to_string()),
        ('d', 4..) => Some(instant.format("%A").to_string()),
        ('H', 1 | 2) => number(instant.hour()),
        ('h', 1 | 2) => number(instant.hour12().1),
        ('m', 1 | 2) => number(instant.minute()),
        ('s', 1 | 2) => number(instant.second()),
        ('f', 1..=7) => Some(format!("{:07}", instant.nanosecond() / 100)[..run].to_owned()),
        ('t', 1 | 2) => Some(instant.format("%p").to_string()[..run].to_owned()),
        ('K', 1) => Some("Z".to_owned()),
        ('z', 1..=3) => Some(["+0", "+00", "+00:00"][run - 1].to_owned()),
        _ => None,
    }
}

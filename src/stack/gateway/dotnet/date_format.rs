//! Dates as text: standard and custom formats.

use std::fmt::Write as _;

use chrono::{Datelike, NaiveDateTime, Timelike};

use super::moment::{Kind, Moment};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The custom format that a standard one stands for; whether it shows UTC.
fn standard(letter: char, kind: Kind) -> Option<(&'static str, bool)> {
    let offset = matches!(kind, Kind::Offset(_));
    Some(match letter {
        'd' => ("MM/dd/yyyy", false),
        'D' => ("dddd, dd MMMM yyyy", false),
        'f' => ("dddd, dd MMMM yyyy HH:mm", false),
        'F' => ("dddd, dd MMMM yyyy HH:mm:ss", false),
        'g' => ("MM/dd/yyyy HH:mm", false),
        'G' => ("MM/dd/yyyy HH:mm:ss", false),
        'm' | 'M' => ("MMMM dd", false),
        'o' | 'O' if offset => ("yyyy-MM-ddTHH:mm:ss.fffffffzzz", false),
        'o' | 'O' => ("yyyy-MM-ddTHH:mm:ss.fffffffK", false),
        'r' | 'R' => ("ddd, dd MMM yyyy HH:mm:ss 'GMT'", offset),
        's' => ("yyyy-MM-ddTHH:mm:ss", false),
        't' => ("HH:mm", false),
        'T' => ("HH:mm:ss", false),
        'u' => ("yyyy-MM-dd HH:mm:ss'Z'", offset),
        'U' if !offset => ("dddd, dd MMMM yyyy HH:mm:ss", false),
        'y' | 'Y' => ("yyyy MMMM", false),
        _ => return None,
    })
}

/// `ToString(format)`; `None` is a `FormatException`.
pub(super) fn format(at: Moment, pattern: &str) -> Option<String> {
    let mut letters = pattern.chars();
    let (custom, utc) = match (letters.next(), letters.next()) {
        (None, _) if matches!(at.kind, Kind::Offset(_)) => ("MM/dd/yyyy HH:mm:ss zzz", false),
        (None, _) => ("MM/dd/yyyy HH:mm:ss", false),
        (Some(letter), None) => standard(letter, at.kind)?,
        _ => (pattern, false),
    };
    let at = if utc { Moment { ticks: at.utc_ticks(), kind: at.kind } } else { at };
    write(at, custom)
}

fn write(at: Moment, mut pattern: &str) -> Option<String> {
    let calendar = at.calendar();
    let mut out = String::new();
    while let Some(first) = pattern.chars().next() {
        match first {
            '\'' | '"' => {
                let rest = &pattern[1..];
                let end = rest.find(first)?;
                out.push_str(&rest[..end]);
                pattern = &rest[end + 1..];
            }
            '\\' => {
                let escaped = pattern[1..].chars().next()?;
                out.push(escaped);
                pattern = &pattern[1 + escaped.len_utf8()..];
            }
            '%' => {
                pattern = &pattern[1..];
                if pattern.is_empty() || pattern.starts_with('%') {
                    return None;
                }
            }
            _ => {
                let run = pattern.len() - pattern.trim_start_matches(first).len();
                part(at, calendar, first, &pattern[..run], &mut out)?;
                pattern = &pattern[run..];
            }
        }
    }
    Some(out)
}

/// A run of one letter.
fn part(at: Moment, calendar: NaiveDateTime, letter: char, run: &str, out: &mut String) -> Option<()> {
    let width = run.len();
    let month = MONTHS[calendar.month0() as usize];
    let day = DAYS[calendar.weekday().num_days_from_sunday() as usize];
    let mut number = |value: u32| {
        // Writing to a string does not fail.
        let _ = write!(out, "{value:0width$}", width = width.min(2));
    };
    match (letter, width) {
        ('d', 1 | 2) => number(calendar.day()),
        ('d', 3) => out.push_str(&day[..3]),
        ('d', _) => out.push_str(day),
        ('M', 1 | 2) => number(calendar.month()),
        ('M', 3) => out.push_str(&month[..3]),
        ('M', _) => out.push_str(month),
        ('h', _) => number(calendar.hour12().1),
        ('H', _) => number(calendar.hour()),
        ('m', _) => number(calendar.minute()),
        ('s', _) => number(calendar.second()),
        ('y', 1 | 2) => number(calendar.year().rem_euclid(100) as u32),
        ('y', _) => drop(write!(out, "{:0width$}", calendar.year())),
        ('t', 1) => out.push_str(if calendar.hour() < 12 { "A" } else { "P" }),
        ('t', _) => out.push_str(if calendar.hour() < 12 { "AM" } else { "PM" }),
        ('f' | 'F', 1..=7) => fraction(at, letter, width, out),
        ('f' | 'F', _) => return None,
        ('g', _) => out.push_str("A.D."),
        ('K' | 'z', _) => zone(at, letter, width, out),
        _ => out.push_str(run),
    }
    Some(())
}

/// `F` leaves trailing zeros out, and the point before it.
fn fraction(at: Moment, letter: char, width: usize, out: &mut String) {
    let digits = format!("{:07}", at.ticks.rem_euclid(10_000_000));
    let digits = &digits[..width];
    if letter == 'f' {
        out.push_str(digits);
        return;
    }
    let digits = digits.trim_end_matches('0');
    if digits.is_empty() && out.ends_with('.') {
        out.pop();
    }
    out.push_str(digits);
}

fn zone(at: Moment, letter: char, width: usize, out: &mut String) {
    let minutes = match (at.kind, letter) {
        (Kind::Offset(minutes), _) => minutes,
        (Kind::Utc, 'K') => {
            out.push_str(&"Z".repeat(width));
            return;
        }
        (Kind::Unspecified, 'K') => return,
        _ => 0,
    };
    let (sign, minutes) = (if minutes < 0 { '-' } else { '+' }, minutes.unsigned_abs());
    let (hours, minutes) = (minutes / 60, minutes % 60);
    // Writing to a string does not fail.
    let _ = match (letter, width) {
        ('z', 1) => write!(out, "{sign}{hours}"),
        ('z', 2) => write!(out, "{sign}{hours:02}"),
        _ => write!(out, "{sign}{hours:02}:{minutes:02}"),
    };
}

#[cfg(test)]
mod tests {
    use super::super::moment::TICKS_PER_SECOND;
    use super::*;

    #[test]
    fn dates_are_written_as_dot_net_does() {
        let at = Moment::from_json("2026-09-01T08:05:06.1234567Z").expect("a date");
        for (pattern, text) in [
            ("", "09/01/2026 08:05:06"),
            ("o", "2026-09-01T08:05:06.1234567Z"),
            ("R", "Tue, 01 Sep 2026 08:05:06 GMT"),
            ("s", "2026-09-01T08:05:06"),
            ("u", "2026-09-01 08:05:06Z"),
            ("d", "09/01/2026"),
            ("D", "Tuesday, 01 September 2026"),
            ("yyyy-MM-ddTHH:mm:ssZ", "2026-09-01T08:05:06Z"),
            ("yyyy-MM-ddTHH:mm:ss.fffK", "2026-09-01T08:05:06.123Z"),
            ("yyyyMMdd'T'fff", "20260901T123"),
            ("ddd, d MMM yy h:mm tt zzz", "Tue, 1 Sep 26 8:05 AM +00:00"),
            ("%d", "1"),
            ("HH\\hmm", "08h05"),
        ] {
            assert_eq!(at.format(pattern).as_deref(), Some(text), "{pattern}");
        }
        assert_eq!(at.format("x"), None);
        assert_eq!(at.format("'open"), None);
        let whole = Moment { ticks: at.ticks / TICKS_PER_SECOND * TICKS_PER_SECOND, kind: Kind::Unspecified };
        assert_eq!(whole.iso(), "2026-09-01T08:05:06");
        let offset = Moment { kind: Kind::Offset(120), ..whole };
        assert_eq!(offset.text(), "09/01/2026 08:05:06 +02:00");
        assert_eq!(offset.format("o").as_deref(), Some("2026-09-01T08:05:06.0000000+02:00"));
        assert_eq!(offset.format("R").as_deref(), Some("Tue, 01 Sep 2026 06:05:06 GMT"));
    }
}

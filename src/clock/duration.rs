//! Spans of time as users write them.

use std::time::Duration;

/// Reads `PT5S`, `PT1H30M`, `P30D` (ISO 8601, as flow definitions write them),
/// or `500 ms`, `2 s`, `3 min`, `1 h`, `30 d`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    if let Some(iso) = text.strip_prefix('P') {
        return parse_iso(iso);
    }
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let number: f64 = text[..split].parse().ok()?;
    let unit = match text[split..].trim() {
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "min" | "m" => 60.0,
        "h" => 3600.0,
        "d" => 86400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number * unit).ok()
}

fn parse_iso(text: &str) -> Option<Duration> {
    let (date, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (text, ""),
    };
    if date.is_empty() && time.is_empty() {
        return None;
    }
    let days = iso_part(date, &[('W', 604_800.0), ('D', 86400.0)])?;
    let rest = iso_part(time, &[('H', 3600.0), ('M', 60.0), ('S', 1.0)])?;
    Duration::try_from_secs_f64(days + rest).ok()
}

fn iso_part(mut text: &str, units: &[(char, f64)]) -> Option<f64> {
    let mut total = 0.0;
    for (letter, seconds) in units {
        if let Some((number, rest)) = text.split_once(*letter) {
            total += number.parse::<f64>().ok()? * seconds;
            text = rest;
        }
    }
    text.is_empty().then_some(total)
}

/// Writes a span for people: `350 µs`, `12.5 ms`, `2 s`, `3 min 20 s`.
pub fn format_duration(span: Duration) -> String {
    let seconds = span.as_secs_f64();
    let trim = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    match seconds {
        s if s < 0.001 => format!("{} µs", trim(s * 1e6)),
        s if s < 1.0 => format!("{} ms", trim(s * 1e3)),
        s if s < 60.0 => format!("{} s", trim(s)),
        s if s < 3600.0 => match (s / 60.0, s % 60.0) {
            (min, rest) if rest < 0.5 => format!("{} min", min.floor()),
            (min, rest) => format!("{} min {} s", min.floor(), rest.round()),
        },
        s if s < 86400.0 => format!("{} h", trim(s / 3600.0)),
        s => format!("{} d", trim(s / 86400.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read() {
        for (text, seconds) in
            [("PT5S", 5.0), ("PT1H30M", 5400.0), ("P30D", 2_592_000.0), ("500 ms", 0.5), ("2s", 2.0), ("3 min", 180.0)]
        {
            assert_eq!(parse_duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "P", "PT", "5", "5 x", "PTS"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn spans_are_written_for_people() {
        for (micros, text) in [(350, "350 µs"), (12_500, "12.5 ms"), (2_000_000, "2 s"), (200_000_000, "3 min 20 s")] {
            assert_eq!(format_duration(Duration::from_micros(micros)), text);
        }
    }
}

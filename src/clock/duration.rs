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

/// Writes a span for people: `350 µs`, `12.5 ms`, `2 s`, `3 min 20 s`. What
/// would be rounded to a thousand of a unit, or to sixty, is one of the next.
pub fn format_duration(span: Duration) -> String {
    let nanos = span.as_nanos();
    let in_tenths = |unit: u128| (nanos * 10 + unit / 2) / unit;
    let shown = |tenths: u128, unit: &str| match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        rest => format!("{}.{rest} {unit}", tenths / 10),
    };
    for (unit, name, most) in [(1_000, "µs", 1_000), (1_000_000, "ms", 1_000), (1_000_000_000, "s", 60)] {
        let tenths = in_tenths(unit);
        if tenths < most * 10 {
            return shown(tenths, name);
        }
    }
    let seconds = (nanos + 500_000_000) / 1_000_000_000;
    if seconds < 3600 {
        return match (seconds / 60, seconds % 60) {
            (minutes, 0) => format!("{minutes} min"),
            (minutes, rest) => format!("{minutes} min {rest} s"),
        };
    }
    match in_tenths(3_600_000_000_000) {
        tenths if tenths < 240 => shown(tenths, "h"),
        _ => shown(in_tenths(86_400_000_000_000), "d"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        for (micros, text) in [(0, "0 µs"), (999_960, "1 s"), (59_960_000, "1 min"), (179_600_000, "3 min")] {
            assert_eq!(format_duration(Duration::from_micros(micros)), text);
        }
        for (seconds, text) in [(3599, "59 min 59 s"), (3600, "1 h"), (86_399, "1 d"), (129_600, "1.5 d")] {
            assert_eq!(format_duration(Duration::from_secs(seconds)), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_the_span_and_no_unit_overflows(micros in 0_u64..400_000_000_000) {
            let text = format_duration(Duration::from_micros(micros));
            let words: Vec<&str> = text.split(' ').collect();
            let (mut sum, mut step) = (0.0, 0.0);
            for part in words.chunks(2) {
                let number: f64 = part[0].parse().unwrap();
                let unit = parse_duration(&format!("1 {}", part[1])).unwrap().as_secs_f64() * 1e6;
                let most = match part[1] { "µs" | "ms" => 1000.0, "s" | "min" => 60.0, "h" => 24.0, _ => f64::MAX };
                prop_assert!(number < most, "{}", text);
                sum += number * unit;
                step = if text.contains("min") { 1e6 } else { unit / 10.0 };
            }
            prop_assert!((sum - micros as f64).abs() <= step * 0.51, "{}", text);
        }
    }
}

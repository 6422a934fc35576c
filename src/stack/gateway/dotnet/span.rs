//! `TimeSpan` as text. Spans are ticks of 100 ns.

use super::moment::TICKS_PER_SECOND;

const DAY: u64 = 86_400;

/// `[-][d.]hh:mm:ss[.fffffff]`, as `ToString()` gives it.
pub(in crate::stack::gateway) fn constant(ticks: i64) -> String {
    let (sign, total) = (if ticks < 0 { "-" } else { "" }, ticks.unsigned_abs());
    let (seconds, rest) = (total / TICKS_PER_SECOND as u64, total % TICKS_PER_SECOND as u64);
    let days = if seconds >= DAY { format!("{}.", seconds / DAY) } else { String::new() };
    let rest = if rest > 0 { format!(".{rest:07}") } else { String::new() };
    format!("{sign}{days}{:02}:{:02}:{:02}{rest}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
}

/// `ToString(format)`; `None` is a `FormatException`.
pub(in crate::stack::gateway) fn format_span(ticks: i64, pattern: &str) -> Option<String> {
    let total = ticks.unsigned_abs();
    let (seconds, rest) = (total / TICKS_PER_SECOND as u64, total % TICKS_PER_SECOND as u64);
    let (days, hours, minutes) = (seconds / DAY, seconds / 3600 % 24, seconds / 60 % 60);
    let sign = if ticks < 0 { "-" } else { "" };
    match pattern {
        "" | "c" | "t" | "T" => return Some(constant(ticks)),
        "g" => {
            let days = if days > 0 { format!("{days}:") } else { String::new() };
            let rest = format!(".{rest:07}");
            let rest = rest.trim_end_matches('0').trim_end_matches('.');
            return Some(format!("{sign}{days}{hours}:{minutes:02}:{:02}{rest}", seconds % 60));
        }
        "G" => return Some(format!("{sign}{days}:{hours:02}:{minutes:02}:{:02}.{rest:07}", seconds % 60)),
        _ => {}
    }
    let mut out = String::new();
    let mut left = pattern;
    while let Some(first) = left.chars().next() {
        let run = left.len() - left.trim_start_matches(first).len();
        let number = match first {
            'd' => days,
            'h' => hours,
            'm' => minutes,
            's' => seconds % 60,
            'f' | 'F' if run <= 7 => {
                let digits = format!("{rest:07}");
                let digits = &digits[..run];
                out.push_str(if first == 'F' { digits.trim_end_matches('0') } else { digits });
                left = &left[run..];
                continue;
            }
            '\\' => {
                let escaped = left[1..].chars().next()?;
                out.push(escaped);
                left = &left[1 + escaped.len_utf8()..];
                continue;
            }
            '\'' | '"' => {
                let end = left[1..].find(first)?;
                out.push_str(&left[1..=end]);
                left = &left[end + 2..];
                continue;
            }
            '%' if pattern.len() > 1 => {
                left = &left[1..];
                continue;
            }
            _ => return None,
        };
        let digits = number.to_string();
        out.extend(std::iter::repeat_n('0', run.saturating_sub(digits.len())));
        out.push_str(&digits);
        left = &left[run..];
    }
    // A letter alone is a standard format, and there are no others.
    (pattern.len() > 1).then_some(out)
}

/// `[-][d.]hh:mm[:ss[.fffffff]]`, or days alone. `None` is a
/// `FormatException`.
pub(in crate::stack::gateway) fn parse_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse::<i64>().ok().filter(|_| plain)
    };
    let parts: Vec<&str> = text.split(':').collect();
    let (days, hours, minutes, seconds) = match parts.as_slice() {
        [days] => (number(days)?, 0, 0, "0"),
        [days, hours, minutes, seconds] => (number(days)?, number(hours)?, number(minutes)?, *seconds),
        [first, rest @ ..] => {
            let (days, hours) = first.split_once('.').unwrap_or(("0", first));
            (number(days)?, number(hours)?, number(rest[0])?, rest.get(1).copied().unwrap_or("0"))
        }
        [] => return None,
    };
    let (seconds, rest) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let (seconds, rest) = (number(seconds)?, number(&format!("{rest:0<7}")).filter(|_| rest.len() <= 7)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let whole = days.checked_mul(DAY as i64)?.checked_add(hours * 3600 + minutes * 60 + seconds)?;
    let ticks = whole.checked_mul(TICKS_PER_SECOND)?.checked_add(rest)?;
    Some(if negative { -ticks } else { ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_and_read_as_dot_net_does() {
        for (ticks, text) in [
            (18_020_000_000, "00:30:02"),
            (86_400 * 7 * TICKS_PER_SECOND, "7.00:00:00"),
            (-610_000_000, "-00:01:01"),
            (15_000_000, "00:00:01.5000000"),
        ] {
            assert_eq!(constant(ticks), text);
            assert_eq!(parse_span(text), Some(ticks));
        }
        assert_eq!(parse_span("1:30"), Some(5400 * TICKS_PER_SECOND));
        assert_eq!(parse_span("2"), Some(2 * 86_400 * TICKS_PER_SECOND));
        assert_eq!(parse_span("24:00"), None);
        assert_eq!(format_span(18_020_000_000, "hh\\:mm\\:ss").as_deref(), Some("00:30:02"));
        assert_eq!(format_span(18_025_000_000, "g").as_deref(), Some("0:30:02.5"));
    }
}

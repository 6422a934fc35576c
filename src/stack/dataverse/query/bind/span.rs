//! Spans of time that are relative to now, all in UTC (whose time zone a user
//! has is no matter of this mock).

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeDelta, Utc};

use crate::clock::Timestamp;

/// From an instant, until before another; open where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

fn midnight(day: NaiveDate) -> Timestamp {
    let time = day.and_time(chrono::NaiveTime::MIN).and_utc();
    Timestamp::from_micros(time.timestamp_micros())
}

fn days(from: NaiveDate, until: NaiveDate) -> Span {
    Span { from: Some(midnight(from)), until: Some(midnight(until)) }
}

/// The whole day.
pub(super) fn on(day: NaiveDate) -> Span {
    days(day, day + Days::new(1))
}

/// The span that a function without a number names; `None` where there is no
/// such function.
pub(super) fn calendar(function: &str, now: Timestamp) -> Option<Span> {
    let today = now.utc().date_naive();
    let week = today - Days::new(u64::from(today.weekday().num_days_from_sunday()));
    let month = today.with_day(1)?;
    let year = month.with_month(1)?;
    let (one_month, one_year) = (Months::new(1), Months::new(12));
    Some(match function {
        "Today" => on(today),
        "Yesterday" => on(today - Days::new(1)),
        "Tomorrow" => on(today + Days::new(1)),
        "Last7Days" => Span { until: Some(now.plus_micros(1)), ..days(today - Days::new(7), today) },
        "Next7Days" => Span { from: Some(now), ..days(today, today + Days::new(8)) },
        "LastWeek" => days(week - Days::new(7), week),
        "ThisWeek" => days(week, week + Days::new(7)),
        "NextWeek" => days(week + Days::new(7), week + Days::new(14)),
        "LastMonth" => days(month - one_month, month),
        "ThisMonth" => days(month, month + one_month),
        "NextMonth" => days(month + one_month, month + Months::new(2)),
        "LastYear" => days(year - one_year, year),
        "ThisYear" => days(year, year + one_year),
        "NextYear" => days(year + one_year, year + Months::new(24)),
        _ => return None,
    })
}

/// The span of a function with a number: `LastXDays`, `NextXHours`,
/// `OlderThanXMonths`.
pub(super) fn counted(function: &str, number: u32, now: Timestamp) -> Option<Span> {
    let (direction, unit) = function.split_once('X')?;
    let at = now.utc();
    let whole = matches!(unit, "Days" | "Weeks" | "Months" | "Years");
    match direction {
        "Last" => {
            let from = moved(at, unit, number, false)?;
            let from = if whole { midnight(from.date_naive()) } else { instant(from) };
            Some(Span { from: Some(from), until: Some(now.plus_micros(1)) })
        }
        "Next" => {
            let until = moved(at, unit, number, true)?;
            let until = if whole { midnight(until.date_naive() + Days::new(1)) } else { instant(until) };
            Some(Span { from: Some(now), until: Some(until) })
        }
        "OlderThan" => Some(Span { from: None, until: Some(instant(moved(at, unit, number, false)?)) }),
        _ => None,
    }
}

fn instant(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_micros(at.timestamp_micros())
}

fn moved(at: DateTime<Utc>, unit: &str, number: u32, later: bool) -> Option<DateTime<Utc>> {
    let span = match unit {
        "Minutes" => TimeDelta::minutes(number.into()),
        "Hours" => TimeDelta::hours(number.into()),
        "Days" => TimeDelta::days(number.into()),
        "Weeks" => TimeDelta::weeks(number.into()),
        "Months" | "Years" => {
            let months = Months::new(if unit == "Years" { number.checked_mul(12)? } else { number });
            return if later { at.checked_add_months(months) } else { at.checked_sub_months(months) };
        }
        _ => return None,
    };
    if later { at.checked_add_signed(span) } else { at.checked_sub_signed(span) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(span: Span) -> String {
        let text = |at: Option<Timestamp>| at.map(|at| at.utc().format("%m-%dT%H:%M").to_string()).unwrap_or_default();
        format!("{}..{}", text(span.from), text(span.until))
    }

    #[test]
    fn spans_are_those_of_the_calendar() {
        // A Tuesday.
        let now = Timestamp::parse("2026-09-01T08:30:00Z").expect("valid");
        for (function, expected) in [
            ("Today", "09-01T00:00..09-02T00:00"),
            ("Last7Days", "08-25T00:00..09-01T08:30"),
            ("ThisWeek", "08-30T00:00..09-06T00:00"),
            ("LastMonth", "08-01T00:00..09-01T00:00"),
            ("NextYear", "01-01T00:00..01-01T00:00"),
        ] {
            assert_eq!(shown(calendar(function, now).expect(function)), expected, "{function}");
        }
        for (function, expected) in [
            ("LastXDays", "08-30T00:00..09-01T08:30"),
            ("NextXHours", "09-01T08:30..09-01T10:30"),
            ("OlderThanXMonths", "..07-01T08:30"),
            ("NextXDays", "09-01T08:30..09-04T00:00"),
        ] {
            assert_eq!(shown(counted(function, 2, now).expect(function)), expected, "{function}");
        }
        assert_eq!(counted("LastXEons", 2, now), None);
    }
}

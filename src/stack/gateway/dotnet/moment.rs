//! `DateTime` and `DateTimeOffset`.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};

use super::date_format::format;
use super::date_parse::parse;
use crate::clock::Timestamp;

/// Ticks of 100 ns in a millisecond.
pub(in crate::stack::gateway) const TICKS_PER_MILLISECOND: i64 = 10_000;

/// Ticks of 100 ns in a second.
pub(in crate::stack::gateway) const TICKS_PER_SECOND: i64 = 10_000_000;

const TICKS_PER_DAY: i64 = 86_400 * TICKS_PER_SECOND;

/// The ticks of 1970-01-01.
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// The ticks of 9999-12-31T23:59:59.9999999.
const MAX: i64 = 3_155_378_975_999_999_999;

/// An instant as .NET holds it: what the clock on the wall shows, and how that
/// is meant. The local zone is UTC, as on the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::stack::gateway) struct Moment {
    /// Of 100 ns, since 0001-01-01.
    pub(in crate::stack::gateway) ticks: i64,
    pub(in crate::stack::gateway) kind: Kind,
}

/// `DateTimeKind`, or the offset of a `DateTimeOffset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::stack::gateway) enum Kind {
    Unspecified,
    Utc,
    Local,
    /// Minutes east of UTC.
    Offset(i16),
}

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self { ticks: at.micros().saturating_mul(10).saturating_add(UNIX_EPOCH).clamp(0, MAX), kind: Kind::Utc }
    }
}

impl Moment {
    /// `DateTime.MinValue`, which is also the default.
    pub(in crate::stack::gateway) const MIN: Self = Self { ticks: 0, kind: Kind::Unspecified };

    /// `DateTime.MaxValue`.
    pub(in crate::stack::gateway) const MAX: Self = Self { ticks: MAX, kind: Kind::Unspecified };

    /// So many ticks after 0001-01-01, where the calendar reaches that far.
    pub(in crate::stack::gateway) fn new(ticks: i64, kind: Kind) -> Option<Self> {
        (0..=MAX).contains(&ticks).then_some(Self { ticks, kind })
    }

    /// A day at midnight.
    pub(in crate::stack::gateway) fn of_day(year: i32, month: u32, day: u32) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        Self::new((i64::from(date.num_days_from_ce()) - 1) * TICKS_PER_DAY, Kind::Unspecified)
    }

    /// So many ticks after the Unix epoch, as a `DateTimeOffset`.
    pub(in crate::stack::gateway) fn of_unix(ticks: i64) -> Option<Self> {
        Self::new(UNIX_EPOCH.checked_add(ticks)?, Kind::Offset(0))
    }

    /// The same instant with an offset of zero.
    pub(in crate::stack::gateway) fn with_offset(self) -> Self {
        match self.kind {
            Kind::Offset(_) => self,
            _ => Self { kind: Kind::Offset(0), ..self },
        }
    }

    /// Ticks of what a clock in UTC shows.
    pub(in crate::stack::gateway) fn utc_ticks(self) -> i64 {
        match self.kind {
            Kind::Offset(minutes) => self.ticks - i64::from(minutes) * 60 * TICKS_PER_SECOND,
            _ => self.ticks,
        }
    }

    /// Ticks since the Unix epoch.
    pub(in crate::stack::gateway) fn unix_ticks(self) -> i64 {
        self.utc_ticks() - UNIX_EPOCH
    }

    /// Later by so many ticks, where the calendar reaches that far.
    pub(in crate::stack::gateway) fn plus(self, ticks: i64) -> Option<Self> {
        Self::new(self.ticks.checked_add(ticks)?, self.kind)
    }

    /// `AddMonths`: the last day of a shorter month.
    pub(in crate::stack::gateway) fn plus_months(self, months: i32) -> Option<Self> {
        let at = self.calendar();
        let total = at.year().checked_mul(12)?.checked_add(at.month0() as i32)?.checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) as u32 + 1);
        let day = (1..=at.day()).rev().find_map(|day| Self::of_day(year, month, day))?;
        Self::new(day.ticks + self.ticks.rem_euclid(TICKS_PER_DAY), self.kind)
    }

    /// Midnight of its day.
    pub(in crate::stack::gateway) fn day(self) -> Self {
        Self { ticks: self.ticks - self.ticks.rem_euclid(TICKS_PER_DAY), kind: self.kind }
    }

    /// Ticks since midnight.
    pub(in crate::stack::gateway) fn time_of_day(self) -> i64 {
        self.ticks.rem_euclid(TICKS_PER_DAY)
    }

    /// What the clock on the wall shows, to the tick.
    pub(in crate::stack::gateway) fn calendar(self) -> NaiveDateTime {
        let begin = NaiveDate::from_ymd_opt(1, 1, 1).unwrap_or_default().and_hms_opt(0, 0, 0).unwrap_or_default();
        let (micros, rest) = (self.ticks / 10, self.ticks % 10);
        let at = begin.checked_add_signed(TimeDelta::microseconds(micros)).unwrap_or(begin);
        at.with_nanosecond(at.nanosecond() + rest as u32 * 100).unwrap_or(at)
    }

    /// Which one is earlier. Offsets count, kinds don't.
    pub(in crate::stack::gateway) fn order(self, other: Self) -> Ordering {
        self.utc_ticks().cmp(&other.utc_ticks())
    }

    /// `ToString(format)`; `None` is a `FormatException`.
    pub(in crate::stack::gateway) fn format(self, pattern: &str) -> Option<String> {
        format(self, pattern)
    }

    /// `ToString()`.
    pub(in crate::stack::gateway) fn text(self) -> String {
        self.format("").unwrap_or_default()
    }

    /// As Newtonsoft writes it: a fraction without trailing zeros.
    pub(in crate::stack::gateway) fn iso(self) -> String {
        self.format("yyyy-MM-ddTHH:mm:ss.FFFFFFFK").unwrap_or_default()
    }

    /// `DateTime.Parse`: what has a zone becomes local.
    pub(in crate::stack::gateway) fn parse(text: &str, now: Self) -> Option<Self> {
        let parsed = parse(text, now)?;
        Some(match parsed.kind {
            Kind::Offset(_) => Self { ticks: parsed.utc_ticks(), kind: Kind::Local },
            _ => parsed,
        })
    }

    /// `DateTimeOffset.Parse`: what has no zone is local.
    pub(in crate::stack::gateway) fn parse_offset(text: &str, now: Self) -> Option<Self> {
        parse(text, now).map(Self::with_offset)
    }

    /// A text that Newtonsoft reads as a date: `2026-09-01T08:05:06`, with a
    /// fraction and a zone.
    pub(in crate::stack::gateway) fn from_json(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if !(19..=40).contains(&bytes.len()) || bytes[10] != b'T' || !bytes[0].is_ascii_digit() {
            return None;
        }
        let (rest, kind) = match text.strip_suffix('Z') {
            Some(rest) => (rest, Kind::Utc),
            None if text[19..].contains(['+', '-']) => {
                let at = DateTime::parse_from_rfc3339(text).ok()?;
                return Some(Self { kind: Kind::Local, ..Timestamp::from_micros(at.timestamp_micros()).into() });
            }
            None => (text, Kind::Unspecified),
        };
        let at = NaiveDateTime::parse_from_str(rest, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
        let day = Self::of_day(at.year(), at.month(), at.day())?;
        let time = i64::from(at.num_seconds_from_midnight()) * TICKS_PER_SECOND + i64::from(at.nanosecond() / 100);
        Self::new(day.ticks + time, kind)
    }
}

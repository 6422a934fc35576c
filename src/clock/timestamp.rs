//! An instant of the shared clock.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Microseconds since the Unix epoch, UTC. Written as RFC 3339 with
/// microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The first microsecond of the year 9999, from the Unix epoch.
const YEAR_9999: u64 = 253_370_764_800_000_000;

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1_000_000)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Later by so many microseconds.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Later by a span.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        self.plus_micros(i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
    }

    /// Earlier by a span.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        self.plus_micros(-i64::try_from(span.as_micros()).unwrap_or(i64::MAX))
    }

    /// The span since an earlier instant; zero where it is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// From RFC 3339 (`2026-06-30T12:00:00Z`) or a bare date, which is its
    /// midnight in UTC.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(instant.timestamp_micros()));
        }
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        Some(Self(date.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros()))
    }

    /// From an HTTP-date (RFC 9110 §5.6.7).
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let instant = httpdate::parse_http_date(text).ok()?;
        let since = instant.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self::from_micros(i64::try_from(since.as_micros()).ok()?))
    }

    /// As an IMF-fixdate, the HTTP-date to send (RFC 9110 §5.6.7).
    pub fn http_date(self) -> String {
        // Every answer of the embedded system carries one; `httpdate` is several
        // times as fast as a format that is read anew, but knows only these years.
        match u64::try_from(self.0) {
            Ok(micros) if micros < YEAR_9999 => {
                httpdate::fmt_http_date(std::time::UNIX_EPOCH + Duration::from_micros(micros))
            }
            _ => self.utc().format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        }
    }

    /// As a calendar date and time in UTC.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no RFC 3339 instant")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        let t = Timestamp::parse("2026-12-31T23:59:59Z").expect("valid");
        assert_eq!(t.http_date(), "Thu, 31 Dec 2026 23:59:59 GMT");
        assert_eq!(Timestamp::parse_http_date("Thu, 31 Dec 2026 23:59:59 GMT"), Some(t));
        assert_eq!(t.to_string(), "2026-12-31T23:59:59.000000Z");
        assert_eq!(Timestamp::parse("2026-06-30").map(Timestamp::seconds), Some(1_782_777_600));
    }
}

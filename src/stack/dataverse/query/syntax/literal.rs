//! Literals of OData (ABNF of OData 4.01, `primitiveLiteral`), as far as
//! Dataverse has them.

use std::fmt;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::clock::Timestamp;

/// A value that stands in the text itself.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum Literal {
    Null,
    Bool(bool),
    Integer(i64),
    Decimal(f64),
    Text(String),
    Guid(Uuid),
    Date(NaiveDate),
    Instant(Timestamp),
}

impl Literal {
    /// The type, as messages name it.
    pub(in crate::stack::dataverse::query) fn edm(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "Edm.Boolean",
            Self::Integer(n) if i32::try_from(*n).is_ok() => "Edm.Int32",
            Self::Integer(_) => "Edm.Int64",
            Self::Decimal(_) => "Edm.Double",
            Self::Text(_) => "Edm.String",
            Self::Guid(_) => "Edm.Guid",
            Self::Date(_) => "Edm.Date",
            Self::Instant(_) => "Edm.DateTimeOffset",
        }
    }

    /// From text without quotes: a number, a date, an instant or a GUID.
    pub(in crate::stack::dataverse::query) fn bare(text: &str) -> Option<Self> {
        if text.len() == 36
            && let Ok(id) = Uuid::try_parse(text)
        {
            return Some(Self::Guid(id));
        }
        if let Ok(number) = text.parse::<i64>() {
            return Some(Self::Integer(number));
        }
        if let Some(date) = date(text) {
            return Some(Self::Date(date));
        }
        if let Some(instant) = instant(text) {
            return Some(Self::Instant(instant));
        }
        let digits = text.strip_suffix(['m', 'M', 'd', 'D', 'f', 'F', 'l', 'L']).unwrap_or(text);
        if !digits.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        digits.parse::<f64>().ok().filter(|n| n.is_finite()).map(Self::Decimal)
    }
}

/// `2026-06-30`.
pub(in crate::stack::dataverse::query) fn date(text: &str) -> Option<NaiveDate> {
    if text.len() != 10 {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// `2026-06-30T12:00:00Z`, with or without seconds, fractions and offset.
/// Without an offset it is UTC, as the platform reads it.
pub(in crate::stack::dataverse::query) fn instant(text: &str) -> Option<Timestamp> {
    if text.len() < 16 || text.as_bytes().get(10).is_none_or(|c| !c.eq_ignore_ascii_case(&b'T')) {
        return None;
    }
    Timestamp::parse(text).or_else(|| {
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M"]
            .iter()
            .find_map(|form| chrono::NaiveDateTime::parse_from_str(text, form).ok())
            .map(|found| Timestamp::from_micros(found.and_utc().timestamp_micros()))
    })
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            // With a point or an exponent, else it would be read as an integer.
            Self::Decimal(value) => write!(f, "{value:?}"),
            Self::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Guid(id) => write!(f, "{id}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Instant(instant) => write!(f, "{instant}"),
        }
    }
}

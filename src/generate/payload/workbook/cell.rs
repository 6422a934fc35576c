//! A value as a cell.

use chrono::NaiveDate;
use serde_json::Value;

use super::layout::Layout;
use crate::generate::payload::shape::scalar;
use crate::generate::payload::spelling::day_first;
use crate::generate::schema::Column;

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// None.
    Absent,
    /// Nothing but a style.
    Styled,
    /// A number, as it is written.
    Number(String),
    /// A text in its cell.
    Text(String),
    /// A text that cells share, by its place.
    Shared(usize),
    /// A day by its number, in one of the two styles for dates.
    Day(i64, u8),
    /// True or false.
    Truth(bool),
}

impl Cell {
    /// Whether it has no value.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self, Self::Absent | Self::Styled)
    }
}

/// Whole numbers beyond it are no longer exact where numbers are doubles.
const EXACT: u64 = 1 << 53;

/// The name of a column.
pub(super) fn named(name: &str, layout: &mut Layout) -> Option<Cell> {
    is_carried(name).then(|| layout.text(name.to_owned()))
}

/// A value as a cell of its column; none where it can't be carried.
pub(super) fn of(value: Option<&Value>, column: Option<&Column>, layout: &mut Layout) -> Option<Cell> {
    let is = |kind: &str| column.is_some_and(|column| column.types.contains(&kind));
    match value {
        None => Some(if layout.one_in(4) { Cell::Styled } else { Cell::Absent }),
        Some(Value::String(text)) if text.is_empty() => Some(Cell::Styled),
        Some(Value::Number(number)) if is("number") || is("integer") => {
            let exact =
                number.as_i64().is_none_or(|n| n.unsigned_abs() < EXACT) && number.as_u64().is_none_or(|n| n < EXACT);
            let text = number.to_string();
            Some(if exact && !layout.one_in(4) { Cell::Number(text) } else { layout.text(text) })
        }
        Some(Value::Bool(truth)) if is("boolean") && !layout.one_in(4) => Some(Cell::Truth(*truth)),
        Some(Value::String(text)) if column.is_some_and(|column| column.dates) => date(text, layout),
        Some(value) => scalar(value).filter(|text| is_carried(text)).map(|text| layout.text(text)),
    }
}

/// A date as one, or as text.
fn date(text: &str, layout: &mut Layout) -> Option<Cell> {
    if let Some(number) = number_of(text, layout.since_1904).filter(|_| !layout.one_in(3)) {
        return Some(Cell::Day(number, if layout.one_in(2) { 1 } else { 2 }));
    }
    let turned = if layout.day_first && layout.one_in(2) { day_first(text) } else { None };
    let text = turned.unwrap_or_else(|| text.to_owned());
    is_carried(&text).then(|| layout.text(text))
}

/// The number of a day. Before March 1900 programs don't agree on it: there is
/// a 29 February in Excel's 1900.
fn number_of(text: &str, since_1904: bool) -> Option<i64> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    if day.format("%Y-%m-%d").to_string() != text {
        return None;
    }
    let first = if since_1904 { NaiveDate::from_ymd_opt(1904, 1, 1) } else { NaiveDate::from_ymd_opt(1900, 3, 1) };
    (day >= first?).then(|| day.signed_duration_since(epoch(since_1904)).num_days())
}

/// The day with the number zero, for days from March 1900 on.
pub(super) fn epoch(since_1904: bool) -> NaiveDate {
    let (year, month, day) = if since_1904 { (1904, 1, 1) } else { (1899, 12, 30) };
    NaiveDate::from_ymd_opt(year, month, day).expect("there are these days")
}

/// Whether XML can carry a text, and spreadsheet programs read it as it is:
/// `_x0041_` stands for a character there.
fn is_carried(text: &str) -> bool {
    let carried =
        |c: char| !matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    text.chars().all(carried) && !text.contains("_x")
}

//! Does a JSON value fit a column? With the platform's own words where not
//! (reference A9).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::super::error::Refusal;
use super::cell::Cell;
use super::column::{Column, ColumnKind, Options};
use super::table::Table;
use crate::clock::Timestamp;

/// The value as a cell of this column.
pub(in crate::stack::dataverse) fn cell(table: &Table, column: &Column, value: &Value) -> Result<Cell, Refusal> {
    if value.is_null() {
        return if column.required { Err(Refusal::required(&table.logical, &column.name)) } else { Ok(Cell::Null) };
    }
    let wrong = || Refusal::wrong_type(&table.collection, &column.name, value, column.kind.edm());
    match &column.kind {
        ColumnKind::Text { max_length, .. } => text(table, column, value.as_str().ok_or_else(wrong)?, *max_length),
        ColumnKind::Integer { minimum, maximum } => {
            let number = value.as_i64().filter(|n| i32::try_from(*n).is_ok()).ok_or_else(wrong)?;
            if number < *minimum || number > *maximum {
                return Err(Refusal::out_of_range(&table.logical, &column.name, value));
            }
            Ok(Cell::Number(number.into()))
        }
        ColumnKind::BigInt => Ok(Cell::Number(value.as_i64().ok_or_else(wrong)?.into())),
        ColumnKind::Decimal { minimum, maximum, precision }
        | ColumnKind::Money { minimum, maximum, precision }
        | ColumnKind::Double { minimum, maximum, precision } => {
            let Value::Number(number) = value else { return Err(wrong()) };
            let amount = value.as_f64().ok_or_else(wrong)?;
            if amount < *minimum || amount > *maximum {
                return Err(Refusal::out_of_range(&table.logical, &column.name, value));
            }
            Ok(Cell::Number(rounded(number, amount, *precision)))
        }
        ColumnKind::Boolean => value.as_bool().map(Cell::Bool).ok_or_else(wrong),
        ColumnKind::Picklist(options) | ColumnKind::State(options) | ColumnKind::Status { options, .. } => {
            let number = value.as_i64().ok_or_else(wrong)?;
            listed(table, column, number, options)?;
            Ok(Cell::Number(number.into()))
        }
        ColumnKind::Choices(options) => {
            choices(table, column, value.as_str().ok_or_else(wrong)?, options).and_then(|c| c.ok_or_else(wrong))
        }
        ColumnKind::Date => date(value).map(Cell::Text).ok_or_else(wrong),
        ColumnKind::DateTime => {
            let found = instant(value).ok_or_else(wrong)?;
            if *found < *FIRST_YEAR {
                return Err(Refusal::too_early(&found));
            }
            Ok(Cell::Text(found))
        }
        // A lookup is written to its navigation property, a file by a request
        // of its own.
        ColumnKind::Lookup(_) | ColumnKind::File { .. } => Err(wrong()),
        ColumnKind::Guid => {
            let id = value.as_str().and_then(|t| Uuid::parse_str(t).ok()).ok_or_else(wrong)?;
            Ok(Cell::Id(id))
        }
        ColumnKind::Image { max_kilobytes } => {
            let text = value.as_str().ok_or_else(wrong)?;
            let bytes = STANDARD.decode(text).map_err(|_| wrong())?;
            if bytes.len() as u64 > max_kilobytes.saturating_mul(1024) {
                return Err(Refusal::file_too_large(&table.logical, &column.name, *max_kilobytes));
            }
            Ok(Cell::Text(text.into()))
        }
    }
}

/// A text as a cell. The length is in characters, as the platform counts:
/// UTF-16 units.
pub(in crate::stack::dataverse) fn text(
    table: &Table,
    column: &Column,
    text: &str,
    max_length: usize,
) -> Result<Cell, Refusal> {
    // Bytes are never fewer than units: the common text is not counted.
    if text.len() > max_length && text.chars().map(char::len_utf16).sum::<usize>() > max_length {
        return Err(Refusal::too_long(&table.logical, &column.name, max_length));
    }
    Ok(Cell::Text(text.into()))
}

fn listed(table: &Table, column: &Column, number: i64, options: &Options) -> Result<(), Refusal> {
    if options.contains_key(&number) {
        return Ok(());
    }
    Err(Refusal::no_option(&table.logical, &column.name, number, options.keys()))
}

/// Several numbers between commas; `None` where they are none.
fn choices(table: &Table, column: &Column, text: &str, options: &Options) -> Result<Option<Cell>, Refusal> {
    let mut numbers = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let Ok(number) = part.parse::<i64>() else { return Ok(None) };
        listed(table, column, number, options)?;
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    if numbers.is_empty() {
        return Ok(Some(Cell::Null));
    }
    let texts: Vec<String> = numbers.iter().map(i64::to_string).collect();
    Ok(Some(Cell::Text(texts.join(",").into())))
}

/// More decimals than the column keeps are rounded away, as the platform does.
fn rounded(number: &serde_json::Number, amount: f64, precision: u32) -> serde_json::Number {
    if number.is_i64() || number.is_u64() {
        return number.clone();
    }
    let factor = 10_f64.powi(precision as i32);
    serde_json::Number::from_f64((amount * factor).round() / factor).unwrap_or_else(|| number.clone())
}

fn date(value: &Value) -> Option<Arc<str>> {
    let text = value.as_str()?;
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)?;
    Some(text.into())
}

/// The first year that the platform keeps.
const FIRST_YEAR: &str = "1753";

/// An instant in UTC, to the second: finer parts are not kept. Without an offset
/// it is taken for UTC, as clients expect that send the timestamps of data frames
/// (recalled, not confirmed).
fn instant(value: &Value) -> Option<Arc<str>> {
    let text = value.as_str()?;
    let bare = || chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok().map(|at| at.and_utc());
    let instant = Timestamp::parse(text).map(Timestamp::utc).or_else(bare)?;
    Some(instant.format("%Y-%m-%dT%H:%M:%SZ").to_string().into())
}

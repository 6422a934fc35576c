//! Does a JSON value fit a column? With the platform's own words where not
//! (reference A9).

use serde_json::Value;
use uuid::Uuid;

use super::super::error::Refusal;
use super::table::{Cell, Column, ColumnKind, Table};
use crate::clock::Timestamp;

/// The value as a cell of this column.
pub(in crate::stack::dataverse) fn cell(table: &Table, column: &Column, value: &Value) -> Result<Cell, Refusal> {
    if value.is_null() {
        return if column.required { Err(Refusal::required(&table.logical, &column.name)) } else { Ok(Cell::Null) };
    }
    let wrong = || Refusal::wrong_type(&table.collection, &column.name, value, column.kind.edm());
    match &column.kind {
        ColumnKind::Text { max_length } => {
            let text = value.as_str().ok_or_else(wrong)?;
            if text.chars().count() > *max_length {
                return Err(Refusal::too_long(&table.logical, &column.name, *max_length));
            }
            Ok(Cell::Text(text.into()))
        }
        ColumnKind::Integer { minimum, maximum } => {
            let number = value.as_i64().ok_or_else(wrong)?;
            if number < *minimum || number > *maximum {
                return Err(Refusal::out_of_range(&table.logical, &column.name, value));
            }
            Ok(Cell::Number(number.into()))
        }
        ColumnKind::Decimal { minimum, maximum, precision } | ColumnKind::Money { minimum, maximum, precision } => {
            let Value::Number(number) = value else { return Err(wrong()) };
            let amount = value.as_f64().ok_or_else(wrong)?;
            if amount < *minimum || amount > *maximum {
                return Err(Refusal::out_of_range(&table.logical, &column.name, value));
            }
            Ok(Cell::Number(rounded(number, amount, *precision)))
        }
        ColumnKind::Boolean => value.as_bool().map(Cell::Bool).ok_or_else(wrong),
        ColumnKind::Picklist(options) => {
            let number = value.as_i64().ok_or_else(wrong)?;
            if !options.contains_key(&number) {
                return Err(Refusal::no_option(&table.logical, &column.name, number, options.keys()));
            }
            Ok(Cell::Number(number.into()))
        }
        ColumnKind::Date => date(value).map(Cell::Text).ok_or_else(wrong),
        ColumnKind::DateTime => {
            let instant = value.as_str().and_then(Timestamp::parse).ok_or_else(wrong)?;
            Ok(Cell::Text(instant.utc().format("%Y-%m-%dT%H:%M:%SZ").to_string().into()))
        }
        // Written to its navigation property, not to the column.
        ColumnKind::Lookup(_) => Err(wrong()),
        ColumnKind::Guid => {
            let id = value.as_str().and_then(|t| Uuid::parse_str(t).ok()).ok_or_else(wrong)?;
            Ok(Cell::Id(id))
        }
    }
}

/// More decimals than the column keeps are rounded away, as the platform does.
fn rounded(number: &serde_json::Number, amount: f64, precision: u32) -> serde_json::Number {
    if number.is_i64() || number.is_u64() {
        return number.clone();
    }
    let factor = 10_f64.powi(precision as i32);
    serde_json::Number::from_f64((amount * factor).round() / factor).unwrap_or_else(|| number.clone())
}

fn date(value: &Value) -> Option<std::sync::Arc<str>> {
    let text = value.as_str()?;
    chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)?;
    Some(text.into())
}

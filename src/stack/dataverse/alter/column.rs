//! `AttributeMetadata` into columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::error::Refusal;
use super::super::schema::{Cell, Column, ColumnKind, Options};
use super::choices::{flags, options, set_of};
use super::refusal;
use super::text::{kind, label, schema_name};

/// `FormatName` and `Format` as columns hold them.
const FORMATS: [&str; 15] = [
    "Text",
    "TextArea",
    "Email",
    "Url",
    "Phone",
    "TickerSymbol",
    "Json",
    "RichText",
    "None",
    "Duration",
    "TimeZone",
    "Language",
    "Locale",
    "DateOnly",
    "DateAndTime",
];

/// `RequiredLevel`.
const LEVELS: [&str; 4] = ["None", "Recommended", "ApplicationRequired", "SystemRequired"];

/// One of these, as a text that lasts.
fn one_of(names: &'static [&'static str], text: Option<&str>) -> Option<&'static str> {
    names.iter().find(|name| Some(**name) == text).copied()
}

/// Numbers of the platform where a definition names none.
const RANGE: (f64, f64) = (-100_000_000_000.0, 100_000_000_000.0);

/// A column that a definition describes. What it does not name stays as it was
/// `before`, where the column is there already.
pub(super) fn column(
    value: &Value,
    choices: &BTreeMap<String, Options>,
    before: Option<&Column>,
) -> Result<Column, Refusal> {
    let mut column = if let Some(before) = before {
        if kind(value).is_some_and(|named| named != definition(before)) {
            return Err(refusal::other_kind(&before.name, definition(before)));
        }
        before.clone()
    } else {
        let name = schema_name(value)?;
        let logical = name.to_ascii_lowercase();
        let mut column = Column::new(&logical, ColumnKind::Boolean);
        column.told.schema_name = (*logical != *name).then(|| name.into());
        column
    };
    column.kind = kind_of(value, choices, before)?;
    let told = &mut column.told;
    let text = |name: &str| label(&value[name]).map(Arc::from);
    told.display_name = text("DisplayName").or_else(|| told.display_name.take());
    told.description = text("Description").or_else(|| told.description.take());
    told.required_level = one_of(&LEVELS, value["RequiredLevel"]["Value"].as_str()).or(told.required_level);
    let format = value["FormatName"]["Value"].as_str().or_else(|| value["Format"].as_str());
    told.format = one_of(&FORMATS, format).or(told.format);
    if let Some(pattern) = value["AutoNumberFormat"].as_str().filter(|text| text.contains("{SEQNUM:")) {
        told.auto_number = Some(pattern.into());
    }
    told.global_choice = set_of(value, choices)?.or_else(|| told.global_choice.take());
    if matches!(column.kind, ColumnKind::Boolean) {
        column.told.words = flags(value).or_else(|| column.told.words.take());
    }
    if before.is_none() {
        column.default = first(value, &column.kind);
    }
    Ok(column)
}

/// What a new row holds in it.
fn first(value: &Value, kind: &ColumnKind) -> Cell {
    match kind {
        ColumnKind::Boolean => Cell::Bool(value["DefaultValue"].as_bool().unwrap_or_default()),
        ColumnKind::Picklist(options) => match value["DefaultFormValue"].as_i64() {
            Some(number) if options.contains_key(&number) => Cell::Number(number.into()),
            _ => Cell::Null,
        },
        _ => Cell::Null,
    }
}

/// The type of the definition of a column.
fn definition(column: &Column) -> &'static str {
    match &column.kind {
        ColumnKind::Text { memo: false, .. } => "StringAttributeMetadata",
        ColumnKind::Text { memo: true, .. } => "MemoAttributeMetadata",
        ColumnKind::Integer { .. } => "IntegerAttributeMetadata",
        ColumnKind::BigInt => "BigIntAttributeMetadata",
        ColumnKind::Decimal { .. } => "DecimalAttributeMetadata",
        ColumnKind::Money { .. } => "MoneyAttributeMetadata",
        ColumnKind::Double { .. } => "DoubleAttributeMetadata",
        ColumnKind::Boolean => "BooleanAttributeMetadata",
        ColumnKind::Picklist(_) => "PicklistAttributeMetadata",
        ColumnKind::Choices(_) => "MultiSelectPicklistAttributeMetadata",
        ColumnKind::State(_) => "StateAttributeMetadata",
        ColumnKind::Status { .. } => "StatusAttributeMetadata",
        ColumnKind::Date | ColumnKind::DateTime => "DateTimeAttributeMetadata",
        ColumnKind::Guid => "UniqueIdentifierAttributeMetadata",
        ColumnKind::Lookup(_) => "LookupAttributeMetadata",
        ColumnKind::File { .. } => "FileAttributeMetadata",
        ColumnKind::Image { .. } => "ImageAttributeMetadata",
    }
}

fn kind_of(value: &Value, choices: &BTreeMap<String, Options>, before: Option<&Column>) -> Result<ColumnKind, Refusal> {
    let was = before.map(|column| &column.kind);
    let of_type = value["AttributeType"].as_str().map(|text| format!("{text}AttributeMetadata"));
    let named = before.map(definition).or_else(|| kind(value)).or(of_type.as_deref());
    let named = named.ok_or_else(|| refusal::missing("@odata.type"))?;
    Ok(match named {
        "StringAttributeMetadata" => ColumnKind::Text { max_length: length(value, was, 100), memo: false },
        "MemoAttributeMetadata" => ColumnKind::Text { max_length: length(value, was, 2000), memo: true },
        "IntegerAttributeMetadata" => integer(value, was),
        "BigIntAttributeMetadata" => ColumnKind::BigInt,
        "DecimalAttributeMetadata" | "MoneyAttributeMetadata" | "DoubleAttributeMetadata" => amount(named, value, was),
        "BooleanAttributeMetadata" => ColumnKind::Boolean,
        "DateTimeAttributeMetadata" => match was {
            Some(kind) => kind.clone(),
            None if value["DateTimeBehavior"]["Value"] == "DateOnly" => ColumnKind::Date,
            None => ColumnKind::DateTime,
        },
        "PicklistAttributeMetadata" => match was {
            Some(kind) => kind.clone(),
            None => ColumnKind::Picklist(options(value, choices)?),
        },
        "MultiSelectPicklistAttributeMetadata" => match was {
            Some(kind) => kind.clone(),
            None => ColumnKind::Choices(options(value, choices)?),
        },
        "UniqueIdentifierAttributeMetadata" => ColumnKind::Guid,
        "FileAttributeMetadata" => ColumnKind::File { max_kilobytes: value["MaxSizeInKB"].as_u64().unwrap_or(32_768) },
        "ImageAttributeMetadata" => {
            ColumnKind::Image { max_kilobytes: value["MaxSizeInKB"].as_u64().unwrap_or(10_240) }
        }
        "LookupAttributeMetadata" | "StateAttributeMetadata" | "StatusAttributeMetadata" => match was {
            Some(kind) => kind.clone(),
            None if named.starts_with('L') => {
                let text =
                    "A lookup is made together with its relationship: POST RelationshipDefinitions with 'Lookup'.";
                return Err(refusal::wrong(text));
            }
            None => return Err(refusal::wrong("Every table has its state and its status by itself.")),
        },
        other => return Err(Refusal::not_there(&format!("A column of the type '{other}'"))),
    })
}

fn length(value: &Value, was: Option<&ColumnKind>, usual: usize) -> usize {
    let before = match was {
        Some(ColumnKind::Text { max_length, .. }) => *max_length,
        _ => usual,
    };
    value["MaxLength"].as_u64().map_or(before, |length| length as usize)
}

fn integer(value: &Value, was: Option<&ColumnKind>) -> ColumnKind {
    let (least, most) = match was {
        Some(ColumnKind::Integer { minimum, maximum }) => (*minimum, *maximum),
        _ => (i32::MIN.into(), i32::MAX.into()),
    };
    ColumnKind::Integer {
        minimum: value["MinValue"].as_i64().unwrap_or(least),
        maximum: value["MaxValue"].as_i64().unwrap_or(most),
    }
}

fn amount(named: &str, value: &Value, was: Option<&ColumnKind>) -> ColumnKind {
    let ((least, most), digits) = match was {
        Some(
            ColumnKind::Decimal { minimum, maximum, precision }
            | ColumnKind::Money { minimum, maximum, precision }
            | ColumnKind::Double { minimum, maximum, precision },
        ) => ((*minimum, *maximum), *precision),
        _ => (RANGE, 2),
    };
    let minimum = value["MinValue"].as_f64().unwrap_or(least);
    let maximum = value["MaxValue"].as_f64().unwrap_or(most);
    let precision = value["Precision"].as_u64().map_or(digits, |n| n as u32);
    match named {
        "MoneyAttributeMetadata" => ColumnKind::Money { minimum, maximum, precision },
        "DoubleAttributeMetadata" => ColumnKind::Double { minimum, maximum, precision },
        _ => ColumnKind::Decimal { minimum, maximum, precision },
    }
}

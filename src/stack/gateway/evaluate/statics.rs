//! Texts read as values.

use uuid::Uuid;

use super::super::value::Value;
use super::{Fault, parse_instant};
use crate::clock::Timestamp;
use crate::policy::expression::Type;

/// `Type.Parse(text)`.
pub(super) fn parsed(ty: Type, value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Text(text) => parse(ty, text).ok_or_else(|| Fault::format()),
        _ => Err(Fault::null_argument("String")),
    }
}

/// A text as a value of a type.
pub(super) fn parse(ty: Type, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match ty {
        Type::Int => trimmed.parse().ok().map(Value::Int),
        Type::Double => trimmed.parse().ok().map(Value::Double),
        Type::Bool if trimmed.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Type::Bool if trimmed.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        Type::Guid => Uuid::try_parse(trimmed).ok().filter(|_| !trimmed.starts_with("urn:")).map(Value::Guid),
        Type::Instant => parse_instant(trimmed).map(Value::Instant),
        _ => None,
    }
}

/// What `out` holds where nothing could be parsed.
pub(super) fn default_of(ty: Type) -> Value {
    match ty {
        Type::Int => Value::Int(0),
        Type::Double => Value::Double(0.0),
        Type::Bool => Value::Bool(false),
        Type::Guid => Value::Guid(Uuid::nil()),
        _ => Value::Instant(Timestamp::from_seconds(-62_135_596_800)),
    }
}

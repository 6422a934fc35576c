//! Texts read as values.

use uuid::Uuid;

use super::super::dotnet::{self, Kind, Moment};
use super::super::value::Value;
use super::{Exception, Fault};
use crate::policy::expression::Type;

/// `Type.Parse(text)`.
pub(super) fn parsed(ty: Type, value: &Value) -> Result<Value, Fault> {
    match value {
        Value::Text(text) => parse(ty, text).ok_or_else(|| refused(ty, text)),
        Value::Char(c) => parse(ty, &c.to_string()).ok_or_else(Fault::format),
        _ => Err(Fault::null_argument(if ty == Type::Guid { "input" } else { "s" })),
    }
}

/// The exception of a text that is not of a type.
fn refused(ty: Type, text: &str) -> Fault {
    let digits = text.trim().trim_start_matches(['+', '-']);
    let what = match ty {
        Type::Int | Type::Long if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let name = if ty == Type::Int { "Int32" } else { "Int64" };
            let text = format!("Value was either too large or too small for an {name}.");
            return Fault::of(Exception::Overflow, text);
        }
        Type::Bool => "String was not recognized as a valid Boolean.",
        Type::Instant | Type::Offset => "String was not recognized as a valid DateTime.",
        Type::Span => "String was not recognized as a valid TimeSpan.",
        Type::Guid if text.trim().len() == 36 => "Guid string should only contain hexadecimal characters.",
        Type::Guid => "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        Type::Address => "An invalid IP address was specified.",
        _ => return Fault::format(),
    };
    Fault::of(Exception::Format, what)
}

/// A text as a value of a type.
pub(super) fn parse(ty: Type, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match ty {
        Type::Int => trimmed.parse::<i32>().ok().map(|n| Value::Int(n.into())),
        Type::Long => trimmed.parse().ok().map(Value::Long),
        Type::Double | Type::Decimal => double(trimmed).map(Value::Double),
        Type::Bool if trimmed.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
        Type::Bool if trimmed.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
        Type::Char => text.chars().next().filter(|c| c.len_utf8() == text.len()).map(Value::Char),
        Type::Guid => guid(trimmed).map(Value::Guid),
        Type::Instant => Moment::parse(trimmed, Moment::MIN).map(Value::Instant),
        Type::Offset => Moment::parse_offset(trimmed, Moment::MIN).map(Value::Instant),
        Type::Span => dotnet::parse_span(trimmed).map(Value::Span),
        Type::Address => super::object::address(trimmed),
        _ => None,
    }
}

/// Digits with commas between, a point, an exponent.
fn double(text: &str) -> Option<f64> {
    let whole = text.split(['.', 'e', 'E']).next().unwrap_or_default();
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE,".contains(&b));
    let named = matches!(text, "NaN" | "Infinity" | "-Infinity");
    if !(plain || named) || text.trim_start_matches(whole).contains(',') || whole.starts_with(',') {
        return None;
    }
    text.replace(',', "").parse().ok()
}

/// With dashes or without, in braces or parentheses.
fn guid(text: &str) -> Option<Uuid> {
    let bare = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')).unwrap_or(text);
    Uuid::try_parse(bare).ok().filter(|_| !bare.starts_with("urn:"))
}

/// What `out` holds where nothing could be parsed.
pub(super) fn default_of(ty: Type) -> Value {
    match ty {
        Type::Int => Value::Int(0),
        Type::Long => Value::Long(0),
        Type::Double | Type::Decimal => Value::Double(0.0),
        Type::Bool => Value::Bool(false),
        Type::Char => Value::Char('\0'),
        Type::Guid => Value::Guid(Uuid::nil()),
        Type::Span => Value::Span(0),
        Type::Instant => Value::Instant(Moment::MIN),
        Type::Offset => Value::Instant(Moment { kind: Kind::Offset(0), ..Moment::MIN }),
        _ => Value::Null,
    }
}

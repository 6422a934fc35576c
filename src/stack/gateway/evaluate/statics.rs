//! Static members, and what is left.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use super::super::call::Call;
use super::super::value::Value;
use super::{Fault, parse_instant};
use crate::clock::Timestamp;
use crate::policy::expression::{Op, Type};

/// What `Uri.EscapeDataString` keeps: the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What `WebUtility.UrlEncode` keeps; a space becomes `+`.
const WEB_ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'!').remove(b'*').remove(b'(').remove(b')');

/// Static members. A member that is none of anybody's was called on null.
pub(super) fn member(op: Op, operands: &[Value], call: &Call) -> Result<Value, Fault> {
    if let Some(value) = constant(op, call) {
        return Ok(value);
    }
    if let Some(result) = strings(op, operands) {
        return result;
    }
    let Some(first) = operands.first() else { return Err(Fault::null()) };
    let parsed = |ty: Type| match first {
        Value::Text(text) => parse(ty, text).ok_or_else(|| Fault::new("Input string was not in a correct format.")),
        _ => Err(Fault::new("Value cannot be null.")),
    };
    let micros = |unit: f64| match first {
        Value::Int(n) => Ok(Value::Span((*n as f64 * unit) as i64)),
        Value::Double(n) => Ok(Value::Span((n * unit) as i64)),
        _ => Err(Fault::null()),
    };
    match op {
        Op::GuidParse => parsed(Type::Guid),
        Op::DateTimeParse | Op::OffsetParse => parsed(Type::Instant),
        Op::IntParse => parsed(Type::Int),
        Op::BoolParse => parsed(Type::Bool),
        Op::DoubleParse => parsed(Type::Double),
        Op::SpanFromSeconds => micros(1e6),
        Op::SpanFromMinutes => micros(60e6),
        Op::SpanFromHours => micros(3600e6),
        Op::SpanFromDays => micros(86_400e6),
        Op::OffsetFromUnixSeconds => match first {
            Value::Int(n) => Ok(Value::Instant(Timestamp::from_seconds(*n))),
            _ => Err(Fault::null()),
        },
        Op::ConvertToInt | Op::ConvertToLong => match first {
            Value::Int(_) => Ok(first.clone()),
            Value::Bool(b) => Ok(Value::Int(i64::from(*b))),
            Value::Double(n) => Ok(Value::Int(n.round_ties_even() as i64)),
            Value::Null => Ok(Value::Int(0)),
            _ => parsed(Type::Int),
        },
        Op::ConvertToBool => match first {
            Value::Bool(_) => Ok(first.clone()),
            Value::Int(n) => Ok(Value::Bool(*n != 0)),
            Value::Null => Ok(Value::Bool(false)),
            _ => parsed(Type::Bool),
        },
        Op::ConvertToString => Ok(Value::Text(first.display())),
        Op::MathMax | Op::MathMin | Op::MathAbs => match (op, first, operands.get(1)) {
            (Op::MathMax, Value::Int(a), Some(Value::Int(b))) => Ok(Value::Int(*a.max(b))),
            (Op::MathMin, Value::Int(a), Some(Value::Int(b))) => Ok(Value::Int(*a.min(b))),
            (_, Value::Int(a), _) => Ok(Value::Int(a.saturating_abs())),
            _ => Err(Fault::null()),
        },
        _ => Err(Fault::null()),
    }
}

fn constant(op: Op, call: &Call) -> Option<Value> {
    Some(match op {
        Op::StringEmpty => Value::text(""),
        Op::GuidNew => Value::Guid(Uuid::new_v4()),
        Op::GuidEmpty => Value::Guid(Uuid::nil()),
        Op::DateTimeUtcNow | Op::DateTimeNow | Op::OffsetUtcNow | Op::OffsetNow => Value::Instant(call.clock.now()),
        Op::ComparisonOrdinal | Op::ComparisonInvariant => Value::Comparison(false),
        Op::ComparisonOrdinalIgnoreCase | Op::ComparisonInvariantIgnoreCase => Value::Comparison(true),
        Op::FormattingNone => Value::Formatting(false),
        Op::FormattingIndented => Value::Formatting(true),
        _ => return None,
    })
}

fn strings(op: Op, operands: &[Value]) -> Option<Result<Value, Fault>> {
    let text = |at: usize| match operands.get(at) {
        Some(Value::Text(text)) => Ok(text),
        _ => Err(Fault::new("Value cannot be null. Parameter name: stringToEscape")),
    };
    Some(match op {
        Op::StringIsNullOrEmpty => Ok(Value::Bool(operands[0].display().is_empty())),
        Op::StringIsNullOrWhiteSpace => Ok(Value::Bool(operands[0].display().trim().is_empty())),
        Op::StringConcat => Ok(Value::text(operands.iter().map(|o| o.display().to_string()).collect::<String>())),
        Op::StringJoin => {
            let texts: Vec<Arc<str>> = match &operands[1] {
                Value::Texts(texts) => texts.to_vec(),
                _ => operands[1..].iter().map(Value::display).collect(),
            };
            Ok(Value::text(texts.join(&*operands[0].display())))
        }
        Op::StringFormat => Ok(Value::text(format(&operands[0].display(), &operands[1..]))),
        Op::StringEquals => {
            let fold = |value: &Value| match operands.get(2) {
                Some(Value::Comparison(true)) => value.display().to_lowercase(),
                _ => value.display().to_string(),
            };
            let nulls = operands[0].is_null() == operands[1].is_null();
            Ok(Value::Bool(nulls && fold(&operands[0]) == fold(&operands[1])))
        }
        Op::UriEscape => text(0).map(|t| Value::text(utf8_percent_encode(t, ESCAPED).to_string())),
        Op::UriUnescape => text(0).map(|t| Value::text(percent_decode_str(t).decode_utf8_lossy())),
        Op::WebUrlEncode => {
            text(0).map(|t| Value::text(utf8_percent_encode(t, WEB_ESCAPED).to_string().replace("%20", "+")))
        }
        Op::WebUrlDecode => text(0).map(|t| Value::text(percent_decode_str(&t.replace('+', " ")).decode_utf8_lossy())),
        Op::WebHtmlEncode => text(0).map(|t| {
            let escaped = t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            Value::text(escaped.replace('"', "&quot;").replace('\'', "&#39;"))
        }),
        _ => return None,
    })
}

/// `string.Format` with plain `{0}` places.
fn format(pattern: &str, values: &[Value]) -> String {
    values
        .iter()
        .enumerate()
        .fold(pattern.to_owned(), |text, (i, value)| text.replace(&format!("{{{i}}}"), &value.display()))
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

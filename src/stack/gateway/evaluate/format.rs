//! Values as text by a format: `ToString("N2")`, `{value:o}`,
//! `string.Format`.

use std::sync::Arc;

use super::super::dotnet::{self, Number};
use super::super::value::Value;
use super::{Exception, Fault};

impl From<&'static str> for Fault {
    fn from(text: &'static str) -> Self {
        Self::of(Exception::Format, text)
    }
}

/// `{value:format}` in an interpolated string, and `ToString(format)`.
pub(super) fn formatted(value: &Value, format: &str) -> Result<Arc<str>, Fault> {
    let text = match value {
        _ if format.is_empty() => return Ok(value.display()),
        Value::Instant(at) => at.format(format),
        Value::Span(ticks) => dotnet::format_span(*ticks, format),
        Value::Int(n) => dotnet::format_number(Number::Integer(*n), format, 32),
        Value::Long(n) => dotnet::format_number(Number::Integer(*n), format, 64),
        Value::Double(n) => dotnet::format_number(Number::Double(*n), format, 64),
        Value::Guid(id) => match format {
            "N" | "n" => Some(id.simple().to_string()),
            "B" | "b" => Some(id.braced().to_string()),
            "P" | "p" => Some(format!("({id})")),
            "D" | "d" => Some(id.to_string()),
            _ => {
                let text =
                    "Format String can be only \"D\", \"d\", \"N\", \"n\", \"P\", \"p\", \"B\", \"b\", \"X\" or \"x\".";
                return Err(Fault::of(Exception::Format, text));
            }
        },
        other => return Ok(other.display()),
    };
    let invalid = match value {
        Value::Int(_) | Value::Long(_) | Value::Double(_) => "Format specifier was invalid.",
        _ => "Input string was not in a correct format.",
    };
    text.map(Into::into).ok_or_else(|| Fault::of(Exception::Format, invalid))
}

/// `string.Format`: the values in their places.
pub(super) fn composite(pattern: &str, values: &[Value]) -> Result<String, Fault> {
    dotnet::composite(pattern, |at, format| match values.get(at) {
        Some(value) => formatted(value, format).map(|text| text.to_string()),
        None => Err(Fault::from(
            "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.",
        )),
    })
}

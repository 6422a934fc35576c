//! What expressions evaluate to.

use std::sync::Arc;

use serde_json::Value as Json;
use uuid::Uuid;

use super::received::Received;
use crate::clock::Timestamp;
use crate::stack::jwt::Token;

/// A value of an expression or a variable. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Arc<str>),
    Texts(Arc<[Arc<str>]>),
    Instant(Timestamp),
    /// Microseconds.
    Span(i64),
    Guid(Uuid),
    Json(Arc<Json>),
    Property(Arc<str>, Arc<Json>),
    Jwt(Arc<Token>),
    Claims(Arc<Token>),
    /// `IResponse` of `send-request`.
    Response(Arc<Received>),
    ReceivedHeaders(Arc<Received>),
    ReceivedBody(Arc<Received>),
    /// A part of the context that holds something; which one is known from the
    /// expression.
    Here,
    Variables,
    Parameters,
    Headers(Side),
    Body(Side),
    Url(Address),
    Query(Address),
    /// `StringComparison`: whether case is ignored.
    Comparison(bool),
    /// `Formatting`: whether text is indented.
    Formatting(bool),
}

/// The request or the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

/// The URL as it was called, or as the backend will be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Address {
    Original,
    Backend,
}

impl Value {
    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null) || matches!(self, Self::Json(json) if json.is_null())
    }

    /// As C# writes it in a string: null is empty, truth values are
    /// capitalised, everything else in the invariant culture.
    pub(super) fn display(&self) -> Arc<str> {
        match self {
            Self::Text(text) => Arc::clone(text),
            Self::Bool(true) => "True".into(),
            Self::Bool(false) => "False".into(),
            Self::Int(n) => n.to_string().into(),
            Self::Double(n) => n.to_string().into(),
            Self::Texts(_) => "System.String[]".into(),
            Self::Instant(at) => super::evaluate::instant_text(*at, "MM/dd/yyyy HH:mm:ss").into(),
            Self::Span(micros) => span_text(*micros).into(),
            Self::Guid(id) => id.to_string().into(),
            Self::Json(json) => json_text(json, true).into(),
            Self::Jwt(_) | Self::Claims(_) => "Jwt".into(),
            _ => "".into(),
        }
    }

    /// As a JSON value, for `new JObject(…)`.
    pub(super) fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Int(n) => Json::from(*n),
            Self::Double(n) => Json::from(*n),
            Self::Texts(texts) => texts.iter().map(|t| Json::from(&**t)).collect(),
            Self::Json(json) => Json::clone(json),
            Self::Instant(at) => Json::from(super::evaluate::instant_text(*at, "o")),
            other => Json::from(&*other.display()),
        }
    }
}

/// A span as .NET's `TimeSpan` writes it: `hh:mm:ss`, `d.hh:mm:ss`.
pub(super) fn span_text(micros: i64) -> String {
    let (sign, total) = if micros < 0 { ("-", micros.unsigned_abs()) } else { ("", micros as u64) };
    let (seconds, rest) = (total / 1_000_000, total % 1_000_000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let rest = if rest > 0 { format!(".{:07}", rest * 10) } else { String::new() };
    format!("{sign}{days}{hours:02}:{minutes:02}:{:02}{rest}", seconds % 60)
}

/// A JSON value as `JToken.ToString` writes it: a text without quotes.
pub(super) fn json_text(json: &Json, indented: bool) -> String {
    match json {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
        other if indented => serde_json::to_string_pretty(other).unwrap_or_default(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_written_as_dot_net_does() {
        for (seconds, text) in [(1802, "00:30:02"), (86_400 * 7, "7.00:00:00"), (-61, "-00:01:01")] {
            assert_eq!(span_text(seconds * 1_000_000), text);
        }
        assert_eq!(span_text(1_500_000), "00:00:01.5000000");
    }
}

//! What expressions evaluate to.

use std::sync::Arc;

use uuid::Uuid;

use super::collection::Collection;
use super::dotnet::{self, Moment};
use super::evaluate::{Fault, Work};
use super::library::Library;
use super::received::Received;
use super::token::{Leaf, Token};
use crate::policy::expression::Type;
use crate::stack::jwt::Token as Jwt;

/// A value of an expression or a variable. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// `int`: always within 32 bits.
    Int(i64),
    /// `long`.
    Long(i64),
    Double(f64),
    Char(char),
    Text(Arc<str>),
    /// A `string[]` that nobody changes, as header fields have it; others are
    /// a [`Collection`]. [`Value::texts`] reads both.
    Texts(Arc<[Arc<str>]>),
    Bytes(Arc<[u8]>),
    Collection(Arc<Collection>),
    /// `DateTime`, `DateTimeOffset`.
    Instant(Moment),
    /// `TimeSpan`: ticks of 100 ns.
    Span(i64),
    Guid(Uuid),
    Json(Token),
    Jwt(Arc<Jwt>),
    Claims(Arc<Jwt>),
    /// `IResponse` of `send-request`.
    Response(Arc<Received>),
    ReceivedHeaders(Arc<Received>),
    ReceivedBody(Arc<Received>),
    Exception(Arc<Fault>),
    /// A part of the context that holds something; which one is known from the
    /// expression.
    Here,
    Variables,
    Parameters,
    Headers(Side),
    Body(Side),
    Url(Address),
    Query(Address),
    /// An object of .NET's library.
    Library(Arc<Library>),
    /// A value of an enumeration, with .NET's number.
    Constant(Type, i64),
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

    /// Whether it is `null`. JSON's null is a token, and is not.
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A whole number of either size.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Int(n) | Self::Long(n) => Some(*n),
            _ => None,
        }
    }

    /// The elements of a `string[]` or another sequence of texts; a null among
    /// them is empty.
    pub(super) fn texts(&self, work: &mut Work) -> Result<Option<Vec<Arc<str>>>, Fault> {
        Ok(match self {
            Self::Texts(texts) => Some(texts.to_vec()),
            Self::Collection(collection) => Some(collection.elements(work)?.iter().map(Self::display).collect()),
            Self::Json(token) => Some(token.children().into_iter().map(|t| Self::Json(t).display()).collect()),
            _ => None,
        })
    }

    /// As C# writes it in a string: null is empty, truth values are
    /// capitalised, everything else in the invariant culture.
    pub(super) fn display(&self) -> Arc<str> {
        match self {
            Self::Text(text) => Arc::clone(text),
            Self::Bool(true) => "True".into(),
            Self::Bool(false) => "False".into(),
            Self::Int(n) | Self::Long(n) => n.to_string().into(),
            Self::Double(n) => dotnet::general(*n).into(),
            Self::Char(c) => c.to_string().into(),
            Self::Texts(_) => "System.String[]".into(),
            Self::Bytes(_) => "System.Byte[]".into(),
            Self::Collection(collection) => Self::collection_text(collection).into(),
            Self::Instant(at) => at.text().into(),
            Self::Span(ticks) => dotnet::span_text(*ticks).into(),
            Self::Library(object) => object.to_string().into(),
            Self::Constant(ty, number) => constant_name(*ty, *number).into(),
            Self::Formatting(indented) => if *indented { "Indented" } else { "None" }.into(),
            Self::Guid(id) => id.to_string().into(),
            Self::Json(token) => token_text(token, true).into(),
            Self::Jwt(_) | Self::Claims(_) => "Jwt".into(),
            Self::Exception(fault) => format!("{}: {}", fault.kind.name(), fault.text).into(),
            _ => "".into(),
        }
    }

    fn collection_text(collection: &Collection) -> String {
        let part = |at| collection.item(at).map_or_else(|| "".into(), |v| v.display());
        match collection.ty {
            Type::Pair(..) => format!("[{}, {}]", part(0), part(1)),
            Type::Record(members) => {
                let parts = members.iter().enumerate().map(|(at, (name, _))| format!("{name} = {}", part(at)));
                format!("{{ {} }}", parts.collect::<Vec<_>>().join(", "))
            }
            ty => ty.full_name(),
        }
    }

    /// As a JSON value: what `new JObject(…)` holds and `SerializeObject`
    /// writes.
    pub(super) fn to_token(&self, work: &mut Work) -> Result<Token, Fault> {
        work.spend(1)?;
        Ok(match self {
            Self::Null => Token::NULL,
            Self::Bool(b) => Token::Leaf(Leaf::Bool(*b)),
            Self::Int(n) | Self::Long(n) => Token::Leaf(Leaf::Int(*n)),
            Self::Double(n) => Token::Leaf(Leaf::Float(*n)),
            Self::Texts(texts) => Token::of_elements(texts.iter().map(|t| Token::text(Arc::clone(t))).collect()),
            Self::Json(token) => token.clone(),
            Self::Instant(at) => Token::Leaf(Leaf::Date(at.iso().into())),
            Self::Collection(collection) => collection_token(collection, work)?,
            other => Token::text(other.display()),
        })
    }
}

fn collection_token(collection: &Collection, work: &mut Work) -> Result<Token, Fault> {
    let object = Token::object();
    match collection.ty {
        Type::Record(members) => {
            for (at, (name, _)) in members.iter().enumerate() {
                let value = collection.item(at).unwrap_or(Value::Null).to_token(work)?;
                object.set((*name).into(), value, work)?;
            }
        }
        Type::Dictionary(..) => {
            for (key, value) in collection.entries() {
                let value = value.to_token(work)?;
                object.set(key.display(), value, work)?;
            }
        }
        Type::Pair(..) => {
            for (at, name) in ["Key", "Value"].into_iter().enumerate() {
                let value = collection.item(at).unwrap_or(Value::Null).to_token(work)?;
                object.set(name.into(), value, work)?;
            }
        }
        _ => {
            let array = Token::array();
            for element in collection.elements(work)? {
                let element = element.to_token(work)?;
                array.push(element, work)?;
            }
            return Ok(Token::Array(array));
        }
    }
    Ok(Token::Object(object))
}

/// The name of an enumeration's value; its number where it has none.
fn constant_name(ty: Type, number: i64) -> String {
    let names: &[&str] = match ty {
        Type::DateKind => &["Unspecified", "Utc", "Local"],
        Type::Rounding => &["ToEven", "AwayFromZero"],
        Type::SplitOptions => &["None", "RemoveEmptyEntries", "TrimEntries"],
        Type::JsonKind => &[
            "None",
            "Object",
            "Array",
            "Constructor",
            "Property",
            "Comment",
            "Integer",
            "Float",
            "String",
            "Boolean",
            "Null",
            "Undefined",
            "Date",
            "Raw",
            "Bytes",
            "Guid",
            "Uri",
            "TimeSpan",
        ],
        _ => &[],
    };
    let name = usize::try_from(number).ok().and_then(|at| names.get(at));
    name.map_or_else(|| number.to_string(), |name| (*name).to_owned())
}

/// A span of microseconds as .NET's `TimeSpan` writes it: `hh:mm:ss`,
/// `d.hh:mm:ss`.
pub(super) fn span_text(micros: i64) -> String {
    dotnet::span_text(micros.saturating_mul(10))
}

/// A plain JSON value as `JToken.ToString` writes it.
pub(super) fn json_text(json: &serde_json::Value, indented: bool) -> String {
    match json {
        serde_json::Value::String(text) => text.clone(),
        other => token_text(&Token::from(other), indented),
    }
}

/// A token as `JToken.ToString` writes it: a text without quotes, a date in the
/// invariant culture.
pub(super) fn token_text(token: &Token, indented: bool) -> String {
    match token {
        Token::Leaf(Leaf::Null) => String::new(),
        Token::Leaf(Leaf::Text(text)) => text.to_string(),
        Token::Leaf(Leaf::Date(text)) => Moment::from_json(text).map_or_else(|| text.to_string(), Moment::text),
        Token::Leaf(Leaf::Bool(b)) => if *b { "True" } else { "False" }.to_owned(),
        Token::Leaf(Leaf::Float(n)) => dotnet::general(*n),
        other => other.write(indented),
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

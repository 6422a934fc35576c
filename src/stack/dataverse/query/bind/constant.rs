//! Values as they are compared: those of rows, and those that a query names.

use std::borrow::Cow;
use std::cmp::Ordering;

use uuid::Uuid;

use super::super::super::schema::{Column, ColumnKind, Property, Table};
use super::super::syntax::Literal;
use crate::clock::Timestamp;

/// How the values of a property are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse::query) enum Kind {
    Text,
    Number,
    Bool,
    Id,
    /// A day, as text that sorts by itself.
    Date,
    Instant,
    /// Numbers of a choice of many, as text with commas.
    Choices,
}

impl Kind {
    pub(in crate::stack::dataverse::query) fn of(table: &Table, property: Property) -> Self {
        match property {
            Property::Id => Self::Id,
            Property::System(system) => Self::of_edm(system.edm()),
            Property::Column(position) => Self::of_column(&table.columns[position]),
        }
    }

    fn of_column(column: &Column) -> Self {
        match column.kind {
            ColumnKind::Choices(_) => Self::Choices,
            ref kind => Self::of_edm(kind.edm()),
        }
    }

    fn of_edm(edm: &str) -> Self {
        match edm {
            "Edm.Int32" | "Edm.Int64" | "Edm.Decimal" | "Edm.Double" => Self::Number,
            "Edm.Boolean" => Self::Bool,
            "Edm.Date" => Self::Date,
            "Edm.DateTimeOffset" => Self::Instant,
            "Edm.Guid" => Self::Id,
            _ => Self::Text,
        }
    }
}

/// A property's OData type, as messages name it.
pub(in crate::stack::dataverse::query) fn edm(table: &Table, property: Property) -> &'static str {
    match property {
        Property::Id => "Edm.Guid",
        Property::System(system) => system.edm(),
        Property::Column(position) => table.columns[position].kind.edm(),
    }
}

/// A value of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum Value<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    Id(Uuid),
    Instant(Timestamp),
}

impl Value<'_> {
    /// The order of two values; `None` where one is nothing, or they are of
    /// different kinds.
    pub(in crate::stack::dataverse::query) fn compare(self, other: Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
            (Self::Integer(a), Value::Integer(b)) => Some(a.cmp(&b)),
            (Self::Integer(_) | Self::Float(_), Value::Integer(_) | Value::Float(_)) => {
                self.number()?.partial_cmp(&other.number()?)
            }
            (Self::Text(a), Value::Text(b)) => Some(compare_texts(a, b)),
            (Self::Id(a), Value::Id(b)) => Some(a.cmp(&b)),
            (Self::Instant(a), Value::Instant(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    pub(in crate::stack::dataverse::query) fn number(self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(n as f64),
            Self::Float(n) => Some(n),
            _ => None,
        }
    }

    /// For sorting: nothing comes first.
    pub(in crate::stack::dataverse::query) fn sort(self, other: Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            _ => self.compare(other).unwrap_or(Ordering::Equal),
        }
    }
}

/// Texts compare without regard to case, as the platform does (reference A6).
fn compare_texts(a: &str, b: &str) -> Ordering {
    for (x, y) in a.bytes().zip(b.bytes()) {
        if !(x.is_ascii() && y.is_ascii()) {
            return fold(a).cmp(&fold(b));
        }
        match x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()) {
            Ordering::Equal => {}
            order => return order,
        }
    }
    a.len().cmp(&b.len())
}

/// A text as it is compared.
pub(in crate::stack::dataverse::query) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(text.to_ascii_lowercase());
        }
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.to_lowercase())
}

/// A value that a query names.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum Constant {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Box<str>),
    Id(Uuid),
    Instant(Timestamp),
}

impl Constant {
    pub(in crate::stack::dataverse::query) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Text(text) => Value::Text(text),
            Self::Id(id) => Value::Id(*id),
            Self::Instant(instant) => Value::Instant(*instant),
        }
    }

    /// A literal, compared with a property of this kind; `None` where the two
    /// can't be compared.
    pub(in crate::stack::dataverse::query) fn of(kind: Kind, literal: &Literal) -> Option<Self> {
        Some(match (kind, literal) {
            (_, Literal::Null) => Self::Null,
            (Kind::Text | Kind::Choices, Literal::Text(text)) => Self::Text(text.as_str().into()),
            (Kind::Number, Literal::Integer(number)) => Self::Integer(*number),
            (Kind::Number, Literal::Decimal(number)) => Self::Float(*number),
            (Kind::Bool, Literal::Bool(value)) => Self::Bool(*value),
            (Kind::Id, Literal::Guid(id)) => Self::Id(*id),
            // Clients that quote GUIDs are understood.
            (Kind::Id, Literal::Text(text)) => Self::Id(Uuid::parse_str(text).ok()?),
            (Kind::Date, Literal::Date(date)) => Self::Text(date.to_string().into()),
            (Kind::Date, Literal::Instant(at)) => Self::Text(at.utc().date_naive().to_string().into()),
            (Kind::Instant, Literal::Instant(at)) => Self::Instant(*at),
            (Kind::Instant, Literal::Date(date)) => Self::Instant(Timestamp::parse(&date.to_string())?),
            _ => return None,
        })
    }

    /// The same out of text alone, as `PropertyValues`, cookies, SQL and
    /// `FetchXML` have it.
    pub(in crate::stack::dataverse::query) fn of_text(kind: Kind, text: &str) -> Option<Self> {
        let trimmed = text.trim();
        match kind {
            Kind::Text | Kind::Choices => Some(Self::Text(text.into())),
            Kind::Bool => match trimmed {
                "1" => Some(Self::Bool(true)),
                "0" => Some(Self::Bool(false)),
                other if other.eq_ignore_ascii_case("true") => Some(Self::Bool(true)),
                other if other.eq_ignore_ascii_case("false") => Some(Self::Bool(false)),
                _ => None,
            },
            Kind::Id => Uuid::parse_str(trimmed).ok().map(Self::Id),
            Kind::Number => Self::of(kind, &Literal::bare(trimmed)?),
            Kind::Date | Kind::Instant => {
                // SQL has a blank between day and time.
                let joined = if trimmed.as_bytes().get(10) == Some(&b' ') {
                    Cow::Owned(trimmed.replacen(' ', "T", 1))
                } else {
                    Cow::Borrowed(trimmed)
                };
                Self::of(kind, &Literal::bare(&joined)?)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_compare_as_their_lower_case(a in "\\PC{0,6}", b in "[aAbBäÄzZ]{0,4}", c in "[aAbBäÄzZ]{0,4}") {
            for (x, y) in [(&a, &b), (&b, &c), (&a, &a)] {
                prop_assert_eq!(compare_texts(x, y), x.to_lowercase().cmp(&y.to_lowercase()));
            }
        }
    }

    #[test]
    fn large_whole_numbers_are_compared_exactly() {
        let (a, b) = (Value::Integer(i64::MAX), Value::Integer(i64::MAX - 1));
        assert_eq!(a.compare(b), Some(Ordering::Greater));
        assert_eq!(Value::Integer(2).compare(Value::Float(2.5)), Some(Ordering::Less));
        assert_eq!(Value::Null.compare(Value::Integer(0)), None);
    }
}

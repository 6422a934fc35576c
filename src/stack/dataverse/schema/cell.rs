//! What a column of a row holds.

use std::sync::Arc;

use serde_json::{Number, Value};
use uuid::Uuid;

/// What a column of a row holds. Texts are shared between rows and ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::stack::dataverse) enum Cell {
    /// Nothing.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// Text, a date, an instant, or the numbers of a choice of many.
    Text(Arc<str>),
    /// A GUID; of a file column, the file's.
    Id(Uuid),
    /// The row that a lookup names: the position of its table, its primary id.
    Row(u16, Uuid),
}

impl Cell {
    pub(in crate::stack::dataverse) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) => Value::Number(n.clone()),
            Self::Text(t) => Value::String(t.as_ref().to_owned()),
            Self::Id(id) | Self::Row(_, id) => Value::String(id.to_string()),
        }
    }

    /// As part of an alternate key: texts compare without regard to case.
    pub(in crate::stack::dataverse) fn key_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(n) => Some(n.as_f64().map_or_else(|| n.to_string(), |f| f.to_string())),
            Self::Text(t) => Some(t.to_lowercase()),
            Self::Id(id) | Self::Row(_, id) => Some(id.to_string()),
        }
    }
}

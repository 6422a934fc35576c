//! Tables, columns and the environment as values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Number, Value};
use uuid::Uuid;

/// What a column of a row holds. Texts are shared between rows and ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    #[default]
    Null,
    /// Yes or no.
    Bool(bool),
    /// Any number.
    Number(Number),
    /// Text, a date or a GUID in lower case.
    Text(Arc<str>),
}

impl Cell {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(n) => Value::Number(n.clone()),
            Self::Text(t) => Value::String(t.as_ref().to_owned()),
        }
    }

    /// As part of an alternate key: texts compare without regard to case.
    pub(super) fn key_text(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Bool(b) => Some(b.to_string()),
            Self::Number(n) => Some(n.as_f64().map_or_else(|| n.to_string(), |f| f.to_string())),
            Self::Text(t) => Some(t.to_lowercase()),
        }
    }
}

/// What a column may hold.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum ColumnKind {
    /// Text of a length in characters.
    Text { max_length: usize },
    /// A whole number.
    Integer { minimum: i64, maximum: i64 },
    /// A number with so many decimals.
    Decimal { minimum: f64, maximum: f64, precision: u32 },
    /// The same, as an amount of money.
    Money { minimum: f64, maximum: f64, precision: u32 },
    /// Yes or no.
    Boolean,
    /// One of these numbers, with their labels.
    Picklist(BTreeMap<i64, String>),
    /// A day without time.
    Date,
    /// An instant.
    DateTime,
    /// A GUID.
    Guid,
}

impl ColumnKind {
    /// `AttributeType` in the metadata.
    pub(super) fn attribute_type(&self) -> &'static str {
        match self {
            Self::Text { .. } => "String",
            Self::Integer { .. } => "Integer",
            Self::Decimal { .. } => "Decimal",
            Self::Money { .. } => "Money",
            Self::Boolean => "Boolean",
            Self::Picklist(_) => "Picklist",
            Self::Date | Self::DateTime => "DateTime",
            Self::Guid => "Uniqueidentifier",
        }
    }

    /// The OData type that a literal is converted to.
    pub(super) fn edm(&self) -> &'static str {
        match self {
            Self::Text { .. } => "Edm.String",
            Self::Integer { .. } | Self::Picklist(_) => "Edm.Int32",
            Self::Decimal { .. } | Self::Money { .. } => "Edm.Decimal",
            Self::Boolean => "Edm.Boolean",
            Self::Date => "Edm.Date",
            Self::DateTime => "Edm.DateTimeOffset",
            Self::Guid => "Edm.Guid",
        }
    }
}

/// One column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: Arc<str>,
    pub(super) kind: ColumnKind,
    pub(super) required: bool,
}

/// An alternate key: columns that together name a row.
#[derive(Clone, Debug)]
pub(super) struct AlternateKey {
    pub(super) name: String,
    /// Positions in the table's columns.
    pub(super) columns: Vec<usize>,
}

/// One table.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) logical: Arc<str>,
    pub(super) collection: Arc<str>,
    pub(super) primary_id: Arc<str>,
    pub(super) primary_name: Arc<str>,
    /// Without the primary id.
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<AlternateKey>,
}

impl Table {
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// The alternate key over exactly these columns.
    pub(super) fn key_over(&self, columns: &[usize]) -> Option<usize> {
        self.keys
            .iter()
            .position(|key| key.columns.len() == columns.len() && key.columns.iter().all(|c| columns.contains(c)))
    }
}

/// A row to begin with.
#[derive(Clone, Debug)]
pub(super) struct SeedRow {
    pub(super) id: Uuid,
    pub(super) cells: Vec<Cell>,
}

/// Who the environment is and how it protects itself.
#[derive(Clone, Debug)]
pub(super) struct Environment {
    pub(super) url: String,
    pub(super) organization: Uuid,
    pub(super) business_unit: Uuid,
    pub(super) refuse_ungoverned: bool,
    pub(super) requests: u64,
    pub(super) window: Duration,
    pub(super) dop_hint: u32,
}

/// All that the files say.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    pub(super) environment: Environment,
    pub(super) tables: Vec<(Table, Vec<SeedRow>)>,
}

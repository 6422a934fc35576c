//! Tables, columns and the environment as values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

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
    /// A GUID.
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

/// What a column may hold.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) enum ColumnKind {
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
    /// A row of one of these tables.
    Lookup(Vec<LookupTarget>),
}

/// A table that a lookup may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct LookupTarget {
    /// The position of the table.
    pub(in crate::stack::dataverse) table: u16,
    /// The single-valued navigation property that leads there, which is also
    /// what `@odata.bind` is written to; case matters.
    pub(in crate::stack::dataverse) navigation: Arc<str>,
}

impl ColumnKind {
    /// `AttributeType` in the metadata.
    pub(in crate::stack::dataverse) fn attribute_type(&self) -> &'static str {
        match self {
            Self::Text { .. } => "String",
            Self::Integer { .. } => "Integer",
            Self::Decimal { .. } => "Decimal",
            Self::Money { .. } => "Money",
            Self::Boolean => "Boolean",
            Self::Picklist(_) => "Picklist",
            Self::Date | Self::DateTime => "DateTime",
            Self::Guid => "Uniqueidentifier",
            Self::Lookup(_) => "Lookup",
        }
    }

    /// The OData type that a literal is converted to.
    pub(in crate::stack::dataverse) fn edm(&self) -> &'static str {
        match self {
            Self::Text { .. } => "Edm.String",
            Self::Integer { .. } | Self::Picklist(_) => "Edm.Int32",
            Self::Decimal { .. } | Self::Money { .. } => "Edm.Decimal",
            Self::Boolean => "Edm.Boolean",
            Self::Date => "Edm.Date",
            Self::DateTime => "Edm.DateTimeOffset",
            Self::Guid | Self::Lookup(_) => "Edm.Guid",
        }
    }
}

/// One column.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Column {
    /// The logical name.
    pub(in crate::stack::dataverse) name: Arc<str>,
    /// The name of the property that is read: `_NAME_value` of a lookup, else
    /// the logical name.
    pub(in crate::stack::dataverse) property: Arc<str>,
    pub(in crate::stack::dataverse) kind: ColumnKind,
    pub(in crate::stack::dataverse) required: bool,
}

/// An alternate key: columns that together name a row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct AlternateKey {
    pub(in crate::stack::dataverse) name: String,
    /// Positions in the table's columns.
    pub(in crate::stack::dataverse) columns: Vec<usize>,
}

/// One table.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Table {
    pub(in crate::stack::dataverse) logical: Arc<str>,
    pub(in crate::stack::dataverse) collection: Arc<str>,
    pub(in crate::stack::dataverse) primary_id: Arc<str>,
    pub(in crate::stack::dataverse) primary_name: Arc<str>,
    /// Without the primary id.
    pub(in crate::stack::dataverse) columns: Vec<Column>,
    pub(in crate::stack::dataverse) keys: Vec<AlternateKey>,
    pub(in crate::stack::dataverse) navigations: Vec<Navigation>,
}

/// A navigation property.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Navigation {
    /// Case matters.
    pub(in crate::stack::dataverse) name: Arc<str>,
    pub(in crate::stack::dataverse) reach: Reach,
}

/// Which rows a navigation property leads to. Tables by their positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Reach {
    /// The row of `table` that the lookup at `column` of this table names.
    One { column: usize, table: usize },
    /// The rows of `table` whose lookup at `column` names this row.
    Many { table: usize, column: usize },
    /// The rows of `table` that are linked with this one in the many-to-many
    /// relationship at position `relation`; `second` where this table is its
    /// second side.
    Across { relation: usize, table: usize, second: bool },
}

impl Table {
    pub(in crate::stack::dataverse) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.name == name)
    }

    /// The column that is read by this name: `_NAME_value` of a lookup.
    pub(in crate::stack::dataverse) fn property(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| &*c.property == name)
    }

    pub(in crate::stack::dataverse) fn navigation(&self, name: &str) -> Option<Reach> {
        self.navigations.iter().find(|n| &*n.name == name).map(|n| n.reach)
    }

    /// The alternate key over exactly these columns.
    pub(in crate::stack::dataverse) fn key_over(&self, columns: &[usize]) -> Option<usize> {
        self.keys
            .iter()
            .position(|key| key.columns.len() == columns.len() && key.columns.iter().all(|c| columns.contains(c)))
    }
}

/// A row to begin with.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct SeedRow {
    pub(in crate::stack::dataverse) id: Uuid,
    pub(in crate::stack::dataverse) cells: Vec<Cell>,
}

/// Who the environment is and how it protects itself.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Environment {
    pub(in crate::stack::dataverse) url: String,
    pub(in crate::stack::dataverse) organization: Uuid,
    pub(in crate::stack::dataverse) business_unit: Uuid,
    pub(in crate::stack::dataverse) refuse_ungoverned: bool,
    pub(in crate::stack::dataverse) requests: u64,
    pub(in crate::stack::dataverse) window: Duration,
    pub(in crate::stack::dataverse) dop_hint: u32,
}

/// All that the files say.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Definition {
    pub(in crate::stack::dataverse) environment: Environment,
    pub(in crate::stack::dataverse) tables: Vec<(Table, Vec<SeedRow>)>,
    /// Names of the many-to-many relationships; [`Reach::Across`] counts them.
    pub(in crate::stack::dataverse) relations: Vec<Arc<str>>,
}

//! Columns: what they may hold, and what the metadata tells of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cell::Cell;

/// Numbers of a choice and their labels.
pub(in crate::stack::dataverse) type Options = BTreeMap<i64, String>;

/// What a column may hold.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) enum ColumnKind {
    /// Text of a length in characters; `memo` where it may have several lines.
    Text { max_length: usize, memo: bool },
    /// A whole number of 32 bits.
    Integer { minimum: i64, maximum: i64 },
    /// A whole number of 64 bits.
    BigInt,
    /// A number with so many decimals.
    Decimal { minimum: f64, maximum: f64, precision: u32 },
    /// The same, as an amount of money.
    Money { minimum: f64, maximum: f64, precision: u32 },
    /// The same, as a floating-point number.
    Double { minimum: f64, maximum: f64, precision: u32 },
    /// Yes or no.
    Boolean,
    /// One of these numbers, with their labels.
    Picklist(Options),
    /// Several of them: [`Cell::Text`] with the numbers between commas.
    Choices(Options),
    /// Whether the row is active, or which of its states it is in.
    State(Options),
    /// The reason for the state; `states` says to which state each belongs.
    Status { options: Options, states: BTreeMap<i64, i64> },
    /// A day without time.
    Date,
    /// An instant.
    DateTime,
    /// A GUID.
    Guid,
    /// A row of one of these tables.
    Lookup(Vec<LookupTarget>),
    /// A file of at most so many kilobytes; the cell is the file's id.
    File { max_kilobytes: u64 },
    /// A picture of at most so many kilobytes, in Base64.
    Image { max_kilobytes: u64 },
}

/// A table that a lookup may name, and the relationship that this makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) struct LookupTarget {
    /// The position of the table.
    pub(in crate::stack::dataverse) table: u16,
    /// The single-valued navigation property that leads there, which is also
    /// what `@odata.bind` is written to; case matters.
    pub(in crate::stack::dataverse) navigation: Arc<str>,
    /// The collection-valued navigation property of the other side.
    pub(in crate::stack::dataverse) collection: Arc<str>,
    /// The schema name of the one-to-many relationship.
    pub(in crate::stack::dataverse) relationship: Arc<str>,
    /// What becomes of this row when the row that it names is deleted.
    pub(in crate::stack::dataverse) on_delete: OnDelete,
}

/// What becomes of the rows that name a row which is deleted: `Delete` of the
/// relationship's cascade configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum OnDelete {
    /// Their lookup is cleared; the platform's default.
    #[default]
    RemoveLink,
    /// They are deleted as well.
    Cascade,
    /// The row can't be deleted.
    Restrict,
}

impl OnDelete {
    /// As the metadata writes it.
    pub(in crate::stack::dataverse) fn name(self) -> &'static str {
        match self {
            Self::RemoveLink => "RemoveLink",
            Self::Cascade => "Cascade",
            Self::Restrict => "Restrict",
        }
    }
}

impl ColumnKind {
    /// `AttributeType` in the metadata.
    pub(in crate::stack::dataverse) fn attribute_type(&self) -> &'static str {
        match self {
            Self::Text { memo: false, .. } => "String",
            Self::Text { memo: true, .. } => "Memo",
            Self::Integer { .. } => "Integer",
            Self::BigInt => "BigInt",
            Self::Decimal { .. } => "Decimal",
            Self::Money { .. } => "Money",
            Self::Double { .. } => "Double",
            Self::Boolean => "Boolean",
            Self::Picklist(_) => "Picklist",
            Self::State(_) => "State",
            Self::Status { .. } => "Status",
            Self::Date | Self::DateTime => "DateTime",
            Self::Guid => "Uniqueidentifier",
            Self::Lookup(_) => "Lookup",
            Self::Choices(_) | Self::File { .. } | Self::Image { .. } => "Virtual",
        }
    }

    /// The OData type that a literal is converted to.
    pub(in crate::stack::dataverse) fn edm(&self) -> &'static str {
        match self {
            Self::Text { .. } | Self::Choices(_) => "Edm.String",
            Self::Integer { .. } | Self::Picklist(_) | Self::State(_) | Self::Status { .. } => "Edm.Int32",
            Self::BigInt => "Edm.Int64",
            Self::Decimal { .. } | Self::Money { .. } => "Edm.Decimal",
            Self::Double { .. } => "Edm.Double",
            Self::Boolean => "Edm.Boolean",
            Self::Date => "Edm.Date",
            Self::DateTime => "Edm.DateTimeOffset",
            Self::Guid | Self::Lookup(_) | Self::File { .. } => "Edm.Guid",
            Self::Image { .. } => "Edm.Binary",
        }
    }

    /// The numbers and labels of a choice of any kind.
    pub(in crate::stack::dataverse) fn options(&self) -> Option<&Options> {
        match self {
            Self::Picklist(options) | Self::Choices(options) | Self::State(options) | Self::Status { options, .. } => {
                Some(options)
            }
            _ => None,
        }
    }

    /// The tables that a lookup may name.
    pub(in crate::stack::dataverse) fn targets(&self) -> &[LookupTarget] {
        match self {
            Self::Lookup(targets) => targets,
            _ => &[],
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
    /// A body may not name it.
    pub(in crate::stack::dataverse) read_only: bool,
    /// What a new row holds where its body names nothing.
    pub(in crate::stack::dataverse) default: Cell,
    /// It was deleted: only the ledger still speaks of it.
    pub(in crate::stack::dataverse) gone: bool,
    /// What the metadata tells, and nothing else needs often.
    pub(in crate::stack::dataverse) told: Box<Told>,
}

/// What the metadata tells of a column.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Told {
    /// `SchemaName`, where it is not the logical name.
    pub(in crate::stack::dataverse) schema_name: Option<Arc<str>>,
    pub(in crate::stack::dataverse) display_name: Option<Arc<str>>,
    pub(in crate::stack::dataverse) description: Option<Arc<str>>,
    /// `RequiredLevel`, where a definition named one. The platform asks only for
    /// what its own system requires.
    pub(in crate::stack::dataverse) required_level: Option<&'static str>,
    /// `Email`, `Url`, `DateOnly` and the like.
    pub(in crate::stack::dataverse) format: Option<&'static str>,
    /// The name of the global choice that it uses.
    pub(in crate::stack::dataverse) global_choice: Option<Arc<str>>,
    /// The labels of no and yes.
    pub(in crate::stack::dataverse) words: Option<[Arc<str>; 2]>,
    /// `Customer` or `Owner` where a lookup is of that kind.
    pub(in crate::stack::dataverse) lookup_type: Option<&'static str>,
    /// The pattern of a text that is numbered by itself, e.g.
    /// `INV-{SEQNUM:6}`.
    pub(in crate::stack::dataverse) auto_number: Option<Arc<str>>,
}

impl Column {
    /// A column of which nothing else is said.
    pub(in crate::stack::dataverse) fn new(name: &str, kind: ColumnKind) -> Self {
        let property = match kind {
            ColumnKind::Lookup(_) => format!("_{name}_value").into(),
            _ => name.into(),
        };
        let (name, default) = (name.into(), Cell::Null);
        Self { name, property, kind, required: false, read_only: false, default, gone: false, told: Box::default() }
    }

    /// The column once it is deleted: it keeps its place and its name, and holds
    /// nothing.
    pub(in crate::stack::dataverse) fn gone(self) -> Self {
        Self { gone: true, required: false, default: Cell::Null, told: Box::default(), ..self }
    }

    /// The label of no or yes; the platform's own are `No` and `Yes`.
    pub(in crate::stack::dataverse) fn word(&self, yes: bool) -> &str {
        match &self.told.words {
            Some(words) => &words[usize::from(yes)],
            None if yes => "Yes",
            None => "No",
        }
    }

    pub(in crate::stack::dataverse) fn schema_name(&self) -> &str {
        self.told.schema_name.as_deref().unwrap_or(&self.name)
    }
}

/// A column that every table has and that is no cell: it is derived from the
/// row itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum System {
    CreatedOn,
    ModifiedOn,
    CreatedBy,
    ModifiedBy,
    Owner,
    OwningUser,
    OwningTeam,
    OwningBusinessUnit,
    Version,
}

impl System {
    pub(in crate::stack::dataverse) const ALL: [Self; 9] = [
        Self::CreatedOn,
        Self::ModifiedOn,
        Self::CreatedBy,
        Self::ModifiedBy,
        Self::Owner,
        Self::OwningUser,
        Self::OwningTeam,
        Self::OwningBusinessUnit,
        Self::Version,
    ];

    /// The logical name.
    pub(in crate::stack::dataverse) fn name(self) -> &'static str {
        match self {
            Self::CreatedOn => "createdon",
            Self::ModifiedOn => "modifiedon",
            Self::CreatedBy => "createdby",
            Self::ModifiedBy => "modifiedby",
            Self::Owner => "ownerid",
            Self::OwningUser => "owninguser",
            Self::OwningTeam => "owningteam",
            Self::OwningBusinessUnit => "owningbusinessunit",
            Self::Version => "versionnumber",
        }
    }

    /// The name of the property that is read.
    pub(in crate::stack::dataverse) fn property(self) -> &'static str {
        match self {
            Self::CreatedBy => "_createdby_value",
            Self::ModifiedBy => "_modifiedby_value",
            Self::Owner => "_ownerid_value",
            Self::OwningUser => "_owninguser_value",
            Self::OwningTeam => "_owningteam_value",
            Self::OwningBusinessUnit => "_owningbusinessunit_value",
            Self::CreatedOn | Self::ModifiedOn | Self::Version => self.name(),
        }
    }

    /// The logical name of the table whose rows it names, where it names rows.
    /// An owner is a user or a team; he is looked for among users.
    pub(in crate::stack::dataverse) fn names(self) -> Option<&'static str> {
        match self {
            Self::CreatedOn | Self::ModifiedOn | Self::Version => None,
            Self::CreatedBy | Self::ModifiedBy | Self::Owner | Self::OwningUser => Some("systemuser"),
            Self::OwningTeam => Some("team"),
            Self::OwningBusinessUnit => Some("businessunit"),
        }
    }

    /// Whether only rows that belong to somebody have it.
    pub(in crate::stack::dataverse) fn is_of_owner(self) -> bool {
        matches!(self, Self::Owner | Self::OwningUser | Self::OwningTeam | Self::OwningBusinessUnit)
    }

    pub(in crate::stack::dataverse) fn edm(self) -> &'static str {
        match self {
            Self::CreatedOn | Self::ModifiedOn => "Edm.DateTimeOffset",
            Self::Version => "Edm.Int64",
            _ => "Edm.Guid",
        }
    }
}

/// What a property of a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Property {
    /// The primary id.
    Id,
    /// The column at this position.
    Column(usize),
    /// A column that is derived from the row.
    System(System),
}

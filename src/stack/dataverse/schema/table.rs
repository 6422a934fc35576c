//! Tables, their relationships, and the environment as values.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::cell::Cell;
use super::column::{Column, ColumnKind, Options, Property, System};

/// Up to so many columns a name is found faster by looking at each.
const FEW: usize = 24;

/// An alternate key: columns that together name a row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct AlternateKey {
    pub(in crate::stack::dataverse) name: String,
    /// Positions in the table's columns.
    pub(in crate::stack::dataverse) columns: Vec<usize>,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Table {
    pub(in crate::stack::dataverse) logical: Arc<str>,
    pub(in crate::stack::dataverse) collection: Arc<str>,
    pub(in crate::stack::dataverse) primary_id: Arc<str>,
    pub(in crate::stack::dataverse) primary_name: Arc<str>,
    /// Without the primary id. Call [`Table::index`] after a change.
    pub(in crate::stack::dataverse) columns: Vec<Column>,
    pub(in crate::stack::dataverse) keys: Vec<AlternateKey>,
    /// Rules of duplicate detection: rows with the same values in all columns
    /// of one are duplicates.
    pub(in crate::stack::dataverse) duplicate_rules: Vec<AlternateKey>,
    pub(in crate::stack::dataverse) navigations: Vec<Navigation>,
    pub(in crate::stack::dataverse) traits: Traits,
    pub(in crate::stack::dataverse) names: Names,
}

/// Positions of columns by logical name and by property.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Names {
    columns: HashMap<Arc<str>, usize>,
    properties: HashMap<Arc<str>, usize>,
}

/// What else a table is.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Traits {
    /// `SchemaName`, where it is not the logical name.
    pub(in crate::stack::dataverse) schema_name: Option<Arc<str>>,
    pub(in crate::stack::dataverse) display_name: Option<Arc<str>>,
    pub(in crate::stack::dataverse) display_collection_name: Option<Arc<str>>,
    pub(in crate::stack::dataverse) description: Option<Arc<str>>,
    /// An elastic table: `DeleteMultiple`, partial success of bulk actions.
    pub(in crate::stack::dataverse) elastic: bool,
    /// Whether `ETag`s are compared (`IsOptimisticConcurrencyEnabled`).
    pub(in crate::stack::dataverse) optimistic_concurrency: bool,
    /// Whether `odata.track-changes` is there.
    pub(in crate::stack::dataverse) change_tracking: bool,
    /// Whether rows belong to a user; else to the organisation.
    pub(in crate::stack::dataverse) user_owned: bool,
    pub(in crate::stack::dataverse) object_type_code: i64,
}

impl Default for Traits {
    fn default() -> Self {
        Self {
            schema_name: None,
            display_name: None,
            display_collection_name: None,
            description: None,
            elastic: false,
            optimistic_concurrency: true,
            change_tracking: true,
            user_owned: true,
            object_type_code: 0,
        }
    }
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
    /// The row of `table` that a column derived from this row names.
    System { system: System, table: usize },
    /// The rows of `table` whose lookup at `column` names this row.
    Many { table: usize, column: usize },
    /// The rows of `table` that are linked with this one in the many-to-many
    /// relationship at position `relation`; `second` where this table is its
    /// second side.
    Across { relation: usize, table: usize, second: bool },
}

impl Reach {
    /// Whether it leads to one row at most.
    pub(in crate::stack::dataverse) fn is_single(self) -> bool {
        matches!(self, Self::One { .. } | Self::System { .. })
    }

    /// The table that it leads to.
    pub(in crate::stack::dataverse) fn target(self) -> usize {
        match self {
            Self::One { table, .. }
            | Self::System { table, .. }
            | Self::Many { table, .. }
            | Self::Across { table, .. } => table,
        }
    }
}

/// Stands for the position of `ownerid` where positions of columns are written
/// down: the owner is a property of the row, and no cell of it.
pub(in crate::stack::dataverse) const OWNER: u16 = u16::MAX;

impl Table {
    /// The position of a column by its logical name; case matters.
    pub(in crate::stack::dataverse) fn column(&self, name: &str) -> Option<usize> {
        if self.columns.len() <= FEW {
            return self.columns.iter().position(|c| &*c.name == name && !c.gone);
        }
        self.names.columns.get(name).copied()
    }

    /// The column that is read by this name: `_NAME_value` of a lookup.
    pub(in crate::stack::dataverse) fn property(&self, name: &str) -> Option<usize> {
        if self.columns.len() <= FEW {
            return self.columns.iter().position(|c| &*c.property == name && !c.gone);
        }
        self.names.properties.get(name).copied()
    }

    /// What a property of a row is: the primary id, a column, or one of those
    /// that are derived from the row. A column of the file comes first.
    pub(in crate::stack::dataverse) fn read(&self, name: &str) -> Option<Property> {
        if name == &*self.primary_id {
            return Some(Property::Id);
        }
        let column = self.property(name).map(Property::Column);
        column.or_else(|| self.systems().find(|s| s.property() == name).map(Property::System))
    }

    /// The columns that are derived from the row: all but those that the file
    /// has as columns of its own.
    pub(in crate::stack::dataverse) fn systems(&self) -> impl Iterator<Item = System> {
        System::ALL.into_iter().filter(|system| {
            let there = !system.is_of_owner() || self.traits.user_owned;
            there && self.column(system.name()).is_none()
        })
    }

    /// The positions of the columns that hold files.
    pub(in crate::stack::dataverse) fn file_columns(&self) -> impl Iterator<Item = usize> {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, column)| matches!(column.kind, ColumnKind::File { .. })).map(|(position, _)| position)
    }

    /// The logical name of the column at a position of the ledger.
    pub(in crate::stack::dataverse) fn column_name(&self, position: u16) -> &str {
        match self.columns.get(usize::from(position)) {
            Some(column) => &column.name,
            None => System::Owner.name(),
        }
    }

    /// Makes names findable after the columns have changed.
    pub(in crate::stack::dataverse) fn index(&mut self) {
        let numbered = || self.columns.iter().enumerate().filter(|(_, column)| !column.gone);
        let columns = numbered().map(|(i, c)| (c.name.clone(), i)).collect();
        let properties = numbered().map(|(i, c)| (c.property.clone(), i)).collect();
        self.names = Names { columns, properties };
    }

    /// What stands in the place of a table that was deleted: no request can name
    /// it.
    pub(in crate::stack::dataverse) fn gone() -> Self {
        Self { logical: "\u{0}".into(), collection: "\u{0}".into(), ..Self::default() }
    }

    pub(in crate::stack::dataverse) fn is_gone(&self) -> bool {
        self.primary_id.is_empty()
    }

    /// The positions of its columns that were not deleted.
    pub(in crate::stack::dataverse) fn living(&self) -> impl Iterator<Item = usize> + '_ {
        self.columns.iter().enumerate().filter(|(_, column)| !column.gone).map(|(position, _)| position)
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

    pub(in crate::stack::dataverse) fn schema_name(&self) -> &str {
        self.traits.schema_name.as_deref().unwrap_or(&self.logical)
    }
}

/// A row to begin with.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct SeedRow {
    pub(in crate::stack::dataverse) id: Uuid,
    pub(in crate::stack::dataverse) cells: Vec<Cell>,
}

/// A many-to-many relationship.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Relation {
    /// The schema name.
    pub(in crate::stack::dataverse) name: Arc<str>,
    /// The table in the middle, which no request names.
    pub(in crate::stack::dataverse) intersect: Arc<str>,
    /// The positions of its two tables.
    pub(in crate::stack::dataverse) tables: [usize; 2],
    /// The navigation properties of the two, each leading to the other.
    pub(in crate::stack::dataverse) navigations: [Arc<str>; 2],
}

impl Relation {
    /// What stands in the place of a relationship that was deleted.
    pub(in crate::stack::dataverse) fn gone() -> Self {
        Self { name: "".into(), intersect: "".into(), tables: [0, 0], navigations: ["".into(), "".into()] }
    }

    pub(in crate::stack::dataverse) fn is_gone(&self) -> bool {
        self.name.is_empty()
    }
}

/// Who the environment is and how it protects itself.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Environment {
    pub(in crate::stack::dataverse) url: String,
    pub(in crate::stack::dataverse) organization: Uuid,
    pub(in crate::stack::dataverse) business_unit: Uuid,
    pub(in crate::stack::dataverse) ways_in: super::WaysIn,
    pub(in crate::stack::dataverse) protection: super::Protection,
    pub(in crate::stack::dataverse) conduct: super::Conduct,
    /// Who the users are.
    pub(in crate::stack::dataverse) users: Arc<super::Users>,
    /// How many bytes files of columns may take together.
    pub(in crate::stack::dataverse) file_storage: u64,
}

/// All that the files say.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Definition {
    pub(in crate::stack::dataverse) environment: Environment,
    pub(in crate::stack::dataverse) tables: Vec<(Table, Vec<SeedRow>)>,
    /// The many-to-many relationships; [`Reach::Across`] counts them.
    pub(in crate::stack::dataverse) relations: Vec<Relation>,
    /// Actions and functions of the environment's own.
    pub(in crate::stack::dataverse) actions: Vec<super::Action>,
    /// Choices that several columns share, by their names.
    pub(in crate::stack::dataverse) choices: BTreeMap<String, Options>,
}

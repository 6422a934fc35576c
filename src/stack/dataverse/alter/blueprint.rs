//! Tables as they are to become.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::error::Refusal;
use super::super::metadata::metadata_id;
use super::super::schema::{
    Cell, Column, ColumnKind, Definition, Navigation, Options, Reach, Relation, SeedRow, System, Table, Traits,
};
use super::column::column;
use super::refusal;
use super::text::{key, label, schema_name};

/// Custom tables have type codes from here on (recalled, not confirmed).
const FIRST_CODE: i64 = 10_000;

/// More columns no table can have (recalled, not confirmed).
pub(super) const COLUMNS: usize = 1_024;

/// Tables, relationships and shared choices as they are to become.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Blueprint {
    pub(in crate::stack::dataverse) tables: Vec<Arc<Table>>,
    pub(in crate::stack::dataverse) relations: Vec<Relation>,
    pub(in crate::stack::dataverse) choices: BTreeMap<String, Options>,
    /// What the files describe: it stays.
    pub(in crate::stack::dataverse) files: Arc<Files>,
}

/// How much the files describe.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Files {
    /// The tables.
    pub(super) tables: Vec<Arc<Table>>,
    pub(super) relations: Vec<Relation>,
    pub(super) choices: BTreeMap<String, Options>,
}

impl Files {
    /// Whether files that are read again have the same tables.
    pub(in crate::stack::dataverse) fn goes_with(&self, definition: &Definition) -> bool {
        let names = |table: &Table| table.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
        let same = |((new, _), old): (&(Table, Vec<SeedRow>), &Arc<Table>)| {
            new.logical == old.logical && names(new) == names(old)
        };
        definition.tables.len() == self.tables.len() && definition.tables.iter().zip(&self.tables).all(same)
    }
}

impl Blueprint {
    /// What files describe.
    pub(in crate::stack::dataverse) fn new(
        tables: Vec<Arc<Table>>,
        relations: Vec<Relation>,
        choices: BTreeMap<String, Options>,
    ) -> Self {
        let files = Files { tables: tables.clone(), relations: relations.clone(), choices: choices.clone() };
        Self { tables, relations, choices, files: Arc::new(files) }
    }

    /// What the files describe again; what was made since is gone.
    pub(in crate::stack::dataverse) fn of_files(&self) -> Self {
        let files = &self.files;
        let mut tables = Vec::with_capacity(self.tables.len());
        for (position, table) in self.tables.iter().enumerate() {
            let Some(own) = files.tables.get(position) else {
                tables.push(Arc::new(Table::gone()));
                continue;
            };
            let mut own = Table::clone(own);
            let made = table.columns.iter().skip(own.columns.len()).cloned();
            own.columns.extend(made.map(Column::gone));
            own.index();
            tables.push(Arc::new(own));
        }
        let mut relations = files.relations.clone();
        relations.resize(self.relations.len(), Relation::gone());
        Self { tables, relations, choices: files.choices.clone(), files: files.clone() }
    }

    /// The position of the table that a key names.
    pub(super) fn table(&self, text: &str) -> Result<usize, Refusal> {
        let (member, value) = key(text);
        let named = |table: &Arc<Table>| match member {
            "LogicalName" => *table.logical == *value,
            "SchemaName" => table.schema_name() == value,
            _ => metadata_id(&table.logical).to_string().eq_ignore_ascii_case(value),
        };
        let found = self.tables.iter().position(|table| !table.is_gone() && named(table));
        found.ok_or_else(|| Refusal::no_row("EntityMetadata", value))
    }

    /// The table of a logical name.
    pub(super) fn named(&self, logical: &str) -> Result<usize, Refusal> {
        self.table(&format!("LogicalName='{}'", logical.to_ascii_lowercase()))
    }

    /// Makes a table; gives its position.
    pub(super) fn add_table(&mut self, value: &Value) -> Result<usize, Refusal> {
        let name = schema_name(value)?;
        let logical = name.to_ascii_lowercase();
        let collection = value["EntitySetName"].as_str().map_or_else(|| plural(&logical), str::to_ascii_lowercase);
        let taken = |table: &&Arc<Table>| *table.logical == *logical || *table.collection == *collection;
        if self.tables.iter().any(|table| taken(&table)) {
            return Err(refusal::taken("entity", name));
        }
        let definitions = value["Attributes"].as_array().map_or(&[][..], Vec::as_slice);
        let mut columns: Vec<Column> = Vec::with_capacity(definitions.len() + 2);
        for definition in definitions {
            let column = column(definition, &self.choices, None)?;
            if columns.iter().any(|other| other.name == column.name) {
                return Err(refusal::column_taken(&column.name, &logical));
            }
            columns.push(column);
        }
        let primary = definitions.iter().position(|definition| definition["IsPrimaryName"] == true);
        let primary = primary.or_else(|| {
            let named = value["PrimaryNameAttribute"].as_str()?.to_ascii_lowercase();
            columns.iter().position(|column| *column.name == *named)
        });
        let primary = primary.ok_or_else(|| refusal::missing("Attributes with one of IsPrimaryName"))?;
        if !matches!(columns[primary].kind, ColumnKind::Text { memo: false, .. }) {
            return Err(refusal::wrong("The primary name attribute of a table must be of type String."));
        }
        let primary_name = columns[primary].name.clone();
        columns.extend(states());
        let mut table = Table {
            primary_id: format!("{logical}id").into(),
            logical: logical.into(),
            collection: collection.into(),
            primary_name,
            columns,
            traits: self.traits(name, value),
            ..Table::default()
        };
        table.index();
        table.navigations = self.derived(&table);
        self.tables.push(Arc::new(table));
        Ok(self.tables.len() - 1)
    }

    /// The ways of columns that are derived from the row.
    fn derived(&self, table: &Table) -> Vec<Navigation> {
        let far = |logical: &str| self.tables.iter().position(|table| *table.logical == *logical);
        let way = |system: System| {
            let reach = Reach::System { system, table: far(system.names()?)? };
            Some(Navigation { name: system.name().into(), reach })
        };
        table.systems().filter_map(way).collect()
    }

    fn traits(&self, name: &str, value: &Value) -> Traits {
        let code = self.tables.iter().map(|table| table.traits.object_type_code).max().unwrap_or_default();
        let mut traits = Traits {
            schema_name: Some(name.into()),
            user_owned: value["OwnershipType"] != "OrganizationOwned",
            elastic: value["TableType"] == "Elastic",
            object_type_code: code.max(FIRST_CODE - 1) + 1,
            ..Traits::default()
        };
        told(&mut traits, value);
        traits
    }

    /// Changes what is told of a table.
    pub(super) fn change_table(&mut self, text: &str, value: &Value) -> Result<(), Refusal> {
        let table = self.table(text)?;
        told(&mut Arc::make_mut(&mut self.tables[table]).traits, value);
        Ok(())
    }

    /// Deletes a table that no other names.
    pub(super) fn drop_table(&mut self, text: &str) -> Result<(), Refusal> {
        let doomed = self.table(text)?;
        let table = &self.tables[doomed];
        if doomed < self.files.tables.len() {
            return Err(refusal::of_the_files("table", &table.logical));
        }
        let others = self.tables.iter().enumerate().filter(|(position, _)| *position != doomed);
        let living = others.flat_map(|(_, table)| table.columns.iter().filter(|column| !column.gone));
        let lookups = living.filter(|c| c.kind.targets().iter().any(|t| usize::from(t.table) == doomed)).count();
        if lookups > 0 {
            return Err(refusal::in_use("Entity", &table.logical, lookups));
        }
        for position in 0..self.relations.len() {
            if !self.relations[position].is_gone() && self.relations[position].tables.contains(&doomed) {
                self.unlink(position);
            }
        }
        let lookups: Vec<usize> = (0..self.tables[doomed].columns.len()).collect();
        lookups.into_iter().for_each(|column| self.forget(doomed, column));
        self.tables[doomed] = Arc::new(Table::gone());
        Ok(())
    }

    /// The position of the column that a key names.
    pub(super) fn column(&self, table: usize, text: &str) -> Result<usize, Refusal> {
        let (member, value) = key(text);
        let table = &self.tables[table];
        let named = |column: &Column| match member {
            "LogicalName" => *column.name == *value,
            "SchemaName" => column.schema_name() == value,
            _ => metadata_id(&format!("{}.{}", table.logical, column.name)).to_string().eq_ignore_ascii_case(value),
        };
        let found = table.columns.iter().position(|column| !column.gone && named(column));
        found.ok_or_else(|| Refusal::no_row("AttributeMetadata", value))
    }

    /// Gives a table one more column; gives its logical name.
    pub(super) fn add_column(&mut self, table: usize, value: &Value) -> Result<Arc<str>, Refusal> {
        let column = column(value, &self.choices, None)?;
        self.admit(table, &column)?;
        let name = column.name.clone();
        let own = Arc::make_mut(&mut self.tables[table]);
        own.columns.push(column);
        own.index();
        Ok(name)
    }

    /// Whether a table has no column of this name yet.
    pub(super) fn admit(&self, table: usize, column: &Column) -> Result<(), Refusal> {
        let own = &self.tables[table];
        if own.columns.len() >= COLUMNS {
            return Err(refusal::wrong(format!(
                "A table has at most {COLUMNS} columns, those that were deleted counted."
            )));
        }
        let system = own.systems().any(|system| *system.name() == *column.name);
        if system || *column.name == *own.primary_id || own.column(&column.name).is_some() {
            return Err(refusal::column_taken(&column.name, &own.logical));
        }
        Ok(())
    }

    pub(super) fn change_column(&mut self, table: usize, text: &str, value: &Value) -> Result<(), Refusal> {
        let position = self.column(table, text)?;
        let changed = column(value, &self.choices, Some(&self.tables[table].columns[position]))?;
        Arc::make_mut(&mut self.tables[table]).columns[position] = changed;
        Ok(())
    }

    pub(super) fn drop_column(&mut self, table: usize, text: &str) -> Result<(), Refusal> {
        let position = self.column(table, text)?;
        let own = &self.tables[table];
        let name = own.columns[position].name.clone();
        if self.files.tables.get(table).is_some_and(|files| position < files.columns.len()) {
            return Err(refusal::of_the_files("column", &format!("{}.{name}", own.logical)));
        }
        let keys = own.keys.iter().filter(|key| key.columns.contains(&position)).count();
        let needed = keys + usize::from(name == own.primary_name || matches!(&*name, "statecode" | "statuscode"));
        if needed > 0 {
            return Err(refusal::in_use("Attribute", &name, needed));
        }
        self.forget(table, position);
        Ok(())
    }

    /// Marks a column as gone, and takes the ways that lead over it.
    pub(super) fn forget(&mut self, table: usize, position: usize) {
        let own = Arc::make_mut(&mut self.tables[table]);
        let column = own.columns[position].clone();
        let targets = column.kind.targets().to_vec();
        own.columns[position] = column.gone();
        own.index();
        for target in targets {
            self.no_way(table, &target.navigation);
            self.no_way(usize::from(target.table), &target.collection);
        }
    }

    /// Takes a navigation property.
    pub(super) fn no_way(&mut self, table: usize, name: &str) {
        Arc::make_mut(&mut self.tables[table]).navigations.retain(|navigation| *navigation.name != *name);
    }
}

/// What a definition tells of a table.
fn told(traits: &mut Traits, value: &Value) {
    let text = |name: &str| label(&value[name]).map(Arc::from);
    traits.display_name = text("DisplayName").or_else(|| traits.display_name.take());
    traits.display_collection_name = text("DisplayCollectionName").or_else(|| traits.display_collection_name.take());
    traits.description = text("Description").or_else(|| traits.description.take());
    if let Some(tracked) = value["ChangeTrackingEnabled"].as_bool() {
        traits.change_tracking = tracked;
    }
}

/// The state and its reason, which every table has.
fn states() -> [Column; 2] {
    let options = |first: i64| BTreeMap::from([(first, "Active".to_owned()), (first + 1, "Inactive".to_owned())]);
    let status = ColumnKind::Status { options: options(1), states: BTreeMap::from([(1, 0), (2, 1)]) };
    let column = |name: &str, kind: ColumnKind, first: i64| Column {
        default: Cell::Number(first.into()),
        ..Column::new(name, kind)
    };
    [column("statecode", ColumnKind::State(options(0)), 0), column("statuscode", status, 1)]
}

/// The name of the entity set where a definition gives none (recalled, not
/// confirmed: English plurals).
fn plural(logical: &str) -> String {
    let vowel = |c: char| "aeiou".contains(c);
    match logical.strip_suffix('y') {
        Some(stem) if !stem.ends_with(vowel) => format!("{stem}ies"),
        _ if ["s", "x", "z", "ch", "sh"].iter().any(|end| logical.ends_with(end)) => format!("{logical}es"),
        _ => format!("{logical}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn collections_have_english_plurals() {
        let cases =
            [("new_bank", "new_banks"), ("new_city", "new_cities"), ("new_key", "new_keys"), ("a_box", "a_boxes")];
        for (logical, collection) in cases {
            assert_eq!(plural(logical), collection);
        }
    }
}

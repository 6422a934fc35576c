//! Relationships and alternate keys.

use std::sync::Arc;

use serde_json::Value;

use super::super::error::Refusal;
use super::super::metadata::metadata_id;
use super::super::schema::{
    AlternateKey, Column, ColumnKind, LookupTarget, Navigation, OnDelete, Reach, Relation, Table,
};
use super::blueprint::Blueprint;
use super::refusal;
use super::text::{key, kind, label, required, schema_name};

/// A relationship that a key names.
enum Found {
    /// A lookup of a table, and which of its targets.
    Lookup(usize, usize, usize),
    Many(usize),
}

impl Blueprint {
    /// Makes a relationship; gives its schema name.
    pub(super) fn add_relationship(&mut self, value: &Value) -> Result<String, Refusal> {
        let name = schema_name(value)?.to_owned();
        if self.find(|found| found.eq_ignore_ascii_case(&name)).is_some() {
            return Err(refusal::taken("relationship", &name));
        }
        match kind(value) {
            Some("ManyToManyRelationshipMetadata") => self.add_many(&name, value)?,
            None if value["Entity1LogicalName"].is_string() => self.add_many(&name, value)?,
            Some("OneToManyRelationshipMetadata") | None => self.add_lookup(&name, value)?,
            Some(other) => return Err(Refusal::not_there(&format!("A relationship of the type '{other}'"))),
        }
        Ok(name)
    }

    fn add_lookup(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        let far = self.named(required(value, "ReferencedEntity")?)?;
        let own = self.named(required(value, "ReferencingEntity")?)?;
        let definition = &value["Lookup"];
        let schema = schema_name(definition)?;
        let navigation = value["ReferencingEntityNavigationPropertyName"].as_str().unwrap_or(schema);
        let collection = value["ReferencedEntityNavigationPropertyName"].as_str().unwrap_or(name);
        let target = LookupTarget {
            table: far as u16,
            navigation: navigation.into(),
            collection: collection.into(),
            relationship: name.into(),
            on_delete: on_delete(value).unwrap_or_default(),
        };
        let logical = schema.to_ascii_lowercase();
        let mut column = Column::new(&logical, ColumnKind::Lookup(vec![target]));
        column.told.schema_name = (*logical != *schema).then(|| schema.into());
        column.told.display_name = label(&definition["DisplayName"]).map(Arc::from);
        column.told.description = label(&definition["Description"]).map(Arc::from);
        self.admit(own, &column)?;
        let position = self.tables[own].columns.len();
        self.way(own, navigation, Reach::One { column: position, table: far })?;
        self.way(far, collection, Reach::Many { table: own, column: position })?;
        let table = Arc::make_mut(&mut self.tables[own]);
        table.columns.push(column);
        table.index();
        Ok(())
    }

    fn add_many(&mut self, name: &str, value: &Value) -> Result<(), Refusal> {
        let first = self.named(required(value, "Entity1LogicalName")?)?;
        let second = self.named(required(value, "Entity2LogicalName")?)?;
        let own = |member: &str| value[member].as_str().filter(|text| !text.is_empty()).unwrap_or(name);
        let names = [own("Entity1NavigationPropertyName"), own("Entity2NavigationPropertyName")];
        let relation = self.relations.len();
        self.way(first, names[0], Reach::Across { relation, table: second, second: false })?;
        self.way(second, names[1], Reach::Across { relation, table: first, second: true })?;
        let intersect = own("IntersectEntityName").to_ascii_lowercase();
        let (tables, navigations) = ([first, second], names.map(Arc::from));
        self.relations.push(Relation { name: name.into(), intersect: intersect.into(), tables, navigations });
        Ok(())
    }

    /// Adds a navigation property.
    fn way(&mut self, table: usize, name: &str, reach: Reach) -> Result<(), Refusal> {
        let own = &self.tables[table];
        if own.navigation(name).is_some() || own.column(name).is_some_and(|_| !matches!(reach, Reach::One { .. })) {
            return Err(refusal::taken("navigation property", name));
        }
        let navigation = Navigation { name: name.into(), reach };
        Arc::make_mut(&mut self.tables[table]).navigations.push(navigation);
        Ok(())
    }

    /// The relationship whose name is wanted.
    fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<Found> {
        for (table, own) in self.tables.iter().enumerate() {
            for (position, column) in own.columns.iter().enumerate().filter(|(_, column)| !column.gone) {
                if let Some(target) = column.kind.targets().iter().position(|t| wanted(&t.relationship)) {
                    return Some(Found::Lookup(table, position, target));
                }
            }
        }
        self.relations.iter().position(|relation| !relation.is_gone() && wanted(&relation.name)).map(Found::Many)
    }

    fn relationship(&self, text: &str) -> Result<Found, Refusal> {
        let (member, value) = key(text);
        let found = self.find(|name| match member {
            "SchemaName" => name == value,
            _ => metadata_id(&format!("relationship/{name}")).to_string().eq_ignore_ascii_case(value),
        });
        found.ok_or_else(|| Refusal::no_row("RelationshipMetadataBase", value))
    }

    /// Changes what becomes of rows whose row is deleted: all else of a
    /// relationship stays as it is.
    pub(super) fn change_relationship(&mut self, text: &str, value: &Value) -> Result<(), Refusal> {
        if let (Found::Lookup(table, column, target), Some(wanted)) = (self.relationship(text)?, on_delete(value))
            && let ColumnKind::Lookup(targets) = &mut Arc::make_mut(&mut self.tables[table]).columns[column].kind
        {
            targets[target].on_delete = wanted;
        }
        Ok(())
    }

    /// Deletes a relationship; with a one-to-many one its lookup goes.
    pub(super) fn drop_relationship(&mut self, text: &str) -> Result<(), Refusal> {
        match self.relationship(text)? {
            Found::Lookup(table, column, _) => {
                let own = &self.tables[table];
                if self.files.tables.get(table).is_some_and(|files| column < files.columns.len()) {
                    let name = format!("{}.{}", own.logical, own.columns[column].name);
                    return Err(refusal::of_the_files("lookup", &name));
                }
                if let Some(key) = own.keys.iter().find(|key| key.columns.contains(&column)) {
                    return Err(refusal::in_use("EntityRelationship", &key.name, 1));
                }
                self.forget(table, column);
            }
            Found::Many(relation) if relation < self.files.relations.len() => {
                return Err(refusal::of_the_files("relationship", &self.relations[relation].name));
            }
            Found::Many(relation) => self.unlink(relation),
        }
        Ok(())
    }

    /// Marks a many-to-many relationship as gone.
    pub(super) fn unlink(&mut self, relation: usize) {
        let Relation { tables, navigations, .. } = std::mem::replace(&mut self.relations[relation], Relation::gone());
        for (table, name) in tables.into_iter().zip(&navigations) {
            self.no_way(table, name);
        }
    }

    /// Makes an alternate key; gives its name.
    pub(super) fn add_key(&mut self, table: usize, value: &Value) -> Result<String, Refusal> {
        let name = schema_name(value)?.to_owned();
        let own = &self.tables[table];
        let columns = value["KeyAttributes"].as_array().map_or(&[][..], Vec::as_slice);
        let column = |named: &Value| {
            let named = named.as_str().unwrap_or_default();
            let found = own.column(named).filter(|column| can_be_key(&own.columns[*column].kind));
            found.ok_or_else(|| refusal::wrong(format!("The attribute '{named}' can't be part of an entity key.")))
        };
        let columns = columns.iter().map(column).collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err(refusal::missing("KeyAttributes"));
        }
        let same = |key: &AlternateKey| key.name.eq_ignore_ascii_case(&name) || key.columns == columns;
        if own.keys.iter().any(same) {
            return Err(refusal::taken("entity key", &name));
        }
        Arc::make_mut(&mut self.tables[table]).keys.push(AlternateKey { name: name.clone(), columns });
        Ok(name)
    }

    pub(super) fn drop_key(&mut self, table: usize, text: &str) -> Result<(), Refusal> {
        let (member, value) = key(text);
        let own: &Table = &self.tables[table];
        let id = |key: &AlternateKey| metadata_id(&format!("key/{}.{}", own.logical, key.name)).to_string();
        let found = own.keys.iter().position(|key| match member {
            "LogicalName" | "SchemaName" => key.name.eq_ignore_ascii_case(value),
            _ => id(key).eq_ignore_ascii_case(value),
        });
        let found = found.ok_or_else(|| Refusal::no_row("EntityKeyMetadata", value))?;
        if self.files.tables.get(table).is_some_and(|files| found < files.keys.len()) {
            return Err(refusal::of_the_files("entity key", &own.keys[found].name));
        }
        Arc::make_mut(&mut self.tables[table]).keys.remove(found);
        Ok(())
    }
}

/// Kinds of columns that keys may have.
fn can_be_key(kind: &ColumnKind) -> bool {
    matches!(
        kind,
        ColumnKind::Text { memo: false, .. }
            | ColumnKind::Integer { .. }
            | ColumnKind::Decimal { .. }
            | ColumnKind::Date
            | ColumnKind::DateTime
            | ColumnKind::Picklist(_)
            | ColumnKind::Lookup(_)
    )
}

/// `Delete` of the cascade configuration.
fn on_delete(value: &Value) -> Option<OnDelete> {
    let named = value["CascadeConfiguration"]["Delete"].as_str()?;
    [OnDelete::RemoveLink, OnDelete::Cascade, OnDelete::Restrict].into_iter().find(|one| one.name() == named)
}

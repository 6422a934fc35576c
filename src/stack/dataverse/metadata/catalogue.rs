//! All that can be told of the environment's tables, made when it is asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::super::schema::{self, Column, ColumnKind, LookupTarget, OnDelete, Relation, System, Table};
use super::attribute::{Part, attribute};
use super::option_set;
use super::relationship::{key, many_to_many, one_to_many};

/// The tables, their relationships, and choices that they share.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Catalogue {
    pub(super) tables: Vec<Arc<Table>>,
    pub(in crate::stack::dataverse) relations: Vec<Relation>,
    pub(in crate::stack::dataverse) choices: BTreeMap<String, schema::Options>,
    /// The `$metadata` document, once somebody has asked for it.
    pub(super) document: std::sync::OnceLock<bytes::Bytes>,
}

impl Catalogue {
    pub(in crate::stack::dataverse) fn new(
        tables: Vec<Arc<Table>>,
        relations: Vec<Relation>,
        choices: BTreeMap<String, schema::Options>,
    ) -> Self {
        Self { tables, relations, choices, document: std::sync::OnceLock::new() }
    }

    /// The tables that were not deleted.
    pub(super) fn living(&self) -> impl Iterator<Item = &Arc<Table>> {
        self.tables.iter().filter(|table| !table.is_gone())
    }

    /// The columns of a table: its key, its own, and those that every table
    /// has.
    pub(super) fn columns<'t>(&self, table: &'t Table) -> Vec<(std::borrow::Cow<'t, Column>, Part)> {
        use std::borrow::Cow;
        let id = Column { required: true, ..Column::new(&table.primary_id, ColumnKind::Guid) };
        let own = table.living().map(|column| (Cow::Borrowed(&table.columns[column]), Part::Usual));
        // Whose a row is can be said with it; the rest follows.
        let part = |system| if system == System::Owner { Part::Usual } else { Part::System };
        let systems = table.systems().map(|system| (Cow::Owned(self.system(table, system)), part(system)));
        std::iter::once((Cow::Owned(id), Part::PrimaryId)).chain(own).chain(systems).collect()
    }

    /// A column that is derived from the row, as one of its own.
    pub(super) fn system(&self, table: &Table, system: System) -> Column {
        let kind = match system {
            System::CreatedOn | System::ModifiedOn => ColumnKind::DateTime,
            System::Version => ColumnKind::BigInt,
            _ => {
                let named = system.names().into_iter().filter_map(|logical| {
                    let far = self.tables.iter().position(|table| *table.logical == *logical)?;
                    Some(derived(table, system, far))
                });
                ColumnKind::Lookup(named.collect())
            }
        };
        let mut column = Column::new(system.name(), kind);
        if system == System::Owner {
            column.told.lookup_type = Some("Owner");
        }
        column
    }

    /// The columns as definitions, each with its choice.
    pub(super) fn attributes(&self, table: &Table) -> Vec<Value> {
        let mut attributes = Vec::new();
        for (number, (column, part)) in self.columns(table).into_iter().enumerate() {
            let targets: Vec<&str> =
                column.kind.targets().iter().map(|t| &*self.tables[usize::from(t.table)].logical).collect();
            let mut body = attribute(table, &column, part, number + 1, &targets);
            if let Some(set) = option_set::of_column(table, &column) {
                let shared = column.told.global_choice.is_some();
                body["GlobalOptionSet"] = if shared { set.clone() } else { Value::Null };
                body["OptionSet"] = set;
            }
            attributes.push(body);
        }
        attributes
    }

    pub(super) fn keys(table: &Table) -> Vec<Value> {
        table.keys.iter().map(|k| key(table, k)).collect()
    }

    /// The relationships in which a lookup of this table names another.
    pub(super) fn many_to_one(&self, table: &Table) -> Vec<Value> {
        let mut all = Vec::new();
        for (column, _) in self.columns(table) {
            for target in column.kind.targets() {
                all.push(one_to_many(table, &column, target, &self.tables[usize::from(target.table)]));
            }
        }
        all
    }

    /// The relationships in which lookups of other tables name this one.
    pub(super) fn one_to_many(&self, position: usize) -> Vec<Value> {
        let own = &self.tables[position];
        let all = self.living().flat_map(|table| self.many_to_one(table));
        all.filter(|relationship| relationship["ReferencedEntity"] == *own.logical).collect()
    }

    pub(super) fn many_to_many(&self, position: Option<usize>) -> Vec<Value> {
        let own = |relation: &&Relation| position.is_none_or(|position| relation.tables.contains(&position));
        self.relations
            .iter()
            .filter(|relation| !relation.is_gone())
            .filter(own)
            .map(|relation| many_to_many(relation, &self.tables))
            .collect()
    }

    /// All relationships, those of one kind first.
    pub(super) fn relationships(&self) -> Vec<Value> {
        let typed = |mut value: Value, kind: &str| {
            value["@odata.type"] = format!("#Microsoft.Dynamics.CRM.{kind}Metadata").into();
            value
        };
        let one = self.living().flat_map(|table| self.many_to_one(table));
        let one = one.map(|value| typed(value, "OneToManyRelationship"));
        let many = self.many_to_many(None).into_iter().map(|value| typed(value, "ManyToManyRelationship"));
        one.chain(many).collect()
    }

    pub(super) fn global_choices(&self) -> Vec<Value> {
        let typed = |mut value: Value| {
            value["@odata.type"] = "#Microsoft.Dynamics.CRM.OptionSetMetadata".into();
            value
        };
        self.choices.iter().map(|(name, options)| typed(option_set::global(name, options))).collect()
    }
}

/// What a column that is derived from the row names, with the platform's names
/// of relationships.
fn derived(table: &Table, system: System, far: usize) -> LookupTarget {
    let logical = &table.logical;
    let name = match system {
        System::CreatedBy => format!("lk_{logical}_createdby"),
        System::ModifiedBy => format!("lk_{logical}_modifiedby"),
        System::OwningTeam => format!("team_{logical}"),
        System::OwningBusinessUnit => format!("business_unit_{logical}"),
        System::Owner => format!("owner_{logical}"),
        _ => format!("user_{logical}"),
    };
    LookupTarget {
        table: far as u16,
        navigation: system.name().into(),
        collection: name.as_str().into(),
        relationship: name.into(),
        on_delete: OnDelete::default(),
    }
}

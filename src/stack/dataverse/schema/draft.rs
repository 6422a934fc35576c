//! One table's file as it stands: what other tables have to be known for is
//! found by `relate` and `seed` when all are read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::column::Options;
use super::columns::ColumnReader;
use super::fields::{flag, name_of, number, one_of, text};
use super::lookups::LookupDraft;
use super::table::{AlternateKey, Table, Traits};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, closest};

/// A table before its relationships and rows.
#[derive(Debug)]
pub(super) struct Draft<'n> {
    pub(super) table: Table,
    /// Where its file begins.
    pub(super) place: Place,
    pub(super) lookups: Vec<LookupDraft>,
    pub(super) many: Vec<ManyDraft>,
    pub(super) rows: Option<&'n Node>,
    pub(super) generated: Option<&'n Node>,
    /// Columns of the document that could not be taken over, and why.
    pub(super) left_out: Vec<String>,
}

/// A many-to-many relationship as one of its tables tells it.
#[derive(Debug)]
pub(super) struct ManyDraft {
    pub(super) name: Arc<str>,
    pub(super) place: Place,
    /// The logical name of the other table.
    pub(super) other: String,
    pub(super) navigation: Option<Arc<str>>,
    pub(super) other_navigation: Option<Arc<str>>,
    pub(super) intersect: Option<Arc<str>>,
}

impl<'n> Draft<'n> {
    /// A table that another document describes.
    pub(super) fn of(table: Table, place: Place, lookups: Vec<LookupDraft>, many: Vec<ManyDraft>) -> Self {
        Self { table, place, lookups, many, rows: None, generated: None, left_out: Vec::new() }
    }

    /// Reads the mapping of a file, its `format` already read.
    pub(super) fn read(
        node: &'n Node,
        choices: &BTreeMap<String, Options>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let mut fields = Fields::of(node, diagnostics);
        let place = fields.place();
        let _ = fields.optional("format");
        let logical = fields.required_str("logical_name");
        let collection = fields.required_str("collection");
        let primary_id = fields.required_str("primary_id");
        let primary_name = fields.required_str("primary_name");
        let traits = traits(&mut fields);
        let columns = fields.required("columns");
        let keys = fields.optional("alternate_keys");
        let duplicates = fields.optional("duplicate_detection");
        let many = fields.optional("many_to_many");
        let rows = fields.optional("rows");
        let generated = fields.optional("generated");
        fields.finish();
        let mut reader = ColumnReader { choices, lookups: Vec::new(), diagnostics };
        let columns = reader.read(columns?);
        let lookups = reader.lookups;
        let mut table = Table {
            logical: logical?.into(),
            collection: collection?.into(),
            primary_id: primary_id?.into(),
            primary_name: primary_name?.into(),
            columns,
            traits,
            ..Table::default()
        };
        table.index();
        if let Some(keys) = keys {
            table.keys = alternate_keys(keys, &table, diagnostics);
        }
        if let Some(rules) = duplicates {
            table.duplicate_rules = alternate_keys(rules, &table, diagnostics);
        }
        names_fit(&table, &place, diagnostics);
        let many = many.map(|node| many_to_many(node, diagnostics)).unwrap_or_default();
        Some(Self { table, place, lookups, many, rows, generated, left_out: Vec::new() })
    }
}

fn traits(fields: &mut Fields<'_, '_>) -> Traits {
    let usual = Traits::default();
    Traits {
        schema_name: text(fields, "schema_name"),
        display_name: text(fields, "display_name"),
        display_collection_name: text(fields, "display_collection_name"),
        description: text(fields, "description"),
        elastic: flag(fields, "elastic", usual.elastic),
        optimistic_concurrency: flag(fields, "optimistic_concurrency", usual.optimistic_concurrency),
        change_tracking: flag(fields, "change_tracking", usual.change_tracking),
        user_owned: one_of(fields, "ownership", &[("user", "user"), ("organization", "organization")])
            != Some("organization"),
        object_type_code: number(fields, "object_type_code").map_or(usual.object_type_code, |n| n as i64),
    }
}

/// The primary id is no column of its own, the primary name is one.
fn names_fit(table: &Table, place: &Place, diagnostics: &mut Diagnostics) {
    if table.column(&table.primary_id).is_some() {
        let text = format!("the primary key `{}` stands among the columns of {}", table.primary_id, table.collection);
        diagnostics.push(
            Diagnostic::error(place.clone(), text).hint("leave it out there: every table has the column of its key"),
        );
    }
    // A table without a text has no name but its key.
    if table.primary_name != table.primary_id && table.column(&table.primary_name).is_none() {
        let mut fault = unknown_column(place.clone(), &table.primary_name, table);
        fault.what = format!("`primary_name`: {}", fault.what);
        diagnostics.push(fault);
    }
}

fn alternate_keys(node: &Node, table: &Table, diagnostics: &mut Diagnostics) -> Vec<AlternateKey> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of key names to lists of columns", diagnostics);
        return Vec::new();
    };
    let mut keys = Vec::new();
    for (name, list) in entries {
        let mut columns = Vec::new();
        for column in list.as_sequence().unwrap_or_default() {
            let found = column.as_str().unwrap_or_default();
            match table.column(found) {
                Some(position) => columns.push(position),
                None => diagnostics.push(unknown_column(column.place.clone(), found, table)),
            }
        }
        if list.as_sequence().is_none_or(<[Node]>::is_empty) {
            list.wrong_kind("a list of columns", diagnostics);
        }
        keys.push(AlternateKey { name: name.key_text(), columns });
    }
    keys
}

fn many_to_many(node: &Node, diagnostics: &mut Diagnostics) -> Vec<ManyDraft> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of relationship names to what they lead to", diagnostics);
        return Vec::new();
    };
    let mut drafts = Vec::new();
    for (name, node) in entries {
        let Some(schema_name) = name_of(name, diagnostics) else { continue };
        let mut fields = Fields::of(node, diagnostics);
        let other = fields.required_str("table");
        let navigation = text(&mut fields, "navigation");
        let other_navigation = text(&mut fields, "other_navigation");
        let intersect = text(&mut fields, "intersect");
        fields.finish();
        if let Some(other) = other {
            let (place, other) = (name.place.clone(), other.to_owned());
            let name = schema_name.into();
            drafts.push(ManyDraft { name, place, other, navigation, other_navigation, intersect });
        }
    }
    drafts
}

pub(super) fn unknown_column(place: Place, name: &str, table: &Table) -> Diagnostic {
    let fault = Diagnostic::error(place, format!("`{name}` is no column of {}", table.collection));
    match closest(name, table.columns.iter().map(|c| &*c.name)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

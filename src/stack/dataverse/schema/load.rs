//! `mocks/dataverse/*.yaml` into a [`Definition`]: strict, all faults at once.

use std::path::Path;
use std::time::Duration;

use uuid::Uuid;

use super::column::{Column, ColumnKind};
use super::seed;
use super::table::{AlternateKey, Definition, Environment, SeedRow, Table};
use super::ways::ways_in;
use crate::clock::parse_duration;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, Value, closest, parse_yaml};

const ENVIRONMENT: &str = "environment.yaml";
const ENVIRONMENT_FORMAT: &str = "seamstress/dataverse-environment/1";
/// The window of the platform (reference B1).
const WINDOW: Duration = Duration::from_mins(5);
const TABLE_FORMAT: &str = "seamstress/dataverse-table/1";

/// Reads `environment.yaml` and every other `.yaml` file of a folder as a
/// table, in the order of their names.
pub(in crate::stack::dataverse) fn load(folder: &Path) -> Result<Definition, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let environment =
        read(&folder.join(ENVIRONMENT), &mut diagnostics).and_then(|node| environment(&node, &mut diagnostics));
    let mut tables = Vec::new();
    for path in table_files(folder, &mut diagnostics) {
        if let Some(node) = read(&path, &mut diagnostics) {
            tables.extend(table(&node, &mut diagnostics));
        }
    }
    match environment {
        Some(environment) if !diagnostics.has_errors() => Ok(Definition { environment, tables, relations: Vec::new() }),
        _ => Err(diagnostics),
    }
}

fn table_files(folder: &Path, diagnostics: &mut Diagnostics) -> Vec<std::path::PathBuf> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) => {
            let place = Place::file(folder.display().to_string());
            diagnostics.push(
                Diagnostic::error(place, format!("can't be read: {fault}"))
                    .expected("a folder with environment.yaml and a file for each table"),
            );
            return Vec::new();
        }
    };
    let mut files: Vec<_> = entries
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .filter(|path| path.file_name().is_some_and(|n| n != ENVIRONMENT))
        .collect();
    files.sort();
    files
}

fn read(path: &Path, diagnostics: &mut Diagnostics) -> Option<Node> {
    let name = path.display().to_string();
    let fault = match std::fs::read_to_string(path) {
        Ok(text) => match parse_yaml(&name, &text) {
            Ok(node) => return Some(node),
            Err(fault) => fault,
        },
        Err(fault) => Diagnostic::error(Place::file(name), format!("can't be read: {fault}")),
    };
    diagnostics.push(fault);
    None
}

fn format(fields: &mut Fields<'_, '_>, expected: &str) {
    let place = fields.place();
    if let Some(found) = fields.required_str("format")
        && found != expected
    {
        fields.diagnostics().push(
            Diagnostic::error(place, "another format").expected(format!("`{expected}`")).actual(format!("`{found}`")),
        );
    }
}

fn environment(node: &Node, diagnostics: &mut Diagnostics) -> Option<Environment> {
    let mut fields = Fields::of(node, diagnostics);
    format(&mut fields, ENVIRONMENT_FORMAT);
    let url = fields.required_str("url").map(str::to_owned);
    let organization = guid(&mut fields, "organization_id");
    let business_unit = guid(&mut fields, "business_unit_id");
    let ways_in = ways_in(&mut fields);
    let protection = fields.optional("service_protection");
    let dop_hint = number(&mut fields, "dop_hint").unwrap_or(48.0) as u32;
    fields.finish();
    let (requests, window) = protection.map_or((6000, WINDOW), |p| limits(p, diagnostics));
    Some(Environment {
        url: url?,
        organization: organization?,
        business_unit: business_unit?,
        ways_in,
        requests,
        window,
        dop_hint,
    })
}

/// The platform's own defaults are 6000 requests in 300 s (reference B1).
fn limits(node: &Node, diagnostics: &mut Diagnostics) -> (u64, Duration) {
    let mut fields = Fields::of(node, diagnostics);
    let requests = number(&mut fields, "requests").map_or(6000, |n| n as u64);
    let window = match fields.optional_str("window") {
        None => WINDOW,
        Some(text) => parse_duration(text).filter(|w| w.as_secs() > 0).unwrap_or_else(|| {
            let place = fields.place();
            fields.diagnostics().push(
                Diagnostic::error(place, "`window` is no span of at least a second")
                    .expected("a span such as `PT300S`")
                    .actual(format!("`{text}`")),
            );
            WINDOW
        }),
    };
    fields.finish();
    (requests.max(1), window)
}

fn table(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Table, Vec<SeedRow>)> {
    let mut fields = Fields::of(node, diagnostics);
    format(&mut fields, TABLE_FORMAT);
    let logical = fields.required_str("logical_name");
    let collection = fields.required_str("collection");
    let primary_id = fields.required_str("primary_id");
    let primary_name = fields.required_str("primary_name");
    let columns = fields.required("columns");
    let keys = fields.optional("alternate_keys");
    let rows = fields.optional("rows");
    let generated = fields.optional("generated");
    fields.finish();
    let columns = read_columns(columns?, diagnostics);
    let mut table = Table {
        logical: logical?.into(),
        collection: collection?.into(),
        primary_id: primary_id?.into(),
        primary_name: primary_name?.into(),
        columns,
        ..Table::default()
    };
    table.index();
    if let Some(keys) = keys {
        table.keys = read_keys(keys, &table, diagnostics);
    }
    let mut seeds = rows.map(|rows| seed::listed(&table, rows, diagnostics)).unwrap_or_default();
    seeds.extend(generated.map(|node| seed::generated(&table, node, diagnostics)).unwrap_or_default());
    Some((table, seeds))
}

fn read_columns(node: &Node, diagnostics: &mut Diagnostics) -> Vec<Column> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping of column names", diagnostics);
        return Vec::new();
    };
    let mut columns = Vec::new();
    for (name, node) in entries {
        let mut fields = Fields::of(node, diagnostics);
        let required = flag(&mut fields, "required", false);
        let kind = column_kind(&mut fields);
        fields.finish();
        if let Some(kind) = kind {
            columns.push(Column { required, ..Column::new(&name.key_text(), kind) });
        }
    }
    columns
}

const TYPES: [&str; 10] =
    ["string", "memo", "integer", "decimal", "money", "boolean", "picklist", "date", "datetime", "uniqueidentifier"];

fn column_kind(fields: &mut Fields<'_, '_>) -> Option<ColumnKind> {
    let place = fields.place();
    let kind = fields.required_str("type")?;
    Some(match kind {
        // The platform's own defaults: 100 for text, 2000 for memos.
        "string" => {
            ColumnKind::Text { max_length: number(fields, "max_length").unwrap_or(100.0) as usize, memo: false }
        }
        "memo" => ColumnKind::Text { max_length: number(fields, "max_length").unwrap_or(2000.0) as usize, memo: true },
        "integer" => ColumnKind::Integer {
            minimum: number(fields, "minimum").map_or(i64::from(i32::MIN), |n| n as i64),
            maximum: number(fields, "maximum").map_or(i64::from(i32::MAX), |n| n as i64),
        },
        "decimal" | "money" => {
            let minimum = number(fields, "minimum").unwrap_or(-100_000_000_000.0);
            let maximum = number(fields, "maximum").unwrap_or(100_000_000_000.0);
            let precision = number(fields, "precision").unwrap_or(2.0) as u32;
            if kind == "money" {
                ColumnKind::Money { minimum, maximum, precision }
            } else {
                ColumnKind::Decimal { minimum, maximum, precision }
            }
        }
        "boolean" => ColumnKind::Boolean,
        "picklist" => picklist(fields)?,
        "date" => ColumnKind::Date,
        "datetime" => ColumnKind::DateTime,
        "uniqueidentifier" => ColumnKind::Guid,
        other => {
            let mut fault = Diagnostic::error(place, format!("unknown column type `{other}`"))
                .expected(format!("one of {}", TYPES.join(", ")));
            if let Some(near) = closest(other, TYPES) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            fields.diagnostics().push(fault);
            return None;
        }
    })
}

fn picklist(fields: &mut Fields<'_, '_>) -> Option<ColumnKind> {
    let node = fields.required("options")?;
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from numbers to labels", fields.diagnostics());
        return None;
    };
    let mut options = std::collections::BTreeMap::new();
    for (key, label) in entries {
        match (&key.value, label.as_str()) {
            (Value::Number(number), Some(label)) if number.is_i64() => {
                options.insert(number.as_i64().unwrap_or_default(), label.to_owned());
            }
            _ => key.wrong_kind("a whole number with its label", fields.diagnostics()),
        }
    }
    Some(ColumnKind::Picklist(options))
}

fn read_keys(node: &Node, table: &Table, diagnostics: &mut Diagnostics) -> Vec<AlternateKey> {
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
        if columns.is_empty() {
            list.wrong_kind("a list of columns", diagnostics);
        }
        keys.push(AlternateKey { name: name.key_text(), columns });
    }
    keys
}

pub(in crate::stack::dataverse) fn unknown_column(place: Place, name: &str, table: &Table) -> Diagnostic {
    let fault = Diagnostic::error(place, format!("`{name}` is no column of {}", table.collection));
    match closest(name, table.columns.iter().map(|c| &*c.name)) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}

fn guid(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Uuid> {
    let node = fields.required(key)?;
    let found = node.as_str().and_then(|text| Uuid::parse_str(text).ok());
    if found.is_none() {
        node.wrong_kind("a GUID", fields.diagnostics());
    }
    found
}

pub(in crate::stack::dataverse) fn number(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<f64> {
    let node = fields.optional(key)?;
    if let Value::Number(number) = &node.value {
        return number.as_f64();
    }
    node.wrong_kind("a number", fields.diagnostics());
    None
}

fn flag(fields: &mut Fields<'_, '_>, key: &'static str, default: bool) -> bool {
    match fields.optional(key) {
        None => default,
        Some(Node { value: Value::Bool(found), .. }) => *found,
        Some(node) => {
            node.wrong_kind("true or false", fields.diagnostics());
            default
        }
    }
}

//! `mocks/dataverse/*.yaml` into a [`Definition`]: strict, all faults at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::actions::{ACTIONS_FORMAT, actions};
use super::choices::numbered;
use super::column::Options;
use super::conduct::conduct;
use super::draft::Draft;
use super::fields::guid;
use super::import::{Imports, imported};
use super::protection::protection;
use super::relate::relate;
use super::seed;
use super::table::{Definition, Environment};
use super::users::Users;
use super::ways::ways_in;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, Value, parse_yaml};

const ENVIRONMENT: &str = "environment.yaml";
const ENVIRONMENT_FORMAT: &str = "seamstress/dataverse-environment/1";
pub(super) const TABLE_FORMAT: &str = "seamstress/dataverse-table/1";
const CHOICES_FORMAT: &str = "seamstress/dataverse-choices/1";

/// The faults of a folder of tables, all of them; none where it can be served.
pub fn lint(folder: &Path) -> Diagnostics {
    load(folder).err().unwrap_or_default()
}

/// Reads `environment.yaml` and every other `.yaml` file of a folder, in the
/// order of their names: tables, and choices that several columns share. Every
/// `.xml` file is a `$metadata` document whose tables are imported.
pub(in crate::stack::dataverse) fn load(folder: &Path) -> Result<Definition, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let environment =
        read(&folder.join(ENVIRONMENT), &mut diagnostics).and_then(|node| environment(&node, &mut diagnostics));
    let mut files = files(folder, "yaml", &mut diagnostics);
    let nodes: Vec<Node> = files.drain(..).filter_map(|path| read(&path, &mut diagnostics)).collect();
    let choices = choices(&nodes, &mut diagnostics);
    let is_table =
        |node: &&Node| !matches!(node.get("format").and_then(Node::as_str), Some(CHOICES_FORMAT | ACTIONS_FORMAT));
    let mut drafts: Vec<Draft<'_>> =
        nodes.iter().filter(is_table).filter_map(|node| table(node, &choices, &mut diagnostics)).collect();
    let choice = environment.as_ref().map(|(_, imports)| imports);
    drafts.extend(imported(folder, choice, &drafts, &mut diagnostics));
    let relations = relate(&mut drafts, &mut diagnostics);
    let actions = actions(&nodes, &drafts, &mut diagnostics);
    let rows = seed::rows(&drafts, &mut diagnostics);
    match environment {
        Some((environment, _)) if !diagnostics.has_errors() => {
            let tables: Vec<_> = drafts.into_iter().map(|draft| draft.table).zip(rows).collect();
            let users = Arc::new(Users::of(environment.organization, &tables));
            let environment = Environment { users, ..environment };
            Ok(Definition { environment, tables, relations, actions, choices })
        }
        _ => Err(diagnostics),
    }
}

fn table<'n>(node: &'n Node, choices: &BTreeMap<String, Options>, diagnostics: &mut Diagnostics) -> Option<Draft<'n>> {
    let place = node.place.clone();
    match node.get("format").and_then(Node::as_str) {
        Some(TABLE_FORMAT) => {}
        found => {
            let fault = Diagnostic::error(place, "another format")
                .expected(format!("`{TABLE_FORMAT}`, `{CHOICES_FORMAT}` or `{ACTIONS_FORMAT}`"))
                .actual(found.map_or_else(|| "no `format`".to_owned(), |found| format!("`{found}`")));
            diagnostics.push(fault);
        }
    }
    Draft::read(node, choices, diagnostics)
}

/// Choices that several columns share, by their names.
fn choices(nodes: &[Node], diagnostics: &mut Diagnostics) -> BTreeMap<String, Options> {
    let mut choices = BTreeMap::new();
    for node in nodes.iter().filter(|node| node.get("format").and_then(Node::as_str) == Some(CHOICES_FORMAT)) {
        let mut fields = Fields::of(node, diagnostics);
        let _ = fields.optional("format");
        let listed = fields.required("choices");
        fields.finish();
        let Some(entries) = listed.and_then(Node::as_mapping) else {
            node.wrong_kind("`choices`: a mapping of names to numbers with labels", diagnostics);
            continue;
        };
        for (name, options) in entries {
            if let Some(options) = numbered(options, diagnostics) {
                choices.insert(name.key_text(), options);
            }
        }
    }
    choices
}

pub(super) fn files(folder: &Path, end: &str, diagnostics: &mut Diagnostics) -> Vec<std::path::PathBuf> {
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
        .filter(|path| path.extension().is_some_and(|e| e == end))
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

fn environment(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Environment, Imports)> {
    let mut fields = Fields::of(node, diagnostics);
    format(&mut fields, ENVIRONMENT_FORMAT);
    let url = fields.required_str("url").map(str::to_owned);
    let organization = guid(&mut fields, "organization_id");
    let business_unit = guid(&mut fields, "business_unit_id");
    let ways_in = ways_in(&mut fields);
    let protection = protection(&mut fields);
    let conduct = conduct(&mut fields);
    let file_storage = megabytes(&mut fields);
    let import = fields.optional("import");
    fields.finish();
    let imports = import.map(|node| Imports::read(node, diagnostics)).unwrap_or_default();
    let (url, organization, business_unit) = (url?, organization?, business_unit?);
    Some((
        Environment {
            url,
            organization,
            business_unit,
            ways_in,
            protection,
            conduct,
            users: Arc::default(),
            file_storage,
        },
        imports,
    ))
}

/// The bytes of `file_storage`, which is in megabytes: 1024 where it is left out.
fn megabytes(fields: &mut Fields<'_, '_>) -> u64 {
    const USUAL: u64 = 1024;
    let Some(node) = fields.optional("file_storage") else { return USUAL << 20 };
    match &node.value {
        Value::Number(number) if number.as_u64().is_some_and(|n| (1..=1 << 20).contains(&n)) => {
            number.as_u64().unwrap_or(USUAL) << 20
        }
        _ => {
            node.wrong_kind("a whole number of megabytes, from 1 to 1048576", fields.diagnostics());
            USUAL << 20
        }
    }
}

//! Tables of a `$metadata` document as files, to go on from.

use std::path::{Path, PathBuf};

use roxmltree::Document;

use super::describe::describe;
use super::draft::Draft;
use super::import::Import;
use super::load::{TABLE_FORMAT, files};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, parse_yaml};

/// A table as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableFile {
    /// The table's logical name.
    pub logical: String,
    /// The file's name: the collection's, and `.yaml`.
    pub name: String,
    /// What it holds.
    pub text: String,
    /// How many columns the table has, its key left out.
    pub columns: usize,
    /// Columns of the document that the file has not, and why.
    pub left_out: Vec<String>,
    /// A file of the folder that describes this table already.
    pub there: Option<PathBuf>,
}

/// The tables of a `$metadata` document as files for a folder of tables: those of
/// these entity sets or logical names, all where none are named. Lookups lead to
/// tables among them, and to those that the folder has already.
///
/// # Errors
/// The document can't be read, or has no such table; all faults at once.
pub fn tables_of(document: &Path, only: &[String], folder: &Path) -> Result<Vec<TableFile>, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let file = document.display().to_string();
    let unreadable = |fault: String| {
        let fault = Diagnostic::error(Place::file(file.as_str()), format!("can't be read: {fault}"));
        let mut faults = Diagnostics::new();
        faults.push(fault.expected("the document of GET [Organization URI]/api/data/v9.2/$metadata"));
        faults
    };
    let text = std::fs::read_to_string(document).map_err(|fault| unreadable(fault.to_string()))?;
    let parsed = Document::parse(&text).map_err(|fault| unreadable(fault.to_string()))?;
    let import = Import::new(&file, &parsed);
    let names: Vec<(String, Place)> = only.iter().map(|name| (name.clone(), Place::file("--only"))).collect();
    let wanted = import.wanted((!only.is_empty()).then_some(names.as_slice()), &mut diagnostics);
    let there = there(folder);
    let known = wanted.iter().map(|(_, kind)| (*kind).into()).chain(there.iter().map(|(name, _)| name.as_str().into()));
    let known = known.collect();
    let drafts: Vec<Draft<'_>> = wanted.iter().filter_map(|table| import.draft(*table, &known)).collect();
    if drafts.is_empty() && !diagnostics.has_errors() {
        let fault = Diagnostic::error(Place::file(file.as_str()), "has no table");
        diagnostics.push(fault.expected("entity sets whose types have a key"));
    }
    drafts.iter().for_each(|draft| plain_name(draft, &mut diagnostics));
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let source = document.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let source: String = source.chars().filter(|c| !c.is_control()).collect();
    let as_file = |draft: Draft<'_>| TableFile {
        logical: draft.table.logical.to_string(),
        name: format!("{}.yaml", draft.table.collection),
        text: describe(&draft, &source),
        columns: draft.table.columns.len(),
        there: there.iter().find(|(name, _)| **name == *draft.table.logical).map(|(_, path)| path.clone()),
        left_out: draft.left_out,
    };
    Ok(drafts.into_iter().map(as_file).collect())
}

/// Tables that a folder describes already: logical names and files. What can't be
/// read is told by `lint`, not here.
fn there(folder: &Path) -> Vec<(String, PathBuf)> {
    if !folder.is_dir() {
        return Vec::new();
    }
    let mut unread = Diagnostics::new();
    let table = |path: PathBuf| {
        let node = parse_yaml(&path.display().to_string(), &std::fs::read_to_string(&path).ok()?).ok()?;
        let text = |key: &str| node.get(key).and_then(Node::as_str).map(str::to_owned);
        (text("format")? == TABLE_FORMAT).then_some((text("logical_name")?, path))
    };
    files(folder, "yaml", &mut unread).into_iter().filter_map(table).collect()
}

/// A collection's name becomes that of a file.
fn plain_name(draft: &Draft<'_>, diagnostics: &mut Diagnostics) {
    let name = &draft.table.collection;
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        let fault = Diagnostic::error(draft.place.clone(), format!("`{name}` can't be the name of an entity set"));
        diagnostics.push(fault.expected("letters, digits and underscores"));
    }
}

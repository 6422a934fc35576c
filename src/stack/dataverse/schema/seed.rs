//! Rows that are there from the beginning: listed one by one, or made from
//! numbers.

use std::collections::{HashMap, HashSet};

use serde_json::Value as Json;
use uuid::Uuid;

use super::cell::Cell;
use super::column::ColumnKind;
use super::draft::{Draft, unknown_column};
use super::fields::number;
use super::generated::Source;
use super::table::{SeedRow, Table};
use super::value;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Place, Value};

/// The namespace of generated primary keys.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d10);

/// The primary ids of all seed rows, so that rows can name each other.
#[derive(Debug)]
pub(super) struct Ids {
    by_table: Vec<Vec<Uuid>>,
    /// Positions by logical name.
    pub(super) positions: HashMap<String, u16>,
}

impl Ids {
    /// The ids of one table's rows, in their order.
    pub(super) fn of(&self, table: u16) -> &[Uuid] {
        self.by_table.get(usize::from(table)).map_or(&[], Vec::as_slice)
    }
}

/// The seed rows of all tables, in the order of the tables.
pub(super) fn rows(drafts: &[Draft<'_>], diagnostics: &mut Diagnostics) -> Vec<Vec<SeedRow>> {
    let generated: Vec<Option<Generated<'_>>> =
        drafts.iter().map(|draft| draft.generated.and_then(|node| Generated::read(node, diagnostics))).collect();
    let ids = Ids {
        by_table: drafts
            .iter()
            .zip(&generated)
            .map(|(draft, generated)| {
                let mut ids = listed_ids(draft, diagnostics);
                ids.extend(generated.iter().flat_map(Generated::ids));
                ids
            })
            .collect(),
        positions: drafts.iter().enumerate().map(|(i, draft)| (draft.table.logical.to_string(), i as u16)).collect(),
    };
    let mut all = Vec::with_capacity(drafts.len());
    for (position, (draft, generated)) in drafts.iter().zip(&generated).enumerate() {
        let listed = draft.rows.and_then(Node::as_sequence).unwrap_or_default();
        let mut cells: Vec<Vec<Cell>> =
            listed.iter().map(|row| listed_cells(&draft.table, row, &ids, diagnostics)).collect();
        if let Some(generated) = generated {
            cells.extend(generated.cells(&draft.table, &ids, diagnostics));
        }
        let rows = ids.of(position as u16).iter().zip(cells).map(|(id, cells)| SeedRow { id: *id, cells });
        let rows: Vec<SeedRow> = rows.collect();
        unique(draft, &rows, diagnostics);
        all.push(rows);
    }
    all
}

/// The ids of the rows under `rows`.
fn listed_ids(draft: &Draft<'_>, diagnostics: &mut Diagnostics) -> Vec<Uuid> {
    let Some(node) = draft.rows else { return Vec::new() };
    let Some(rows) = node.as_sequence() else {
        node.wrong_kind("a list of rows", diagnostics);
        return Vec::new();
    };
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.get(&draft.table.primary_id).and_then(Node::as_str).and_then(|text| Uuid::parse_str(text).ok());
        if id.is_none() {
            let text = format!("a row without its primary key `{}`", draft.table.primary_id);
            diagnostics.push(Diagnostic::error(row.place.clone(), text).expected("a GUID"));
        }
        ids.push(id.unwrap_or_default());
    }
    ids
}

fn listed_cells(table: &Table, row: &Node, ids: &Ids, diagnostics: &mut Diagnostics) -> Vec<Cell> {
    let mut cells: Vec<Cell> = table.columns.iter().map(|column| column.default.clone()).collect();
    for (name, node) in row.as_mapping().unwrap_or_default() {
        let key = name.key_text();
        if key == *table.primary_id {
            continue;
        }
        let Some(position) = table.column(&key) else {
            diagnostics.push(unknown_column(name.place.clone(), &key, table));
            continue;
        };
        match constant(table, position, node, ids) {
            Ok(cell) => cells[position] = cell,
            Err(fault) => diagnostics.push(Diagnostic::error(node.place.clone(), fault)),
        }
    }
    required(table, &cells, &row.place, diagnostics);
    cells
}

/// What the file says, as a cell. A lookup is a GUID where it leads to one
/// table, else `{ TABLE: GUID }`; a whole number instead of the GUID is the
/// number of a seed row, from 1.
pub(super) fn constant(table: &Table, position: usize, node: &Node, ids: &Ids) -> Result<Cell, String> {
    let column = &table.columns[position];
    let ColumnKind::Lookup(targets) = &column.kind else {
        return value::cell(table, column, &node.to_json()).map_err(|refusal| refusal.message);
    };
    let expected = || format!("`{}` is a lookup: a GUID, the number of a seed row, or `{{ TABLE: … }}`", column.name);
    let (target, node) = match node.as_mapping() {
        None => (targets.first().filter(|_| targets.len() == 1).ok_or_else(expected)?.table, node),
        Some([(name, node)]) => {
            let logical = name.key_text();
            let known = ids.positions.get(&logical).filter(|p| targets.iter().any(|t| t.table == **p));
            (*known.ok_or_else(|| format!("`{}` does not lead to a table `{logical}`", column.name))?, node)
        }
        Some(_) => return Err(expected()),
    };
    let id = match &node.value {
        Value::Null => return Ok(Cell::Null),
        Value::String(text) => Uuid::parse_str(text).ok(),
        Value::Number(n) => {
            let index = n.as_u64().and_then(|n| usize::try_from(n).ok()?.checked_sub(1));
            index.and_then(|index| ids.of(target).get(index)).copied()
        }
        _ => None,
    };
    id.map(|id| Cell::Row(target, id)).ok_or_else(expected)
}

fn required(table: &Table, cells: &[Cell], place: &Place, diagnostics: &mut Diagnostics) -> bool {
    let before = diagnostics.len();
    for (column, cell) in table.columns.iter().zip(cells) {
        if column.required && *cell == Cell::Null {
            let text = format!("a row without the required column `{}`", column.name);
            diagnostics.push(Diagnostic::error(place.clone(), text));
        }
    }
    diagnostics.len() == before
}

/// Primary ids and alternate keys stand once.
fn unique(draft: &Draft<'_>, rows: &[SeedRow], diagnostics: &mut Diagnostics) {
    let mut seen = HashSet::with_capacity(rows.len());
    if let Some(row) = rows.iter().find(|row| !row.id.is_nil() && !seen.insert(row.id)) {
        let text = format!("two rows of {} have the primary key {}", draft.table.collection, row.id);
        diagnostics.push(Diagnostic::error(draft.place.clone(), text));
    }
    for key in &draft.table.keys {
        let mut seen = HashSet::with_capacity(rows.len());
        let texts = rows.iter().filter_map(|row| {
            let parts: Option<Vec<String>> = key.columns.iter().map(|c| row.cells.get(*c)?.key_text()).collect();
            parts.map(|parts| parts.join("\u{1f}"))
        });
        for text in texts {
            if let Some(twice) = seen.replace(text) {
                let text = format!("two rows of {} have the same key `{}`", draft.table.collection, key.name);
                let found = twice.replace('\u{1f}', ", ");
                diagnostics.push(Diagnostic::error(draft.place.clone(), text).actual(format!("`{found}`")));
                break;
            }
        }
    }
}

/// What stands under `generated`.
struct Generated<'n> {
    count: u64,
    seed: &'n str,
    values: &'n Node,
    place: Place,
}

impl<'n> Generated<'n> {
    fn read(node: &'n Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let mut fields = Fields::of(node, diagnostics);
        let count = number(&mut fields, "count").unwrap_or(0.0) as u64;
        let seed = fields.required_str("seed");
        let values = fields.required("values");
        let place = fields.place();
        fields.finish();
        Some(Self { count, seed: seed?, values: values?, place })
    }

    fn ids(&self) -> impl Iterator<Item = Uuid> {
        (1..=self.count).map(|n| {
            let id = Uuid::new_v5(&NAMESPACE, format!("{}/{n}", self.seed).as_bytes());
            uuid::Builder::from_random_bytes(id.into_bytes()).into_uuid()
        })
    }

    fn cells(&self, table: &Table, ids: &Ids, diagnostics: &mut Diagnostics) -> Vec<Vec<Cell>> {
        let Some(mut sources) = self.sources(table, ids, diagnostics) else { return Vec::new() };
        let mut all = Vec::with_capacity(self.count as usize);
        for n in 1..=self.count {
            let mut cells: Vec<Cell> = table.columns.iter().map(|column| column.default.clone()).collect();
            for (position, source, place) in &mut sources {
                match source.cell((table, *position), n, ids) {
                    Ok(cell) => cells[*position] = cell,
                    Err(fault) => {
                        // What is wrong with one is wrong with all.
                        let fault = Diagnostic::error(place.clone(), fault).actual(format!("in row {n}"));
                        diagnostics.push(fault);
                        return Vec::new();
                    }
                }
            }
            if !required(table, &cells, &self.place, diagnostics) {
                return Vec::new();
            }
            all.push(cells);
        }
        all
    }

    fn sources(&self, table: &Table, ids: &Ids, diagnostics: &mut Diagnostics) -> Option<Vec<(usize, Source, Place)>> {
        let Some(entries) = self.values.as_mapping() else {
            self.values.wrong_kind("a mapping of columns to what they hold", diagnostics);
            return None;
        };
        let (mut sources, before) = (Vec::with_capacity(entries.len()), diagnostics.len());
        for (name, node) in entries {
            let key = name.key_text();
            let Some(position) = table.column(&key) else {
                diagnostics.push(unknown_column(name.place.clone(), &key, table));
                continue;
            };
            let random = Uuid::new_v5(&NAMESPACE, format!("{}/{}/{key}", self.seed, table.logical).as_bytes());
            if let Some(source) = Source::read((table, position), node, (ids, random), diagnostics) {
                sources.push((position, source, node.place.clone()));
            }
        }
        (diagnostics.len() == before).then_some(sources)
    }
}

/// A text as a cell of a column of any kind: what is written as text in a file
/// may be a number or a date to the column.
pub(super) fn of_text(table: &Table, position: usize, text: String) -> Result<Cell, String> {
    let column = &table.columns[position];
    let json = match column.kind {
        ColumnKind::Integer { .. }
        | ColumnKind::BigInt
        | ColumnKind::Decimal { .. }
        | ColumnKind::Money { .. }
        | ColumnKind::Double { .. } => serde_json::from_str(&text).unwrap_or(Json::String(text)),
        _ => Json::String(text),
    };
    value::cell(table, column, &json).map_err(|refusal| refusal.message)
}

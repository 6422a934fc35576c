//! Rows that are there from the beginning: listed one by one, or made from
//! numbers.

use serde_json::Value as Json;
use uuid::Uuid;

use super::cell::Cell;
use super::load::{number, unknown_column};
use super::table::{SeedRow, Table};
use super::value;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};

/// The namespace of generated primary keys.
const NAMESPACE: Uuid = Uuid::from_u128(0x8f4e_6a0c_25d1_4f0e_9a53_6f11_84c2_7d10);

/// Rows out of the list under `rows`.
pub(in crate::stack::dataverse) fn listed(table: &Table, node: &Node, diagnostics: &mut Diagnostics) -> Vec<SeedRow> {
    let Some(rows) = node.as_sequence() else {
        node.wrong_kind("a list of rows", diagnostics);
        return Vec::new();
    };
    let mut seeds = Vec::new();
    for row in rows {
        let id = row.get(&table.primary_id).and_then(Node::as_str).and_then(|text| Uuid::parse_str(text).ok());
        let Some(id) = id else {
            let text = format!("a row without its primary key `{}`", table.primary_id);
            diagnostics.push(Diagnostic::error(row.place.clone(), text).expected("a GUID"));
            continue;
        };
        let cells = row_cells(table, row, diagnostics);
        seeds.push(SeedRow { id, cells });
    }
    seeds
}

/// `count` rows; `{n}` in a text is the row's number, from 1.
pub(in crate::stack::dataverse) fn generated(
    table: &Table,
    node: &Node,
    diagnostics: &mut Diagnostics,
) -> Vec<SeedRow> {
    let mut fields = Fields::of(node, diagnostics);
    let count = number(&mut fields, "count").unwrap_or(0.0) as u64;
    let seed = fields.required_str("seed").unwrap_or_default();
    let values = fields.required("values");
    fields.finish();
    let Some(values) = values else { return Vec::new() };
    let mut seeds = Vec::new();
    for n in 1..=count {
        let mut found = Diagnostics::new();
        let cells = row_cells(table, &numbered(values, n), &mut found);
        if !found.is_empty() {
            // What is wrong with one is wrong with all.
            diagnostics.extend(found);
            break;
        }
        let id = Uuid::new_v5(&NAMESPACE, format!("{seed}/{n}").as_bytes());
        seeds.push(SeedRow { id: uuid::Builder::from_random_bytes(id.into_bytes()).into_uuid(), cells });
    }
    seeds
}

fn numbered(node: &Node, n: u64) -> Node {
    let mut copy = node.clone();
    if let crate::diagnose::Value::Mapping(entries) = &mut copy.value {
        for (_, value) in entries {
            if let crate::diagnose::Value::String(text) = &mut value.value {
                *text = text.replace("{n}", &n.to_string());
            }
        }
    }
    copy
}

fn row_cells(table: &Table, row: &Node, diagnostics: &mut Diagnostics) -> Vec<Cell> {
    let mut cells = vec![Cell::Null; table.columns.len()];
    for (name, node) in row.as_mapping().unwrap_or_default() {
        let key = name.key_text();
        if key == *table.primary_id {
            continue;
        }
        let Some(position) = table.column(&key) else {
            diagnostics.push(unknown_column(name.place.clone(), &key, table));
            continue;
        };
        let json: Json = node.to_json();
        match value::cell(table, &table.columns[position], &json) {
            Ok(cell) => cells[position] = cell,
            Err(refusal) => diagnostics.push(Diagnostic::error(node.place.clone(), refusal.message)),
        }
    }
    for (column, cell) in table.columns.iter().zip(&cells) {
        if column.required && *cell == Cell::Null {
            let text = format!("a row without the required column `{}`", column.name);
            diagnostics.push(Diagnostic::error(row.place.clone(), text));
        }
    }
    cells
}

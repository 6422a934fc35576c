//! Rows as a workbook of Office Open XML (ECMA-376): the first row of the first
//! sheet names the columns, in the order of the schema.
//!
//! Spreadsheet programs write the same table in many ways: numbers and dates
//! as such or as text, text shared or in its cell, rows left blank, sheets in
//! any file, days counted from 1900 or from 1904. Which way a table is written
//! follows from its rows, so that equal rows are equal bytes.

mod cell;
mod layout;
mod parts;
mod read;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::csv;
use super::spelling::Spelling;
use crate::generate::canonical;
use crate::generate::schema::Column;
use cell::Cell;
use layout::Layout;

pub(crate) use read::cells;

/// The media type of workbooks.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Writes rows; a member that is not there is a blank cell. None where a cell
/// is no scalar, or holds what XML can't carry.
pub(super) fn write(rows: &Value, columns: &[Column], spelling: Spelling) -> Option<Bytes> {
    let seed = canonical::hash(canonical::text(rows).as_bytes());
    let rows: Vec<&Map<String, Value>> = rows.as_array()?.iter().map(Value::as_object).collect::<Option<_>>()?;
    let names = csv::names(&rows, columns);
    let mut layout = Layout::drawn(seed, spelling.day_first);
    let mut sheet = parts::Sheet::begun();
    let header: Option<Vec<_>> = names.iter().map(|name| cell::named(name, &mut layout)).collect();
    sheet.row(&header?);
    for (number, row) in rows.iter().enumerate() {
        for _ in 0..layout.blank_rows(number, rows.len()) {
            let blank = layout.blank_row(names.len());
            sheet.row(&blank);
        }
        let cell = |name: &&str| cell::of(row.get(*name), csv::column(columns, name), &mut layout);
        let cells: Vec<_> = names.iter().map(cell).collect::<Option<_>>()?;
        if cells.iter().all(Cell::is_blank) {
            // It would be passed over, and the rows below would be others.
            return None;
        }
        sheet.row(&cells);
    }
    Some(parts::workbook(&sheet, &layout).into())
}

/// Reads what [`write()`] made.
pub(super) fn read(bytes: &[u8], columns: &[Column], spelling: Spelling) -> Option<Value> {
    let mut rows = Vec::new();
    for row in cells(bytes)? {
        let members = row.into_iter().map(|(name, text)| {
            let value = csv::value(&name, &text, columns, spelling);
            (name, value)
        });
        rows.push(Value::Object(members.collect()));
    }
    Some(Value::Array(rows))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::wire::Archive;

    fn columns() -> Vec<Column> {
        let column = |name: &str, kind, dates| Column { name: name.to_owned(), types: vec![kind], dates };
        vec![
            column("n", "number", false),
            column("t", "string", false),
            column("d", "string", true),
            column("b", "boolean", false),
        ]
    }

    #[test]
    fn rows_read_back_however_they_are_laid_out() {
        let mut seen = BTreeSet::new();
        for seed in 0..200 {
            let rows = json!([
                {"n": seed, "t": " a;b,\"c\"\n<d>\t&amp; ", "d": "2026-10-15", "b": true},
                {"n": 1.5e-7, "t": "ü\u{1f600}", "d": "1899-12-31", "b": false},
                {"t": "=1+1", "d": "9999-12-31"}, {"n": 99.99, "t": "1", "d": "2026-02-30"}, {"d": "1900-02-28"},
                {"n": 0.1, "d": "1904-01-01"}, {"n": 9_007_199_254_740_993_u64},
            ]);
            for day_first in [false, true] {
                let spelling = Spelling { day_first, ..Spelling::PLAIN };
                let bytes = write(&rows, &columns(), spelling).expect("it can be carried");
                assert_eq!(write(&rows, &columns(), spelling), Some(bytes.clone()), "equal rows, equal bytes");
                assert_eq!(read(&bytes, &columns(), spelling), Some(rows.clone()));
                let archive = Archive::open(&bytes).expect("an archive");
                let sheet = archive.names().find(|name| name.contains("/sheet")).expect("a sheet").to_owned();
                let text = String::from_utf8(archive.part(&sheet, 1 << 20).expect("content")).expect("text");
                let kinds =
                    ["t=\"s\"", "t=\"inlineStr\"", "s=\"1\"", "s=\"2\"", "r=\"A15\"", "2026-10-15", "15.10.2026"];
                seen.extend(kinds.into_iter().filter(|kind| text.contains(kind)));
                seen.extend(archive.names().filter(|n| n.contains("2.xml")).map(|_| "two sheets"));
            }
        }
        assert!(seen.len() >= 6, "{seen:?}");
    }

    #[test]
    fn what_xml_cannot_carry_is_not_written() {
        for odd in ["\u{0}", "\u{1b}", "\u{ffff}", "_x0041_"] {
            assert_eq!(write(&json!([{ "t": odd }]), &columns(), Spelling::PLAIN), None);
        }
        assert_eq!(write(&json!([{ "t": [] }]), &columns(), Spelling::PLAIN), None);
        assert_eq!(cells(b"PK"), None);
    }
}

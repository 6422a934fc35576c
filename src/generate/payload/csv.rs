//! Rows as text/csv (RFC 4180): the header line names the columns, in the
//! order of the schema.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::shape::{read_scalar, scalar};
use super::spelling::{Spelling, day_first, year_first};
use crate::generate::schema::Column;

/// Writes rows; a member that is not there is an empty cell. None where a cell
/// is no scalar. Where dates may stand day first, every other row has them so.
pub(super) fn write(rows: &Value, columns: &[Column], spelling: Spelling) -> Option<Bytes> {
    let rows: Vec<&Map<String, Value>> = rows.as_array()?.iter().map(Value::as_object).collect::<Option<_>>()?;
    let names = names(&rows, columns);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(spelling.delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(rows.len() * 64 + 64));
    writer.write_record(&names).ok()?;
    for (number, row) in rows.into_iter().enumerate() {
        let cell = |name: &&str| {
            let text = row.get(*name).map_or(Some(String::new()), scalar)?;
            let turned = spelling.day_first && number % 2 == 0 && column(columns, name).is_some_and(|c| c.dates);
            Some(if turned { day_first(&text).unwrap_or(text) } else { text })
        };
        let cells: Vec<String> = names.iter().map(cell).collect::<Option<_>>()?;
        writer.write_record(&cells).ok()?;
    }
    writer.into_inner().ok().map(Bytes::from)
}

/// Reads what [`write()`] made.
pub(super) fn read(bytes: &[u8], columns: &[Column], spelling: Spelling) -> Option<Value> {
    let mut reader = csv::ReaderBuilder::new().delimiter(spelling.delimiter).from_reader(bytes);
    let names = reader.headers().ok()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let cells = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let row: Map<String, Value> =
            cells.map(|(name, cell)| (name.to_owned(), value(name, cell, columns, spelling))).collect();
        rows.push(Value::Object(row));
    }
    Some(Value::Array(rows))
}

/// The names in the header: the schema's columns, then what else the rows have.
pub(super) fn names<'n>(rows: &[&'n Map<String, Value>], columns: &'n [Column]) -> Vec<&'n str> {
    let mut names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

/// The column of a name.
pub(super) fn column<'c>(columns: &'c [Column], name: &str) -> Option<&'c Column> {
    columns.iter().find(|column| column.name == name)
}

/// What the text of a cell stands for.
pub(super) fn value(name: &str, cell: &str, columns: &[Column], spelling: Spelling) -> Value {
    let column = column(columns, name);
    let turned = column.filter(|column| column.dates && spelling.day_first).and_then(|_| year_first(cell));
    read_scalar(turned.as_deref().unwrap_or(cell), column.map_or(&[][..], |column| &column.types))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns() -> Vec<Column> {
        let column = |name: &str, kind, dates| Column { name: name.to_owned(), types: vec![kind], dates };
        vec![column("n", "number", false), column("t", "string", false), column("d", "string", true)]
    }

    #[test]
    fn rows_read_back() {
        let rows = json!([{"n": 1.5, "t": "a;b \"c\"\nd", "d": "2026-10-15"}, {"t": "ü", "d": "2026-10-15"}]);
        for delimiter in *b",;" {
            for day_first in [false, true] {
                let spelling = Spelling { delimiter, day_first };
                let bytes = write(&rows, &columns(), spelling).expect("scalars");
                assert_eq!(read(&bytes, &columns(), spelling), Some(rows.clone()));
                let text = std::str::from_utf8(&bytes).expect("text");
                assert_eq!((text.contains("15.10.2026"), text.contains("2026-10-15")), (day_first, true));
            }
        }
        let text = write(&json!([]), &columns(), Spelling::PLAIN).expect("no rows");
        assert_eq!(&text[..], b"n,t,d\r\n");
    }

    #[test]
    fn a_day_that_there_is_not_stays_none() {
        let rows = json!([{"n": 1, "t": "2026-10-15", "d": "2026-02-30"}]);
        let spelling = Spelling { day_first: true, ..Spelling::PLAIN };
        let bytes = write(&rows, &columns(), spelling).expect("scalars");
        assert_eq!(&bytes[..], b"n,t,d\r\n1,2026-10-15,30.02.2026\r\n");
        assert_eq!(read(&bytes, &columns(), spelling), Some(rows));
    }
}

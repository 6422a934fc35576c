//! Rows as text/csv (RFC 4180): the header line names the columns, in the
//! order of the schema.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::shape::{read_scalar, scalar};

/// A column: its name and the JSON types of its cells.
pub(super) type Column = (String, Vec<&'static str>);

/// Writes rows; a member that is not there is an empty cell. None where a cell
/// is no scalar.
pub(super) fn write(rows: &Value, columns: &[Column], delimiter: u8) -> Option<Bytes> {
    let rows: Vec<&Map<String, Value>> = rows.as_array()?.iter().map(Value::as_object).collect::<Option<_>>()?;
    let mut names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::with_capacity(rows.len() * 64 + 64));
    writer.write_record(&names).ok()?;
    for row in rows {
        let cells: Vec<String> =
            names.iter().map(|name| row.get(*name).map_or(Some(String::new()), scalar)).collect::<Option<_>>()?;
        writer.write_record(&cells).ok()?;
    }
    writer.into_inner().ok().map(Bytes::from)
}

/// Reads what [`write()`] made.
pub(super) fn read(bytes: &[u8], columns: &[Column], delimiter: u8) -> Option<Value> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let names = reader.headers().ok()?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.ok()?;
        let mut row = Map::new();
        for (name, cell) in names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty()) {
            let types = columns.iter().find(|(n, _)| n == name).map_or(&[][..], |(_, t)| t.as_slice());
            row.insert(name.to_owned(), read_scalar(cell, types));
        }
        rows.push(Value::Object(row));
    }
    Some(Value::Array(rows))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_read_back() {
        let columns = [("n".to_owned(), vec!["number"]), ("t".to_owned(), vec!["string"])];
        let rows = json!([{"n": 1.5, "t": "a;b \"c\"\nd"}, {"t": "ü"}]);
        for delimiter in *b",;" {
            let bytes = write(&rows, &columns, delimiter).expect("scalars");
            assert_eq!(read(&bytes, &columns, delimiter), Some(rows.clone()));
        }
        let text = write(&json!([]), &columns, b',').expect("no rows");
        assert_eq!(&text[..], b"n,t\r\n");
    }
}

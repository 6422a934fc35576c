//! A file is given: as Base64 in JSON, or as it is; whole, or a range.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::super::ledger::{Read, Writer};
use super::super::super::organization::Organization;
use super::super::super::schema::{Cell, ColumnKind};
use super::super::call::Call;
use super::super::path::Key;

/// The most that one answer gives.
const LARGEST: u64 = 16 << 20;

impl Organization {
    /// The column of a file that a path names, and whether its bytes are asked
    /// for as they are.
    pub(in crate::stack::dataverse::operate) fn file_column(&self, table: usize, rest: &str) -> Option<(usize, bool)> {
        let (name, raw) = match rest.strip_suffix("/$value") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let column = self.tables[table].column(name)?;
        matches!(self.tables[table].columns[column].kind, ColumnKind::File { .. }).then_some((column, raw))
    }

    pub(in crate::stack::dataverse::operate) fn download(
        &self,
        call: &Call,
        (table, key): (usize, &Key),
        (column, raw): (usize, bool),
        writer: &Writer,
    ) -> Result<Answer, Refusal> {
        let store = self.view();
        let row = store.find(table, key)?;
        let (id, cell) = (row.id, row.cells[column].clone());
        drop(store);
        let definition = &self.tables[table];
        let name = &definition.columns[column].name;
        let none = || Refusal::no_file(name, &id.to_string());
        let Cell::Id(file) = cell else { return Err(none()) };
        let named = self.files.named(file).ok_or_else(none)?;
        let range = call.header("range").map(|text| range(text, named.size).ok_or_else(|| Refusal::wrong_range(text)));
        let range = range.transpose()?;
        let (from, length) = range.unwrap_or((0, named.size));
        if length > LARGEST {
            return Err(Refusal::too_much_at_once(LARGEST));
        }
        let content = self.files.part(file, from, length).map_err(|fault| match fault.kind() {
            // Another took its place meanwhile.
            std::io::ErrorKind::NotFound => none(),
            _ => Refusal::file_failed(&fault),
        })?;
        self.note_read(writer, &Read { table, columns: Some(vec![column]), rows: 1, key: Some(id) });
        let status = if range.is_some() { 206 } else { 200 };
        let answer = if raw {
            Answer::bytes(status, content.into()).with("content-type", "application/octet-stream")
        } else {
            let context = format!("{}/$metadata#{}({id})/{name}", call.base, definition.collection);
            Answer::json(status, &json!({ "@odata.context": context, "value": STANDARD.encode(content) }))
        };
        let answer = match range {
            Some(_) if length > 0 => {
                answer.with("content-range", format!("bytes {from}-{}/{}", from + length - 1, named.size))
            }
            _ => answer,
        };
        let shown: String = named.name.chars().filter(|c| c.is_ascii_graphic() && *c != '"' || *c == ' ').collect();
        Ok(answer
            .with("x-ms-file-name", shown.clone())
            .with("x-ms-file-size", named.size.to_string())
            .with("mimetype", "application/octet-stream")
            .with("content-disposition", format!("attachment; filename=\"{shown}\"")))
    }
}

/// `bytes=FROM-TO` as beginning and length; what lies behind the end is cut.
fn range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (from, to) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    if from.is_empty() {
        let last: u64 = to.parse().ok()?;
        return Some((size.saturating_sub(last), last.min(size)));
    }
    let from: u64 = from.parse().ok()?;
    let to = if to.is_empty() { size.saturating_sub(1) } else { to.parse::<u64>().ok()?.min(size.saturating_sub(1)) };
    // Nothing is given where a range begins right behind the end: of an empty
    // file, and to clients that ask once more when the last chunk was a full one.
    if from == size {
        return Some((from, 0));
    }
    (from <= to && from < size).then(|| (from, to - from + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_at_the_end() {
        let cases = [
            ("bytes=0-3", Some((0, 4))),
            ("bytes=8-99", Some((8, 2))),
            ("bytes=4-", Some((4, 6))),
            ("bytes=-3", Some((7, 3))),
            ("bytes=10-12", Some((10, 0))),
            ("bytes=11-12", None),
            ("bytes=3-2", None),
            ("lines=0-1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(range(text, 10), expected, "{text}");
        }
        assert_eq!(range("bytes=0-5", 0), Some((0, 0)));
    }
}

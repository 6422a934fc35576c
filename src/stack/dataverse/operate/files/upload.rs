//! A file comes: whole, or in chunks.

use percent_encoding::percent_decode_str;
use uuid::Uuid;

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::super::ledger::Writer;
use super::super::super::organization::Organization;
use super::super::super::schema::{Cell, ColumnKind};
use super::super::call::Call;
use super::super::draft::Draft;
use super::super::path::Key;
use super::super::write::{Condition, Match, Target, Write};
use super::kept::Chunk;

/// How large a chunk is to be, which the first answer recommends.
const CHUNK: usize = 4 << 20;

/// A request that brings a file, or a part of one.
#[derive(Debug)]
pub(in crate::stack::dataverse::operate) struct Upload {
    pub(in crate::stack::dataverse::operate) table: usize,
    pub(in crate::stack::dataverse::operate) key: Key,
    pub(in crate::stack::dataverse::operate) column: usize,
}

impl Organization {
    pub(in crate::stack::dataverse::operate) fn upload(
        &self,
        call: &Call,
        upload: &Upload,
        writer: &Writer,
    ) -> Result<Answer, Refusal> {
        let Upload { table, key, column } = upload;
        let id = self.view().find(*table, key)?.id;
        let place = (*table, id, *column);
        // Clients repeat the transfer mode with each chunk.
        if let Some(token) = call.option("sessiontoken") {
            return self.chunk(call, (token, place), writer);
        }
        if call.header("x-ms-transfer-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("chunked")) {
            let token = self.files.begin(name(call), place).map_err(|fault| Refusal::file_failed(&fault))?;
            let definition = &self.tables[*table];
            let address = format!("{}/{}({id})/{}", call.base, definition.collection, call.path.rest);
            let answer = Answer::empty(200).with("location", format!("{address}?sessiontoken={token}"));
            let exposed = "Location, x-ms-chunk-size";
            return Ok(answer
                .with("x-ms-chunk-size", CHUNK.to_string())
                .with("access-control-expose-headers", exposed));
        }
        self.fits(place, call.body.len() as u64)?;
        self.make_room(call.body.len() as u64);
        let file = self.files.keep(name(call), &call.body).map_err(|fault| Refusal::file_failed(&fault))?;
        self.put_file(place, file, writer)
    }

    fn chunk(
        &self,
        call: &Call,
        (token, place): (&str, (usize, Uuid, usize)),
        writer: &Writer,
    ) -> Result<Answer, Refusal> {
        let token = Uuid::parse_str(token).map_err(|_| Refusal::no_upload(token))?;
        let range = call.header("content-range").unwrap_or_default();
        let (from, total) = content_range(range, call.body.len() as u64).ok_or_else(|| Refusal::wrong_range(range))?;
        self.fits(place, total)?;
        self.make_room(call.body.len() as u64);
        let known = self.files.chunk((token, place), (from, total), &call.body);
        match known.map_err(|fault| Refusal::file_failed(&fault))? {
            Chunk::Partial => Ok(Answer::empty(206).with("x-ms-chunk-size", CHUNK.to_string())),
            Chunk::Whole => self.put_file(place, token, writer),
            Chunk::Again => Ok(Answer::empty(204)),
            Chunk::Unknown => Err(Refusal::no_upload(&token.to_string())),
            Chunk::Gap(size) => Err(Refusal::gap(range, size)),
        }
    }

    /// The column holds the file from now on.
    fn put_file(
        &self,
        (table, id, column): (usize, Uuid, usize),
        file: Uuid,
        writer: &Writer,
    ) -> Result<Answer, Refusal> {
        let draft = Draft { table, cells: vec![(column, Cell::Id(file))], ..Draft::default() };
        let there = Condition { matching: Some(Match::Any), only_new: false };
        let done = self.done(&mut Write::Upsert(Target::Key(Key::Id(id)), there, draft), None, writer);
        self.files.settle(file, done.is_ok());
        done.map(|_| Answer::empty(204))
    }

    fn fits(&self, (table, _, column): (usize, Uuid, usize), size: u64) -> Result<(), Refusal> {
        let definition = &self.tables[table];
        match &definition.columns[column].kind {
            ColumnKind::File { max_kilobytes } if size > max_kilobytes.saturating_mul(1024) => {
                Err(Refusal::file_too_large(&definition.logical, &definition.columns[column].name, *max_kilobytes))
            }
            _ => Ok(()),
        }
    }
}

fn name(call: &Call) -> String {
    let text = call.header("x-ms-file-name").or_else(|| call.option("x-ms-file-name")).unwrap_or("file.bin");
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `bytes FROM-TO/TOTAL` as beginning and total, where so many bytes are that
/// range: what is larger than it says would be larger than the column takes.
fn content_range(text: &str, length: u64) -> Option<(u64, u64)> {
    let (range, total) = text.trim().strip_prefix("bytes")?.trim().split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, total): (u64, u64) = (from.trim().parse().ok()?, total.trim().parse().ok()?);
    // Clients end a file that fills its last chunk, and an empty one, with a
    // chunk of nothing: `bytes 8-7/8`, `bytes 0--1/0`.
    let nothing = from == total && length == 0;
    let fits = |to: u64| from <= to && to < total && to - from + 1 == length;
    (nothing || to.trim().parse().is_ok_and(fits)).then_some((from, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_as_long_as_its_range() {
        for (text, length, read) in [
            ("bytes 0-3/10", 4, Some((0, 10))),
            ("bytes 4-9/10", 6, Some((4, 10))),
            ("bytes 0-0/0", 0, Some((0, 0))),
            ("bytes 0--1/0", 0, Some((0, 0))),
            ("bytes 8-7/8", 0, Some((8, 8))),
            ("bytes 8-7/8", 1, None),
            ("bytes 0-3/10", 5, None),
            ("bytes 8-11/10", 4, None),
            ("bytes 5-4/10", 0, None),
            ("0-3/10", 4, None),
        ] {
            assert_eq!(content_range(text, length), read, "{text}");
        }
    }
}

//! Every read: which columns of which table were given, how many rows, to whom.

use std::sync::Arc;

use smallvec::SmallVec;

use super::super::schema::Table;
use super::code::{Reader, put_number};
use super::effects::carries;
use super::log::Log;
use super::names::{Hashes, Names, hash_text, put_writer, read_writer};
use super::writer::{Read, Writer};
use crate::observe::ReadEntry;

/// How many bytes of sealed segments stay in memory.
const IN_MEMORY: usize = 16 << 20;

/// The record of reads.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Reads {
    log: Log,
    tables: Vec<Arc<Table>>,
    names: Names,
}

/// Newer tables in the place of older ones, except where one was deleted.
pub(super) fn relabel(known: &mut Vec<Arc<Table>>, tables: &[Arc<Table>]) {
    for (position, table) in tables.iter().enumerate() {
        match known.get_mut(position) {
            Some(_) if table.is_gone() => {}
            Some(before) => before.clone_from(table),
            None => known.push(table.clone()),
        }
    }
}

impl Reads {
    pub(in crate::stack::dataverse) fn new(tables: Vec<Arc<Table>>) -> Self {
        Self { log: Log::new(IN_MEMORY), tables, names: Names::default() }
    }

    /// Tables that are others now; what was deleted is told of as it was.
    pub(in crate::stack::dataverse) fn relabel(&mut self, tables: &[Arc<Table>]) {
        relabel(&mut self.tables, tables);
    }

    pub(in crate::stack::dataverse) fn push(&mut self, writer: &Writer, read: &Read) {
        let mut hashes: Hashes = SmallVec::new();
        let names = &mut self.names;
        self.log.append(|out| {
            put_number(out, read.table as u64);
            put_number(out, read.rows);
            out.push(u8::from(read.columns.is_none()) | u8::from(read.key.is_some()) << 1);
            if let Some(key) = &read.key {
                out.extend_from_slice(key.as_bytes());
            }
            let columns = read.columns.as_deref().unwrap_or_default();
            put_number(out, columns.len() as u64);
            columns.iter().for_each(|column| put_number(out, *column as u64));
            put_writer(out, writer, names, &mut hashes);
            hashes
        });
    }

    /// The reads that were asked for, and the number to go on from.
    pub(in crate::stack::dataverse) fn query(
        &self,
        since: u64,
        correlations: &[String],
        limit: usize,
    ) -> (Vec<ReadEntry>, u64) {
        let hashes: Vec<u64> = correlations.iter().map(|text| hash_text(b'c', text)).collect();
        let same = |value: &str| correlations.iter().any(|wanted| wanted.eq_ignore_ascii_case(value));
        self.log.select((since, limit), &hashes, |number, bytes| {
            let entry = self.shown(number, bytes);
            (correlations.is_empty() || carries(&entry.headers, entry.tag.as_deref(), &same)).then_some(entry)
        })
    }

    fn shown(&self, sequence: u64, bytes: &[u8]) -> ReadEntry {
        let mut reader = Reader(bytes);
        let table = &self.tables[reader.number() as usize];
        let rows = reader.number();
        let first = reader.byte();
        let key = (first & 2 != 0).then(|| reader.id().to_string());
        let count = reader.number();
        let named: Vec<usize> = (0..count).map(|_| reader.number() as usize).collect();
        let whole = first & 1 != 0;
        let name = |position: usize| table.columns[position].name.to_string();
        let columns = if whole { table.living().map(name).collect() } else { named.into_iter().map(name).collect() };
        let writer = read_writer(&mut reader, &self.names);
        ReadEntry {
            sequence,
            at: writer.at,
            request: writer.request,
            table: table.collection.to_string(),
            columns,
            whole,
            rows,
            key,
            headers: writer.headers,
            tag: writer.tag,
            principal: writer.principal,
            way: writer.way,
            fault: writer.fault,
        }
    }
}

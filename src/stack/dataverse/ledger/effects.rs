//! Every write and every refused attempt, indexed by what a harness asks for.
//!
//! Entries are bytes in a [`Log`], so they are small and old ones lie in a file;
//! they become [`LedgerEntry`]s when somebody reads them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;
use uuid::Uuid;

use super::super::schema::{Cell, Table};
use super::code::{Reader, canonical, put_cell, put_guid, put_number, put_option, put_text};
use super::log::{IN_MEMORY, Log};
use super::names::{Hashes, Names, hash_guid, hash_text, put_writer, read_writer};
use super::reads::relabel;
use super::writer::{Attempt, Change, Writer};
use crate::observe::{ColumnChange, LedgerEntry, Operation, Outcome};

/// Which entries somebody wants.
#[derive(Clone, Debug, Default)]
pub struct LedgerQuery {
    /// After this sequence number.
    pub since: u64,
    /// With one of these as a correlating header field, tag or column value.
    pub correlations: Vec<String>,
    /// Or of a row with one of these keys.
    pub keys: Vec<String>,
    /// At most so many.
    pub limit: usize,
}

/// How large the ledger is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LedgerSize {
    /// How many entries there were since the beginning.
    pub entries: u64,
    /// Bytes in memory.
    pub memory: usize,
    /// Bytes of older entries in the file.
    pub file: u64,
    /// How many of the oldest entries can't be read any more, because the file
    /// took no more.
    pub lost: u64,
}

#[derive(Debug)]
pub(in crate::stack::dataverse) struct Ledger {
    log: Log,
    /// How many effects there were.
    effects: u64,
    tables: Vec<Arc<Table>>,
    /// Positions of tables by their logical names.
    positions: HashMap<Arc<str>, u16>,
    names: Names,
}

/// What an entry is about.
struct Subject<'a> {
    operation: Operation,
    /// The position of the table, or the name of one that is not there.
    table: Result<u64, &'a str>,
    /// The row's id, or what the request named.
    key: Result<Uuid, &'a str>,
}

const OPERATIONS: [Operation; 3] = [Operation::Create, Operation::Update, Operation::Delete];

impl Ledger {
    pub(in crate::stack::dataverse) fn new(tables: Vec<Arc<Table>>) -> Self {
        Self::with_room(tables, IN_MEMORY)
    }

    fn with_room(tables: Vec<Arc<Table>>, room: usize) -> Self {
        let positions = tables.iter().enumerate().map(|(i, table)| (table.logical.clone(), i as u16)).collect();
        Self { log: Log::new(room), effects: 0, tables, positions, names: Names::default() }
    }

    /// Tables that are others now; what was deleted is told of as it was.
    pub(in crate::stack::dataverse) fn relabel(&mut self, tables: &[Arc<Table>]) {
        relabel(&mut self.tables, tables);
        self.positions = tables.iter().enumerate().map(|(i, table)| (table.logical.clone(), i as u16)).collect();
    }

    /// How many effects there were since the beginning.
    pub(in crate::stack::dataverse) fn effects(&self) -> u64 {
        self.effects
    }

    /// How large it is.
    pub(in crate::stack::dataverse) fn size(&self) -> LedgerSize {
        let (memory, file) = self.log.size();
        LedgerSize { entries: self.log.end(), memory, file, lost: self.log.lost() }
    }

    /// A write that stands, on a row of the table at a position.
    pub(in crate::stack::dataverse) fn commit(
        &mut self,
        writer: &Writer,
        (operation, table, id): (Operation, usize, Uuid),
        changes: &[Change],
    ) {
        self.effects += 1;
        self.push(writer, &Subject { operation, table: Ok(table as u64), key: Ok(id) }, None, changes);
    }

    pub(in crate::stack::dataverse) fn refuse(
        &mut self,
        writer: &Writer,
        attempt: &Attempt<'_>,
        status: u16,
        code: &str,
    ) {
        let position = |table: &Arc<Table>| self.positions.get(&table.logical).map_or(0, |at| u64::from(*at));
        let table = attempt.table.map(position);
        let subject = Subject { operation: attempt.operation, table, key: Err(&attempt.key) };
        self.push(writer, &subject, Some((status, code)), &[]);
    }

    fn push(&mut self, writer: &Writer, attempt: &Subject<'_>, refused: Option<(u16, &str)>, changes: &[Change]) {
        let mut hashes: Hashes = SmallVec::new();
        match attempt.key {
            Ok(id) => hashes.push(hash_guid(b'k', &id)),
            Err("") => {}
            Err(key) => hashes.push(hash_text(b'k', key)),
        }
        for (_, _, after) in changes {
            match after {
                Cell::Text(text) => hashes.extend(canonical(text).map(|id| hash_guid(b'c', &id))),
                Cell::Id(id) => hashes.push(hash_guid(b'c', id)),
                _ => {}
            }
        }
        let names = &mut self.names;
        self.log.append(|out| {
            let operation = OPERATIONS.iter().position(|o| *o == attempt.operation).unwrap_or_default() as u8;
            out.push(operation | u8::from(refused.is_some()) << 7);
            if let Some((status, code)) = refused {
                put_number(out, u64::from(status));
                put_text(out, code);
            }
            match attempt.table {
                Ok(table) => put_number(out, table + 1),
                Err(name) => {
                    put_number(out, 0);
                    put_text(out, name);
                }
            }
            match attempt.key {
                Ok(id) => put_guid(out, &id),
                Err(key) => put_text(out, key),
            }
            put_writer(out, writer, names, &mut hashes);
            put_option(out, writer.batch.as_deref());
            put_option(out, writer.change_set.as_deref());
            put_number(out, changes.len() as u64);
            for (position, before, after) in changes {
                put_number(out, u64::from(*position));
                put_cell(out, before);
                put_cell(out, after);
            }
            hashes
        });
    }

    /// The entries that were asked for, and the number to go on from.
    pub(in crate::stack::dataverse) fn query(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        self.log.select((query.since, query.limit), &query.hashes(), |number, bytes| {
            Some(self.shown(number, bytes)).filter(|entry| query.wants(entry))
        })
    }

    fn shown(&self, sequence: u64, bytes: &[u8]) -> LedgerEntry {
        let mut reader = Reader(bytes);
        let first = reader.byte();
        let outcome = if first & 0x80 == 0 {
            Outcome::Committed
        } else {
            Outcome::Refused { status: reader.number() as u16, code: reader.text() }
        };
        let table = match reader.number() {
            0 => Err(reader.text()),
            position => Ok(&self.tables[position as usize - 1]),
        };
        let key = reader.text();
        let writer = read_writer(&mut reader, &self.names);
        let (batch, change_set) = (reader.option(), reader.option());
        LedgerEntry {
            sequence,
            at: writer.at,
            outcome,
            operation: OPERATIONS[usize::from(first & 0x7f).min(OPERATIONS.len() - 1)],
            columns: table.as_ref().map(|table| columns(&mut reader, table)).unwrap_or_default(),
            table: table.map_or_else(|name| name, |table| table.collection.to_string()),
            key,
            headers: writer.headers,
            tag: writer.tag,
            principal: writer.principal,
            way: writer.way,
            under_way: writer.under_way,
            dop_hint: 0,
            request: writer.request,
            batch,
            change_set,
            fault: writer.fault,
        }
    }
}

impl LedgerQuery {
    fn hashes(&self) -> Vec<u64> {
        let correlations = self.correlations.iter().map(|text| hash_text(b'c', text));
        correlations.chain(self.keys.iter().map(|text| hash_text(b'k', text))).collect()
    }

    /// Hashes may be shared, so what was found is compared.
    fn wants(&self, entry: &LedgerEntry) -> bool {
        if self.correlations.is_empty() && self.keys.is_empty() {
            return true;
        }
        let same = |value: &str| self.correlations.iter().any(|wanted| wanted.eq_ignore_ascii_case(value));
        self.keys.iter().any(|key| key.eq_ignore_ascii_case(&entry.key))
            || carries(&entry.headers, entry.tag.as_deref(), &same)
            || entry.columns.iter().filter_map(|c| c.after.as_str()).any(same)
    }
}

/// Whether a header field or the tag is one that is looked for.
pub(super) fn carries(headers: &BTreeMap<String, String>, tag: Option<&str>, same: &impl Fn(&str) -> bool) -> bool {
    headers.values().any(|value| same(value)) || tag.is_some_and(same)
}

fn columns(reader: &mut Reader<'_>, table: &Table) -> Vec<ColumnChange> {
    let count = reader.number();
    let change = |_| {
        let position = reader.number() as u16;
        let (before, after) = (reader.cell().to_json(), reader.cell().to_json());
        ColumnChange { name: table.column_name(position).to_owned(), before, after }
    };
    (0..count).map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::observe::Way;

    fn writer(correlation: &str) -> Writer {
        Writer {
            at: Timestamp::from_seconds(0),
            principal: "p".into(),
            way: Way::Gateway,
            under_way: 1,
            request: 1,
            batch: Some("batch_1".into()),
            change_set: None,
            headers: vec![(0, correlation.into())],
            tag: None,
            fault: None,
        }
    }

    fn attempt(key: &str) -> Attempt<'static> {
        Attempt { operation: Operation::Create, table: Err("t"), key: key.to_owned() }
    }

    fn query(ledger: &Ledger, since: u64, correlations: &[&str], keys: &[&str], limit: usize) -> (Vec<u64>, u64) {
        let owned = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect();
        let query = LedgerQuery { since, correlations: owned(correlations), keys: owned(keys), limit };
        let (entries, next) = ledger.query(&query);
        (entries.into_iter().map(|e| e.sequence).collect(), next)
    }

    #[test]
    fn entries_are_found_by_correlation_or_key_and_page_by_page() {
        let mut ledger = Ledger::new(Vec::new());
        for (correlation, key) in [("a", "1"), ("b", "1"), ("A", "2"), ("c", "3")] {
            ledger.refuse(&writer(correlation), &attempt(key), 412, "x");
        }
        assert_eq!(query(&ledger, 0, &["a"], &[], 10), (vec![1, 3], 4));
        assert_eq!(query(&ledger, 0, &["c"], &["1"], 10), (vec![1, 2, 4], 4));
        assert_eq!(query(&ledger, 0, &[], &[], 3), (vec![1, 2, 3], 3));
        assert_eq!(query(&ledger, 3, &[], &[], 3), (vec![4], 4));
        assert_eq!(query(&ledger, u64::MAX >> 1, &[], &[], 1), (vec![], 4));
        assert_eq!(ledger.effects(), 0);
    }

    #[test]
    fn old_entries_are_read_from_the_file() {
        let mut ledger = Ledger::with_room(Vec::new(), 0);
        for n in 0..20_000 {
            ledger.refuse(&writer(if n % 2 == 0 { "even" } else { "odd" }), &attempt(&n.to_string()), 403, "x");
        }
        let (entries, _) = ledger.query(&LedgerQuery { keys: vec!["7".into()], limit: 9, ..LedgerQuery::default() });
        let [entry] = entries.as_slice() else { panic!("one entry: {entries:?}") };
        assert_eq!((entry.sequence, entry.headers["x-correlation-id"].as_str()), (8, "odd"));
        assert_eq!(entry.outcome, Outcome::Refused { status: 403, code: "x".into() });
        assert_eq!((entry.table.as_str(), entry.batch.as_deref()), ("t", Some("batch_1")));
        assert_eq!(query(&ledger, 0, &["even"], &[], 20_000).0.len(), 10_000);
        assert!(ledger.size().file > 0 && ledger.size().lost == 0);
    }
}

//! The ledger of effects: every write and every refused attempt, indexed by
//! what a harness asks for.
//!
//! Bounded: beyond [`CAPACITY`] entries the oldest quarter goes, and queries no
//! longer find it. Entries are kept small (cells share their texts with the
//! rows) and become [`LedgerEntry`]s when somebody reads them.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use uuid::Uuid;

use super::super::schema::{Cell, Table};
use crate::clock::Timestamp;
use crate::observe::{ColumnChange, LedgerEntry, Operation, Outcome, Way};

/// How many entries are kept: about a gigabyte at the very most.
pub(in crate::stack::dataverse) const CAPACITY: usize = 1_000_000;

/// Request header fields that may carry a correlation ID (reference A2, and
/// the usual ones of services).
pub(in crate::stack::dataverse) const CORRELATING: [&str; 9] = [
    "x-correlation-id",
    "x-ms-correlation-id",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-client-session-id",
    "x-ms-client-tracking-id",
    "x-request-id",
    "request-id",
    "traceparent",
];

/// Who writes, and by what it can be found again.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Writer {
    pub(in crate::stack::dataverse) at: Timestamp,
    pub(in crate::stack::dataverse) principal: Arc<str>,
    pub(in crate::stack::dataverse) way: Way,
    /// Requests of this principal under way, this one included.
    pub(in crate::stack::dataverse) under_way: u16,
    /// The HTTP request.
    pub(in crate::stack::dataverse) request: u64,
    /// The boundary of the batch, and of the change set.
    pub(in crate::stack::dataverse) batch: Option<Arc<str>>,
    pub(in crate::stack::dataverse) change_set: Option<Arc<str>>,
    /// Position in [`CORRELATING`] and value.
    pub(in crate::stack::dataverse) headers: Vec<(u8, Box<str>)>,
    pub(in crate::stack::dataverse) tag: Option<Box<str>>,
    pub(in crate::stack::dataverse) fault: Option<&'static str>,
}

/// One column of a write: position in the table, before, after.
pub(in crate::stack::dataverse) type Change = (u16, Cell, Cell);

#[derive(Debug)]
struct Entry {
    writer: Writer,
    refused: Option<(u16, &'static str)>,
    operation: Operation,
    table: TableRef,
    key: Box<str>,
    changes: Box<[Change]>,
}

/// A table of this environment, or the name of one that is not there.
#[derive(Clone, Debug)]
enum TableRef {
    Known(Arc<Table>),
    Unknown(Box<str>),
}

/// What was asked for, as far as the ledger is concerned.
#[derive(Debug)]
pub(in crate::stack::dataverse) struct Attempt<'a> {
    pub(in crate::stack::dataverse) operation: Operation,
    pub(in crate::stack::dataverse) table: Result<&'a Arc<Table>, &'a str>,
    pub(in crate::stack::dataverse) key: String,
}

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

#[derive(Debug)]
pub(in crate::stack::dataverse) struct Ledger {
    entries: VecDeque<Entry>,
    /// How many entries were dropped from the front.
    dropped: u64,
    /// How many effects there were, dropped ones counted.
    effects: u64,
    capacity: usize,
    /// Sequence numbers by hash of a text that they can be found by. Different
    /// texts may share a hash, so a hit is compared again.
    index: HashMap<u64, Vec<u64>>,
    hasher: RandomState,
}

impl Ledger {
    pub(in crate::stack::dataverse) fn new(capacity: usize) -> Self {
        let hasher = RandomState::new();
        Self { entries: VecDeque::new(), dropped: 0, effects: 0, capacity, index: HashMap::new(), hasher }
    }

    /// The sequence number of the last entry.
    pub(in crate::stack::dataverse) fn end(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    /// How many effects there were since the beginning.
    pub(in crate::stack::dataverse) fn effects(&self) -> u64 {
        self.effects
    }

    pub(in crate::stack::dataverse) fn commit(&mut self, writer: Writer, attempt: Attempt<'_>, changes: Vec<Change>) {
        self.effects += 1;
        self.push(writer, attempt, None, changes);
    }

    pub(in crate::stack::dataverse) fn refuse(
        &mut self,
        writer: Writer,
        attempt: Attempt<'_>,
        status: u16,
        code: &'static str,
    ) {
        self.push(writer, attempt, Some((status, code)), Vec::new());
    }

    fn push(
        &mut self,
        writer: Writer,
        attempt: Attempt<'_>,
        refused: Option<(u16, &'static str)>,
        changes: Vec<Change>,
    ) {
        let table = match attempt.table {
            Ok(table) => TableRef::Known(table.clone()),
            Err(name) => TableRef::Unknown(name.into()),
        };
        let entry = Entry {
            writer,
            refused,
            operation: attempt.operation,
            table,
            key: attempt.key.into(),
            changes: changes.into_boxed_slice(),
        };
        if self.entries.len() >= self.capacity {
            self.forget_oldest();
        }
        let sequence = self.end() + 1;
        for hash in self.hashes(&entry) {
            let sequences = self.index.entry(hash).or_default();
            if sequences.last() != Some(&sequence) {
                sequences.push(sequence);
            }
        }
        self.entries.push_back(entry);
    }

    fn forget_oldest(&mut self) {
        let gone = (self.capacity / 4).max(1);
        self.entries.drain(..gone.min(self.entries.len()));
        self.dropped += gone as u64;
        let first = self.dropped;
        self.index.retain(|_, sequences| {
            sequences.retain(|s| *s > first);
            !sequences.is_empty()
        });
    }

    /// Hashes of what an entry can be found by: its key, its correlating
    /// fields, its tag, and columns that look like a GUID.
    fn hashes(&self, entry: &Entry) -> Vec<u64> {
        let after = entry.changes.iter().filter_map(|(_, _, after)| match after {
            Cell::Text(text) if looks_like_a_guid(text) => Some(text.as_ref()),
            _ => None,
        });
        let texts =
            entry.writer.headers.iter().map(|(_, v)| v.as_ref()).chain(entry.writer.tag.as_deref()).chain(after);
        let mut hashes: Vec<u64> = texts.map(|text| self.hash("correlation", text)).collect();
        if !entry.key.is_empty() {
            hashes.push(self.hash("key", &entry.key));
        }
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    }

    fn hash(&self, space: &str, text: &str) -> u64 {
        self.hasher.hash_one((space, text.to_ascii_lowercase()))
    }

    /// The entries that were asked for, and the number to go on from: that of
    /// the last entry given where the limit cut it short, else the ledger's
    /// end.
    pub(in crate::stack::dataverse) fn query(&self, query: &LedgerQuery) -> (Vec<LedgerEntry>, u64) {
        let limit = query.limit.max(1);
        let mut found = Vec::new();
        let mut numbers: Box<dyn Iterator<Item = u64>> = if query.correlations.is_empty() && query.keys.is_empty() {
            Box::new(query.since.max(self.dropped) + 1..=self.end())
        } else {
            Box::new(self.candidates(query).into_iter())
        };
        for sequence in numbers.by_ref() {
            let Some(entry) = self.at(sequence) else { continue };
            if !entry.wanted(query) {
                continue;
            }
            if found.len() == limit {
                let last = found.last().map_or(query.since, |e: &LedgerEntry| e.sequence);
                return (found, last);
            }
            found.push(entry.shown(sequence));
        }
        (found, self.end())
    }

    fn candidates(&self, query: &LedgerQuery) -> Vec<u64> {
        let correlations = query.correlations.iter().map(|text| self.hash("correlation", text));
        let keys = query.keys.iter().map(|text| self.hash("key", text));
        let mut numbers: Vec<u64> = correlations
            .chain(keys)
            .filter_map(|hash| self.index.get(&hash))
            .flatten()
            .copied()
            .filter(|sequence| *sequence > query.since)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    fn at(&self, sequence: u64) -> Option<&Entry> {
        let position = sequence.checked_sub(self.dropped + 1)?;
        self.entries.get(usize::try_from(position).ok()?)
    }
}

impl Entry {
    fn wanted(&self, query: &LedgerQuery) -> bool {
        if query.correlations.is_empty() && query.keys.is_empty() {
            return true;
        }
        let carries = |wanted: &String| {
            self.writer.headers.iter().any(|(_, v)| v.eq_ignore_ascii_case(wanted))
                || self.writer.tag.as_deref().is_some_and(|t| t.eq_ignore_ascii_case(wanted))
                || self.changes.iter().any(|(_, _, c)| matches!(c, Cell::Text(t) if t.eq_ignore_ascii_case(wanted)))
        };
        query.keys.iter().any(|k| k.eq_ignore_ascii_case(&self.key)) || query.correlations.iter().any(carries)
    }

    fn shown(&self, sequence: u64) -> LedgerEntry {
        let (table, columns) = match &self.table {
            TableRef::Unknown(name) => (name.to_string(), Vec::new()),
            TableRef::Known(table) => (table.collection.to_string(), self.columns(table)),
        };
        let writer = &self.writer;
        LedgerEntry {
            sequence,
            at: writer.at,
            outcome: match self.refused {
                None => Outcome::Committed,
                Some((status, code)) => Outcome::Refused { status, code: code.to_owned() },
            },
            operation: self.operation,
            table,
            key: self.key.to_string(),
            columns,
            headers: writer
                .headers
                .iter()
                .map(|(name, value)| (CORRELATING[usize::from(*name)].to_owned(), value.to_string()))
                .collect(),
            tag: writer.tag.as_deref().map(str::to_owned),
            principal: writer.principal.to_string(),
            way: writer.way,
            request: writer.request,
            batch: writer.batch.as_deref().map(str::to_owned),
            change_set: writer.change_set.as_deref().map(str::to_owned),
            under_way: writer.under_way,
            dop_hint: 0,
            fault: writer.fault.map(str::to_owned),
        }
    }

    fn columns(&self, table: &Table) -> Vec<ColumnChange> {
        self.changes
            .iter()
            .map(|(position, before, after)| ColumnChange {
                name: table.columns[usize::from(*position)].name.to_string(),
                before: before.to_json(),
                after: after.to_json(),
            })
            .collect()
    }
}

fn looks_like_a_guid(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer(correlation: &str) -> Writer {
        Writer {
            at: Timestamp::from_seconds(0),
            principal: "p".into(),
            way: Way::Gateway,
            under_way: 1,
            request: 1,
            batch: None,
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
        let mut ledger = Ledger::new(100);
        for (correlation, key) in [("a", "1"), ("b", "1"), ("A", "2"), ("c", "3")] {
            ledger.commit(writer(correlation), attempt(key), Vec::new());
        }
        assert_eq!(query(&ledger, 0, &["a"], &[], 10), (vec![1, 3], 4));
        assert_eq!(query(&ledger, 0, &["c"], &["1"], 10), (vec![1, 2, 4], 4));
        assert_eq!(query(&ledger, 0, &[], &[], 3), (vec![1, 2, 3], 3));
        assert_eq!(query(&ledger, 3, &[], &[], 3), (vec![4], 4));
        assert_eq!(query(&ledger, u64::MAX >> 1, &[], &[], 1), (vec![], 4));
    }

    #[test]
    fn the_oldest_go_when_it_is_full() {
        let mut ledger = Ledger::new(8);
        for n in 0..9 {
            ledger.refuse(writer("a"), attempt(&n.to_string()), 403, "x");
        }
        assert_eq!(query(&ledger, 0, &["a"], &[], 100), (vec![3, 4, 5, 6, 7, 8, 9], 9));
        assert_eq!(query(&ledger, 0, &[], &["0"], 100), (vec![], 9));
        assert_eq!(query(&ledger, 0, &[], &["8"], 100), (vec![9], 9));
    }
}

//! The gateway's log: one JSON line a call, each under a number that counts up.
//!
//! A run makes a hundred thousand rows; they lie in files that have no name and
//! go with the last clone, and only their places are held in memory. Bounded:
//! beyond some half a million rows the oldest go, and queries no longer find
//! them.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use super::row_copy::RowCopy;
use crate::observe::GatewayRow;

/// Rows of all calls. Clones share them.
#[derive(Clone, Debug)]
pub struct RowLog(Arc<Mutex<Log>>);

#[derive(Debug)]
struct Log {
    /// The oldest first; never empty.
    parts: VecDeque<Part>,
    /// How many rows a part holds before the next begins.
    room: usize,
    gap: Option<Gap>,
    /// How many calls there were.
    calls: u64,
    copy: Option<RowCopy>,
}

/// Some rows in a row.
#[derive(Debug)]
struct Part {
    /// How many rows were written before its first.
    first: u64,
    file: File,
    /// How many bytes the file holds.
    end: u64,
    /// What is not in the file yet.
    pending: Vec<u8>,
    rows: Vec<Stored>,
}

/// What a diagnostic setting leaves out: sampling, and the list of header
/// fields to log. Both are defects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// Every other row.
    Sampled,
    /// The header fields of calls that no backend answered.
    WithoutHeaders,
}

const GAPS: [(&str, Gap); 2] = [("log-sampled", Gap::Sampled), ("log-without-headers", Gap::WithoutHeaders)];

/// Where a row lies, and the hash of its correlation ID.
#[derive(Clone, Copy, Debug)]
struct Stored {
    at: u64,
    length: u32,
    correlation: Option<u64>,
}

/// How much is gathered before it goes into the file.
const CHUNK: usize = 256 * 1024;

/// How many rows a part holds, and how many parts are kept.
const ROOM: usize = 250_000;
const PARTS: usize = 3;

impl RowLog {
    /// An empty log.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn new() -> io::Result<Self> {
        Self::with_room(ROOM, None)
    }

    /// An empty log with the gap that one of these defects tears.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn with_defects(names: &[String]) -> io::Result<Self> {
        let gap = GAPS.iter().find(|(gap, _)| names.iter().any(|name| name == gap));
        Self::with_room(ROOM, gap.map(|(_, gap)| *gap))
    }

    /// Whether a defect is one of the log, and not an overlay.
    pub fn has_defect(name: &str) -> bool {
        GAPS.iter().any(|(gap, _)| *gap == name)
    }

    fn with_room(room: usize, gap: Option<Gap>) -> io::Result<Self> {
        let log = Log { parts: VecDeque::from([Part::after(0)?]), room, gap, calls: 0, copy: None };
        Ok(Self(Arc::new(Mutex::new(log))))
    }

    /// From now on each row is also written to this file, as a JSON line.
    ///
    /// # Errors
    /// The file can't be made.
    pub fn copy_to(&self, path: &Path) -> io::Result<()> {
        self.log().copy = Some(RowCopy::create(path)?);
        Ok(())
    }

    /// Has the copy hold everything that was logged.
    ///
    /// # Errors
    /// Rows are missing in the copy, and why.
    pub fn flush_copy(&self) -> io::Result<()> {
        let mut log = self.log();
        let Some(copy) = &mut log.copy else { return Ok(()) };
        copy.flush();
        copy.fault().map_or(Ok(()), |fault| Err(io::Error::new(fault.kind(), fault.to_string())))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().expect("nobody panics while he holds the rows")
    }

    /// Adds a row and gives its number, from 1.
    ///
    /// # Panics
    /// Never: a row has text keys and finite numbers only.
    pub fn push(&self, row: &GatewayRow) -> u64 {
        let mut log = self.log();
        log.calls += 1;
        let bare;
        let row = match log.gap {
            Some(Gap::Sampled) if log.calls.is_multiple_of(2) => return log.last().written(),
            Some(Gap::WithoutHeaders) if row.backend_response_code == 0 => {
                bare = GatewayRow { request_headers: BTreeMap::new(), ..row.clone() };
                &bare
            }
            _ => row,
        };
        let correlation = row.request_headers.get("x-correlation-id").map(|id| hash(id));
        log.make_room();
        let Log { parts, copy, .. } = &mut *log;
        let part = parts.back_mut().expect("there is always one");
        let start = part.pending.len();
        serde_json::to_writer(&mut part.pending, row).expect("a row has text keys and finite numbers only");
        let line = &part.pending[start..];
        if let Some(copy) = copy {
            copy.add(str::from_utf8(line).expect("JSON is text"));
        }
        let stored = Stored { at: part.end + start as u64, length: line.len() as u32, correlation };
        part.rows.push(stored);
        if part.pending.len() >= CHUNK {
            // A disk that is full is told when the rows are read.
            let _ = part.flush();
        }
        part.written()
    }

    /// Up to `limit` rows, as JSON, with numbers above `since` whose
    /// `RequestHeaders["x-correlation-id"]` is one of `correlations` (any,
    /// where that is empty), and the number to ask from next.
    ///
    /// # Errors
    /// The temporary file can't be written or read.
    pub fn query(&self, since: u64, correlations: &[String], limit: usize) -> io::Result<(Vec<String>, u64)> {
        let wanted: Vec<u64> = correlations.iter().map(|id| hash(id)).collect();
        let mut log = self.log();
        let oldest = log.parts.front().map_or(0, |part| part.first);
        let mut next = since.clamp(oldest, log.last().written());
        let mut found = Vec::new();
        for part in &mut log.parts {
            while found.len() < limit
                && let Some(stored) = next.checked_sub(part.first).and_then(|n| part.rows.get(n as usize)).copied()
            {
                next += 1;
                if wanted.is_empty() || stored.correlation.is_some_and(|id| wanted.contains(&id)) {
                    found.push(part.read(stored)?);
                }
            }
        }
        Ok((found, next))
    }

    /// How many rows were written.
    pub fn written(&self) -> u64 {
        self.log().last().written()
    }
}

impl Log {
    fn last(&mut self) -> &mut Part {
        self.parts.back_mut().expect("there is always one")
    }

    /// Begins another part where the last is full, and forgets the oldest.
    /// Where no file can be had, the last one grows.
    fn make_room(&mut self) {
        if self.last().rows.len() < self.room {
            return;
        }
        let written = self.last().written();
        if let Ok(part) = Part::after(written) {
            self.parts.push_back(part);
            if self.parts.len() > PARTS {
                self.parts.pop_front();
            }
        }
    }
}

impl Part {
    fn after(first: u64) -> io::Result<Self> {
        Ok(Self { first, file: tempfile::tempfile()?, end: 0, pending: Vec::new(), rows: Vec::new() })
    }

    fn written(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&self.pending)?;
            self.end += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(())
    }

    /// A row, from memory where it was written just now.
    fn read(&mut self, stored: Stored) -> io::Result<String> {
        let length = stored.length as usize;
        if let Some(start) = stored.at.checked_sub(self.end) {
            let line = &self.pending[start as usize..start as usize + length];
            return String::from_utf8(line.to_vec()).map_err(io::Error::other);
        }
        let mut line = vec![0; length];
        self.file.seek(SeekFrom::Start(stored.at))?;
        self.file.read_exact(&mut line)?;
        String::from_utf8(line).map_err(io::Error::other)
    }
}

/// Correlation IDs compare without regard to case.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.bytes().for_each(|byte| hasher.write_u8(byte.to_ascii_lowercase()));
    hasher.finish()
}

#[cfg(test)]
impl RowLog {
    /// All rows, oldest first.
    pub(super) fn all(&self) -> Vec<GatewayRow> {
        let (lines, _) = self.query(0, &[], usize::MAX).expect("the file can be read");
        lines.iter().map(|line| serde_json::from_str(line).expect("a row")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str) -> GatewayRow {
        GatewayRow { request_headers: [("x-correlation-id".into(), id.into())].into(), ..GatewayRow::default() }
    }

    #[test]
    fn rows_are_found_by_number_and_by_correlation_id() {
        let log = RowLog::new().expect("a temporary file");
        for id in ["a", "b", "a", "c", "a"] {
            log.push(&row(id));
        }
        let ids = |since, wanted: &[&str], limit| {
            let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
            let (lines, next) = log.query(since, &wanted, limit).expect("readable");
            let rows = lines.iter().map(|line| serde_json::from_str::<GatewayRow>(line).expect("a row"));
            (rows.map(|r| r.request_headers["x-correlation-id"].clone()).collect::<String>(), next)
        };
        assert_eq!(ids(0, &[], 10), ("abaca".into(), 5));
        assert_eq!(ids(2, &["A"], 10), ("aa".into(), 5));
        assert_eq!(ids(1, &[], 1), ("b".into(), 2));
        assert_eq!(ids(9, &[], 1), (String::new(), 5));
        assert_eq!(log.push(&row("d")), 6);
        assert_eq!(ids(5, &[], 10), ("d".into(), 6));
    }

    #[test]
    fn a_copy_holds_each_row_as_a_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, path) = (RowLog::new().expect("a temporary file"), folder.path().join("rows.jsonl"));
        log.push(&row("before"));
        log.copy_to(&path).expect("writable");
        for id in ["a", "b"] {
            log.push(&row(id));
        }
        log.flush_copy().expect("written");
        let text = std::fs::read_to_string(&path).expect("readable");
        let rows: Vec<GatewayRow> = text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
        assert_eq!(rows, log.all()[1..]);
        assert!(log.copy_to(&folder.path().join("none/rows.jsonl")).is_err());
    }

    #[test]
    fn a_gap_is_torn_by_its_defect_alone() {
        let logged = |name: &str| {
            let log = RowLog::with_defects(&[name.to_owned()]).expect("a temporary file");
            for _ in 0..4 {
                log.push(&row("a"));
            }
            let rows = log.all();
            (rows.len(), rows.iter().all(|row| row.request_headers.is_empty()))
        };
        assert_eq!(logged("rate-doubled"), (4, false));
        assert_eq!(logged("log-sampled"), (2, false));
        assert_eq!(logged("log-without-headers"), (4, true));
    }

    #[test]
    fn the_oldest_rows_go_and_numbers_stay() {
        let log = RowLog::with_room(10, None).expect("a temporary file");
        for number in 1..=45 {
            assert_eq!(log.push(&row(&number.to_string())), number);
        }
        let numbers = |since, limit| {
            let (lines, next) = log.query(since, &[], limit).expect("readable");
            let rows = lines.iter().map(|line| serde_json::from_str::<GatewayRow>(line).expect("a row"));
            (rows.map(|r| r.request_headers["x-correlation-id"].clone()).collect::<Vec<_>>(), next)
        };
        assert_eq!(numbers(0, 2), (vec!["21".to_owned(), "22".to_owned()], 22));
        assert_eq!(numbers(38, 4).0, ["39", "40", "41", "42"]);
        assert_eq!(numbers(0, 99).0.len(), 25);
        assert_eq!((numbers(44, 9).0.len(), numbers(99, 9).1, log.written()), (1, 45, 45));
    }
}

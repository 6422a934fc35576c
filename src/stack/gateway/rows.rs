//! The gateway's log: one JSON line a call, each under a number that counts up.
//!
//! A run makes a hundred thousand rows; they lie in a file that has no name and
//! goes with the last clone, and only their places are held in memory.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::observe::GatewayRow;

/// Rows of all calls. Clones share them.
#[derive(Clone, Debug)]
pub struct RowLog(Arc<Mutex<Log>>);

#[derive(Debug)]
struct Log {
    file: File,
    /// How many bytes the file holds.
    end: u64,
    /// What is not in the file yet.
    pending: Vec<u8>,
    rows: Vec<Stored>,
}

/// Where a row lies, and the hash of its correlation ID.
#[derive(Clone, Copy, Debug)]
struct Stored {
    at: u64,
    length: u32,
    correlation: Option<u64>,
}

/// How much is gathered before it goes into the file.
const CHUNK: usize = 256 * 1024;

impl RowLog {
    /// An empty log.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn new() -> io::Result<Self> {
        let log = Log { file: tempfile::tempfile()?, end: 0, pending: Vec::new(), rows: Vec::new() };
        Ok(Self(Arc::new(Mutex::new(log))))
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.lock().expect("nobody panics while he holds the rows")
    }

    /// Adds a row and gives its number, from 1.
    ///
    /// # Panics
    /// Never: a row has text keys and finite numbers only.
    pub fn push(&self, row: &GatewayRow) -> u64 {
        let line = serde_json::to_vec(row).expect("a row has text keys and finite numbers only");
        let correlation = row.request_headers.get("x-correlation-id").map(|id| hash(id));
        let mut log = self.log();
        let at = log.end + log.pending.len() as u64;
        log.pending.extend_from_slice(&line);
        log.rows.push(Stored { at, length: line.len() as u32, correlation });
        if log.pending.len() >= CHUNK {
            // A disk that is full is told when the rows are read.
            let _ = log.flush();
        }
        log.rows.len() as u64
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
        log.flush()?;
        let mut next = since.min(log.rows.len() as u64);
        let mut found = Vec::new();
        while let Some(stored) = log.rows.get(next as usize).copied()
            && found.len() < limit
        {
            next += 1;
            if wanted.is_empty() || stored.correlation.is_some_and(|id| wanted.contains(&id)) {
                found.push(log.read(stored)?);
            }
        }
        Ok((found, next))
    }

    /// How many rows were written.
    pub fn written(&self) -> u64 {
        self.log().rows.len() as u64
    }
}

impl Log {
    fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.seek(SeekFrom::Start(self.end))?;
            self.file.write_all(&self.pending)?;
            self.end += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(())
    }

    fn read(&mut self, stored: Stored) -> io::Result<String> {
        let mut line = vec![0; stored.length as usize];
        self.file.seek(SeekFrom::Start(stored.at))?;
        self.file.read_exact(&mut line)?;
        String::from_utf8(line).map_err(io::Error::other)
    }
}

/// Correlation IDs compare without regard to case.
fn hash(id: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.to_ascii_lowercase().hash(&mut hasher);
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
}

//! The traces of a whole run, a JSON line a call, in a file that has no name.
//! What a policy is and where it stands has a line of its own, before the first
//! call that came by it; calls name it by its number.
//!
//! Bounded, since a run makes a hundred thousand calls: calls in which nothing
//! went wrong are the first to be left out, and how many were is told.

use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::traces::Taken;
use crate::observe::RecordedTraces;
use crate::policy::{Section, Statement};

/// How many bytes are kept of whatever is called.
const OF_ALL: u64 = 64 * 1024 * 1024;

/// Up to how many bytes calls are kept in which something went wrong.
const OF_ERRORS: u64 = 72 * 1024 * 1024;

/// How much is gathered before it goes into the file.
const CHUNK: usize = 256 * 1024;

/// The longest line, and how many bytes a page has at most.
const LINE: usize = 256 * 1024;
const PAGE: u64 = 1024 * 1024;

/// The traces of a run.
#[derive(Debug)]
pub(super) struct TraceFile(Mutex<Written>);

#[derive(Debug)]
struct Written {
    file: File,
    /// How many bytes the file holds.
    end: u64,
    /// What is not in the file yet.
    pending: Vec<u8>,
    calls: u64,
    left_out: u64,
    statements: Statements,
}

/// The number of each statement, by its address and section. Each is kept, so
/// that no other one gets its address.
#[derive(Debug, Default)]
struct Statements {
    numbers: HashMap<usize, usize, BuildHasherDefault<ByAddress>>,
    kept: Vec<Arc<Statement>>,
    /// Those of the call that is written.
    of_call: Vec<usize>,
}

/// Addresses are their own hash: nobody else chooses them, and a dozen are
/// looked up for each call.
#[derive(Debug, Default)]
struct ByAddress(u64);

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_usize(usize::from(*byte)));
    }

    fn write_usize(&mut self, address: usize) {
        self.0 = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// What a policy is, as a line.
#[derive(Serialize)]
struct Described<'s> {
    statement: usize,
    section: &'static str,
    policy: &'static str,
    scope: &'static str,
    path: &'s str,
    place: String,
}

impl TraceFile {
    /// No call yet.
    pub(super) fn new() -> io::Result<Self> {
        let (file, pending, statements) = (tempfile::tempfile()?, Vec::new(), Statements::default());
        Ok(Self(Mutex::new(Written { file, end: 0, pending, calls: 0, left_out: 0, statements })))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a call, of which `line` writes a line from the numbers of its steps.
    pub(super) fn add(&self, went_wrong: bool, steps: &[Taken], line: impl FnOnce(&mut Vec<u8>, &[usize])) {
        let mut guard = self.written();
        let written = &mut *guard;
        written.calls += 1;
        if written.size() >= if went_wrong { OF_ERRORS } else { OF_ALL } {
            written.left_out += 1;
            return;
        }
        let mut numbers = std::mem::take(&mut written.statements.of_call);
        numbers.clear();
        numbers.extend(steps.iter().map(|step| written.number(step.statement(), step.section())));
        let start = written.pending.len();
        line(&mut written.pending, &numbers);
        written.statements.of_call = numbers;
        if written.pending.len() - start >= LINE {
            written.pending.truncate(start);
            written.left_out += 1;
            return;
        }
        written.pending.push(b'\n');
        if written.pending.len() >= CHUNK {
            // A disk that is full is told when the traces are read.
            let _ = written.flush();
        }
    }

    /// Whole lines from a position on, the first being 0.
    pub(super) fn page(&self, since: u64) -> io::Result<RecordedTraces> {
        let mut written = self.written();
        written.flush()?;
        let since = since.min(written.end);
        let mut bytes = vec![0; (written.end - since).min(PAGE) as usize];
        written.file.seek(SeekFrom::Start(since))?;
        written.file.read_exact(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        bytes.truncate(whole);
        let lines = String::from_utf8(bytes).map_err(io::Error::other)?;
        let next = since + whole as u64;
        Ok(RecordedTraces { lines, next, calls: written.calls, left_out: written.left_out })
    }
}

impl Written {
    fn size(&self) -> u64 {
        self.end + self.pending.len() as u64
    }

    /// The number of a statement, from 1; a new one gets its line.
    fn number(&mut self, statement: &Arc<Statement>, section: Section) -> usize {
        // Statements lie at even addresses, far enough apart.
        let key = Arc::as_ptr(statement).addr() + section as usize;
        if let Some(number) = self.statements.numbers.get(&key) {
            return *number;
        }
        self.statements.kept.push(Arc::clone(statement));
        let number = self.statements.kept.len();
        self.statements.numbers.insert(key, number);
        let described = Described {
            statement: number,
            section: section.name(),
            policy: statement.policy,
            scope: statement.scope.name(),
            path: &statement.path,
            place: statement.place.to_string(),
        };
        serde_json::to_writer(&mut self.pending, &described).expect("a line has text keys and texts only");
        self.pending.push(b'\n');
        number
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(&self.pending)?;
        self.end += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_page_by_page_and_whole() {
        let traces = TraceFile::new().expect("a temporary file");
        let line = vec![b'x'; 100_000];
        for _ in 0..25 {
            traces.add(false, &[], |to, _| to.extend_from_slice(&line));
        }
        let (mut since, mut lines, mut pages) = (0, 0, 0);
        loop {
            let page = traces.page(since).expect("read");
            assert!(page.lines.lines().all(|line| line.len() == 100_000));
            if page.lines.is_empty() {
                break;
            }
            (lines, pages, since) = (lines + page.lines.lines().count(), pages + 1, page.next);
        }
        assert_eq!((lines, pages), (25, 3));
    }

    #[test]
    fn calls_in_which_nothing_went_wrong_are_left_out_first() {
        let traces = TraceFile::new().expect("a temporary file");
        let line = vec![b'x'; LINE - 1];
        let add = |went_wrong| {
            let before = traces.page(0).expect("read").left_out;
            let mut kept = 0;
            loop {
                traces.add(went_wrong, &[], |to, _| to.extend_from_slice(&line));
                if traces.page(0).expect("read").left_out > before {
                    return kept;
                }
                kept += 1;
            }
        };
        assert_eq!((add(false), add(true)), (256, 32));
        let page = traces.page(0).expect("read");
        assert_eq!((page.calls, page.left_out), (290, 2));
        let traces = TraceFile::new().expect("a temporary file");
        traces.add(true, &[], |to, _| to.resize(to.len() + LINE, b'x'));
        assert_eq!(traces.page(0).map(|page| page.left_out).expect("read"), 1);
    }
}

//! A copy of the gateway's log in a file that somebody named: one JSON line a
//! call, as they come.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::observe::GatewayRow;

/// How much is gathered before it is written.
const CHUNK: usize = 64 * 1024;

/// A file that takes each row. What it can't take is told once, at the end.
#[derive(Debug)]
pub(super) struct RowCopy {
    file: File,
    pending: Vec<u8>,
    fault: Option<io::Error>,
}

impl RowCopy {
    /// Makes the file; one that is there is overwritten.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::create(path)?, pending: Vec::new(), fault: None })
    }

    pub(super) fn add(&mut self, line: &str) {
        for part in GatewayRow::in_a_file(line) {
            self.pending.extend_from_slice(part.as_bytes());
        }
        self.pending.push(b'\n');
        if self.pending.len() >= CHUNK {
            self.flush();
        }
    }

    /// Writes what was gathered. After a fault nothing is written any more: a
    /// file with a hole would be taken for whole.
    pub(super) fn flush(&mut self) {
        if self.fault.is_none()
            && let Err(fault) = self.file.write_all(&self.pending)
        {
            self.fault = Some(fault);
        }
        self.pending.clear();
    }

    /// Why rows are missing, if any are.
    pub(super) fn fault(&self) -> Option<&io::Error> {
        self.fault.as_ref()
    }
}

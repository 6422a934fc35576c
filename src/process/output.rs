//! What a service prints: kept in a file without a name, both streams in the
//! order in which they come.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::process::Stdio;
use std::sync::Arc;

/// How much of the end is looked at for the last lines, in bytes.
const TAIL: u64 = 16 * 1024;

/// How many last lines an error shows.
const LAST_LINES: usize = 12;

/// What a service prints, over all its processes. Clones read the same.
#[derive(Clone, Debug)]
pub struct Output(Arc<tempfile::NamedTempFile>);

impl Output {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(tempfile::NamedTempFile::new()?)))
    }

    /// Where a process prints to: the end of the file, whoever else prints.
    pub(super) fn stdio(&self) -> io::Result<Stdio> {
        Ok(File::options().append(true).open(self.0.path())?.into())
    }

    /// All of it from a position on, to be read while it grows.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read_from(&self, position: u64) -> io::Result<File> {
        let mut file = self.0.reopen()?;
        file.seek(SeekFrom::Start(position))?;
        Ok(file)
    }

    /// Reads bytes from a position on, as many as there are and fit.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.as_file().read_at(buffer, position)
    }

    /// The last lines, for an error.
    pub(super) fn last_lines(&self) -> Vec<String> {
        let end = self.0.as_file().metadata().map_or(0, |file| file.len());
        let mut bytes = Vec::new();
        let read = self.read_from(end.saturating_sub(TAIL)).and_then(|file| file.take(TAIL).read_to_end(&mut bytes));
        if read.is_err() {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| (*line).to_owned()).collect()
    }
}

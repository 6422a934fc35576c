//! The service's log: a JSON line for each call that was answered, in a file
//! without a name.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::defect::{Defect, Defects};
use crate::clock::Timestamp;

/// A log that outlives a process of the service.
#[derive(Debug)]
pub(super) struct Log {
    file: Mutex<File>,
    reader: File,
    /// The ID of the call before, for whoever mistakes it for this one's.
    before: Mutex<Option<String>>,
}

/// A line.
#[derive(Clone, Serialize)]
pub(super) struct Answered<'a> {
    pub(super) timestamp: Timestamp,
    pub(super) message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) correlation_id: Option<&'a str>,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) status: u16,
}

impl Log {
    /// An empty one.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub(super) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        Ok(Self { reader: file.try_clone()?, file: Mutex::new(file), before: Mutex::default() })
    }

    /// Adds a line. Where the disk is full it is missing, as it would be
    /// elsewhere.
    pub(super) fn write(&self, line: &Answered<'_>, defects: &Defects) {
        let told = self.told(line.correlation_id, defects);
        let line = Answered { correlation_id: told.as_deref(), ..line.clone() };
        let mut text = serde_json::to_vec(&line).expect("own types have text keys only");
        text.push(b'\n');
        let _ = self.file.lock().unwrap_or_else(PoisonError::into_inner).write_all(&text);
    }

    /// The ID that the line tells.
    fn told<'i>(&self, id: Option<&'i str>, defects: &Defects) -> Option<Cow<'i, str>> {
        if defects.has(Defect::LogWithoutId) {
            return None;
        }
        if defects.has(Defect::LogOfCallBefore) {
            let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
            return std::mem::replace(&mut *before, id.map(str::to_owned)).map(Cow::Owned);
        }
        id.map(Cow::Borrowed)
    }

    /// Reads bytes from a position on.
    pub(super) fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read_at(buffer, at)
    }
}

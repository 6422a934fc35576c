//! `gateway-rows.jsonl` and `gateway-traces.jsonl`: what the gateway logged and
//! did, one JSON object a line, without secrets. A run has a hundred thousand of
//! them: they wait in a file that has no name until the reports are written.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::observe::GatewayRow;
use crate::wire::Redactor;

/// Rows that wait to be written. Clones share them.
#[derive(Clone, Debug)]
pub struct Rows(Arc<Mutex<File>>);

impl Rows {
    /// None yet.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn new() -> io::Result<Self> {
        Ok(Self(Arc::new(Mutex::new(tempfile::tempfile()?))))
    }

    /// Adds rows, without their secrets.
    ///
    /// # Errors
    /// The temporary file can't be written.
    pub fn add(&self, rows: &[GatewayRow], redactor: &Redactor) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::new(&mut *file);
        for row in rows {
            let line = line(row, redactor);
            writeln!(out, "{}", GatewayRow::in_a_file(&line).concat())?;
        }
        out.flush()
    }

    /// Adds lines, each a JSON object, without their secrets.
    ///
    /// # Errors
    /// The temporary file can't be written.
    pub fn add_lines(&self, lines: &str, redactor: &Redactor) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::End(0))?;
        let mut out = BufWriter::new(&mut *file);
        for line in lines.lines() {
            writeln!(out, "{}", without_secrets(line.to_owned(), redactor))?;
        }
        out.flush()
    }

    /// Adds a line of plain text, without its secrets.
    ///
    /// # Errors
    /// The temporary file can't be written.
    pub fn add_text(&self, line: &str, redactor: &Redactor) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::End(0))?;
        writeln!(file, "{}", redactor.text(line))
    }

    /// Writes all of them.
    pub(super) fn copy(&self, to: &mut File) -> io::Result<()> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(0))?;
        io::copy(&mut *file, to).map(drop)
    }
}

fn line(row: &GatewayRow, redactor: &Redactor) -> String {
    let line = serde_json::to_string(row).expect("a row has text keys only");
    without_secrets(line, redactor)
}

/// Most lines hold no secret: redacting one as one text tells, and only where
/// that changes something is each value looked at.
fn without_secrets(line: String, redactor: &Redactor) -> String {
    let redacted = redactor.text(&line);
    if redacted == line {
        return line;
    }
    let Ok(mut value) = serde_json::from_str(&line) else { return redacted };
    redact(&mut value, redactor);
    value.to_string()
}

fn redact(value: &mut Value, redactor: &Redactor) {
    match value {
        Value::String(text) => *text = redactor.text(text),
        Value::Array(values) => values.iter_mut().for_each(|value| redact(value, redactor)),
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                match value {
                    Value::String(text) => *text = redactor.header(name, text),
                    value => redact(value, redactor),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

//! Writing the reports of a run into their folders.

use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::clock::Timestamp;
use crate::generate::Nonce;
use crate::wire::Redactor;

use super::json::RunRecord;
use super::{Run, hlog, html, junit, summary};

/// The files of the gateway's rows, and of what each policy did.
pub(super) const ROWS: &str = "gateway-rows.jsonl";
pub(super) const TRACES: &str = "gateway-traces.jsonl";

/// The latencies by second.
const LATENCIES: &str = "latency.hlog";

/// What the user's service printed.
pub(super) const OUTPUT: &str = "service-output.log";

/// Why reports could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file or folder could not be written.
    #[error("could not write `{}`: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes all reports of a run into `<reports>/<start>-<command>-<nonce>/`, and
/// the same files again into `<reports>/latest/`; gives the former.
///
/// Both folders appear as a whole: they are written under another name and
/// renamed, so a reader of `latest` sees the files of one run. (No portable
/// call swaps two folders: for an instant there is no `latest`.)
pub fn write(reports: &Path, run: &Run, redactor: &Redactor) -> Result<PathBuf, ReportError> {
    let folder = folder_name(run.started, &run.command, &run.nonce);
    let record = RunRecord::of(run, redactor);
    let unreadable = |source| ReportError::Write { path: reports.join(&folder), source };
    let (files, mut log) = (render(run, &record), latencies(run, &record).map_err(unreadable)?);
    for name in [folder.as_str(), "latest"] {
        let fresh = reports.join(format!(".new-{name}-{folder}"));
        let filled = fill(&fresh, &files, run).and_then(|()| copy(&mut log, &fresh.join(LATENCIES)));
        let placed = filled.and_then(|()| replace(&fresh, &reports.join(name), &folder));
        if placed.is_err() {
            let _ = fs::remove_dir_all(&fresh);
        }
        placed?;
    }
    Ok(reports.join(folder))
}

/// Every file of a report, by name.
fn render(run: &Run, record: &RunRecord) -> Vec<(&'static str, Vec<u8>)> {
    let mut json = serde_json::to_vec_pretty(record).expect("a record has text keys and finite numbers only");
    json.push(b'\n');
    vec![
        ("run.json", json),
        ("junit.xml", junit::document(record).into_bytes()),
        ("summary.md", summary::document(record).into_bytes()),
        ("report.html", html::document(run, record).into_bytes()),
    ]
}

/// The latencies by second, which may be many.
fn latencies(run: &Run, record: &RunRecord) -> io::Result<File> {
    let mut file = BufWriter::new(tempfile::tempfile()?);
    hlog::write(run, record, &mut file)?;
    file.into_inner().map_err(io::IntoInnerError::into_error)
}

/// `20260901T080000-gate-0123456789ab`. The nonce may be set by the user, so
/// whatever could leave the folder is replaced.
pub fn folder_name(started: Timestamp, command: &str, nonce: &Nonce) -> String {
    let plain = |text: &str| -> String {
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(64).collect()
    };
    format!("{}-{}-{}", started.utc().format("%Y%m%dT%H%M%S"), plain(command), plain(&nonce.0))
}

fn fill(folder: &Path, files: &[(&str, Vec<u8>)], run: &Run) -> Result<(), ReportError> {
    remove(folder)?;
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let bodies = run.bodies.iter().map(|(name, content)| (name.as_str(), content));
    for (name, content) in files.iter().map(|(name, content)| (*name, content)).chain(bodies) {
        let path = folder.join(name);
        fs::write(&path, content).map_err(failed(&path))?;
    }
    for (name, lines) in [(ROWS, &run.rows), (TRACES, &run.traces), (OUTPUT, &run.output)] {
        let path = folder.join(name);
        if let Some(lines) = lines {
            File::create(&path).and_then(|mut file| lines.copy(&mut file)).map_err(failed(&path))?;
        }
    }
    Ok(())
}

fn copy(from: &mut File, to: &Path) -> Result<(), ReportError> {
    let copied = from.seek(SeekFrom::Start(0)).and_then(|_| File::create(to));
    copied.and_then(|mut to| io::copy(from, &mut to)).map(drop).map_err(failed(to))
}

/// Puts `fresh` in the place of `old`. Another run may do the same at the same
/// time; then the later one stands in the end.
fn replace(fresh: &Path, old: &Path, run: &str) -> Result<(), ReportError> {
    let aside = old.with_file_name(format!(".old-{run}"));
    let mut tries = 0;
    loop {
        remove(&aside)?;
        match fs::rename(old, &aside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(old)(error)),
            _ => {}
        }
        match fs::rename(fresh, old) {
            Ok(()) => return remove(&aside),
            Err(error) if tries >= 5 => return Err(failed(old)(error)),
            Err(_) => tries += 1,
        }
    }
}

fn remove(folder: &Path) -> Result<(), ReportError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(folder)(error)),
        _ => Ok(()),
    }
}

pub(super) fn failed(path: &Path) -> impl Fn(io::Error) -> ReportError {
    move |source| ReportError::Write { path: path.to_owned(), source }
}

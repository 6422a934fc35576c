//! `report compare`: which runs are meant, the comparison on the screen and as
//! files, and its exit code.

use std::fs;
use std::path::{Path, PathBuf};

use super::args::{CompareArgs, Format};
use super::screen;
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::report::compare::{self, Comparison, Recorded, Rules, Verdict};
use crate::report::escape;

pub(super) fn compare(args: &CompareArgs) -> u8 {
    let (a, b) = match (read(&args.a, &args.reports), read(&args.b, &args.reports)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => {
            let mut faults = Diagnostics::new();
            [a, b].into_iter().filter_map(Result::err).for_each(|found| faults.extend(found));
            screen::error(&escape::terminal(&faults.without_repetitions().to_string()));
            return 2;
        }
    };
    let rules = Rules { allowed: args.allow.clone(), despite: args.despite.clone() };
    match compare::compare(&a, &b, &rules) {
        Ok(comparison) => show(args, &comparison),
        Err(idle) => {
            for allowed in idle {
                screen::error(&escape::terminal(&format!(
                    "--allow {allowed}: no figure of both runs fits\n  expected: `FIGURE=LIMIT`, or `WHERE:FIGURE=LIMIT` \
                     with a `scenario:contract:operation` of both runs, `*` for anything\n  hint: without --allow the \
                     comparison shows what there is"
                )));
            }
            2
        }
    }
}

/// Writes the files, shows the table, gives the exit code.
fn show(args: &CompareArgs, comparison: &Comparison) -> u8 {
    let written = compare::write(&args.reports, comparison);
    if args.format == Format::Json {
        screen::result(&comparison.json());
    } else {
        let table = if args.quiet { String::new() } else { comparison.text() };
        let report = written.as_ref().ok().filter(|_| !args.quiet);
        let report = report.map(|folder| format!("\nreport: {}\n", folder.join("compare.md").display()));
        let text = format!("{table}{}{}", report.unwrap_or_default(), comparison.verdict_line());
        screen::result(&escape::terminal(&text));
    }
    if let Err(fault) = written {
        screen::error(&format!("{fault}; the verdict stands without reports"));
    }
    match comparison.verdict {
        Verdict::NothingInBoth => 4,
        Verdict::Regression if args.gate => 1,
        Verdict::Inconclusive if args.gate => 5,
        _ => 0,
    }
}

/// Reads the run that a user named.
fn read(name: &str, reports: &Path) -> Result<Recorded, Diagnostics> {
    let mut faults = Diagnostics::new();
    let Some(folder) = folder(name, reports) else {
        faults.push(unknown(name, reports));
        return Err(faults);
    };
    let mut content = |file: &str| {
        let path = folder.join(file);
        let read = fs::read(&path).map_err(|fault| faults.push(unreadable(&path, &fault))).unwrap_or_default();
        (path.display().to_string(), read)
    };
    let ((run, run_content), (log, log_content)) = (content("run.json"), content("latency.hlog"));
    if faults.has_errors() {
        return Err(faults);
    }
    Recorded::read(name, (&run, &run_content), (&log, &log_content))
}

/// Where the run lies: what is named may be a folder, its run.json, or a folder
/// among the reports.
fn folder(name: &str, reports: &Path) -> Option<PathBuf> {
    let path = Path::new(name);
    let among = reports.join(path);
    let plain = path.components().count() == 1;
    match name {
        "latest" if among.is_dir() => Some(among),
        _ if path.is_dir() => Some(path.to_owned()),
        _ if path.is_file() && path.ends_with("run.json") => Some(path.with_file_name("")),
        _ if plain && among.is_dir() => Some(among),
        _ => None,
    }
}

fn unknown(name: &str, reports: &Path) -> Diagnostic {
    let path = Path::new(name);
    let found = if path.is_file() { "a file of another name" } else { "nothing of this name" };
    let mut runs: Vec<String> = fs::read_dir(reports)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().join("run.json").is_file()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    runs.sort_by(|one, other| other.cmp(one));
    runs.truncate(5);
    let hint = match runs.as_slice() {
        [] => format!("there is no run in {}: `seamstress load SCENARIO` makes one", reports.display()),
        runs => format!("in {} there are e.g. {}", reports.display(), runs.join(", ")),
    };
    Diagnostic::error(Place::file(name), "there is no such run")
        .expected("`latest`, the folder of a run, or its run.json")
        .actual(found)
        .hint(hint)
}

fn unreadable(path: &Path, fault: &std::io::Error) -> Diagnostic {
    Diagnostic::error(Place::file(path.display().to_string()), "this file of the run can't be read")
        .expected("run.json and latency.hlog side by side, as a run leaves them")
        .actual(fault.to_string())
        .hint("keep the whole folder of a run, also as a CI's artifact")
}

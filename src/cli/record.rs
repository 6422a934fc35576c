//! `record`: what became of each file, and the exit code.

use std::fmt::Write;

use clap::Args;

use super::args::{Format, RunArgs};
use super::commands::{fail, outlined, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::contract::ContractId;
use crate::report::escape;
use crate::run::{self, Fate, Options, RecordQuestion, RecordedVersion, RunError, Stop};
use crate::wire::Redactor;

#[derive(Clone, Debug, Args)]
pub(super) struct RecordArgs {
    /// The versions; every deprecated one by default.
    #[arg(value_name = "API/VERSION")]
    versions: Vec<String>,
    /// Overwrite what was recorded otherwise.
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    run: RunArgs,
}

/// Changes of one version that are shown.
const MOST_CHANGES: usize = 12;

pub(super) async fn record(args: &RecordArgs) -> u8 {
    let options = match settle::options(&args.run) {
        Ok(options) => options,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    let question = RecordQuestion {
        versions: args.versions.iter().map(|name| ContractId::parse(name)).collect(),
        force: args.force,
        seeded: args.run.select.seed.is_some(),
    };
    let redactor = options.redactor.clone();
    if args.run.select.dry_run {
        return outlined(run::outline_record(&question, &options), &redactor);
    }
    match ask(args, options, question).await {
        Ok(code) => code,
        Err(fault) => fail(&fault, &redactor),
    }
}

async fn ask(args: &RecordArgs, options: Options, question: RecordQuestion) -> Result<u8, RunError> {
    let screen = Screen::new(args.run.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let redactor = options.redactor.clone();
    let versions = within_grace(run::record(&question, options, stop.clone(), screen.listener()), &stop).await?;
    screen.clear();
    let text = match args.run.files.format {
        Format::Json => format!("{:#}\n", versions.iter().map(value).collect::<serde_json::Value>()),
        Format::Human => versions.iter().map(told).collect(),
    };
    screen::result(&escape::terminal(&redactor.text(&text)));
    Ok(u8::from(versions.iter().any(|version| matches!(version.fate, Fate::Kept(_)))))
}

fn value(version: &RecordedVersion) -> serde_json::Value {
    let (fate, changes) = fate(&version.fate);
    serde_json::json!({
        "contract": version.contract,
        "file": version.file.display().to_string(),
        "cases": version.cases,
        "left_out": version.left_out,
        "fate": fate,
        "changes": changes,
    })
}

fn fate(fate: &Fate) -> (&'static str, &[String]) {
    match fate {
        Fate::Written => ("written", &[]),
        Fate::Unchanged => ("unchanged", &[]),
        Fate::Overwritten(changes) => ("overwritten", changes),
        Fate::Kept(changes) => ("kept", changes),
    }
}

/// One version as lines.
fn told(version: &RecordedVersion) -> String {
    let (word, changes) = fate(&version.fate);
    let mut text = String::new();
    let (file, cases) = (version.file.display(), version.cases);
    let _ = match &version.fate {
        Fate::Kept(_) => writeln!(text, "{file}: kept; --force would overwrite it:"),
        _ => writeln!(text, "{file}: {word}, {cases} cases"),
    };
    for change in changes.iter().take(MOST_CHANGES) {
        let _ = writeln!(text, "  {change}");
    }
    if changes.len() > MOST_CHANGES {
        let _ = writeln!(text, "  and {} more", changes.len() - MOST_CHANGES);
    }
    for why in &version.left_out {
        let _ = writeln!(text, "  left out: {why}");
    }
    text
}

//! `score`: the harness measured on itself, on the screen and as files.

use super::args::{Format, ScoreArgs};
use super::commands::{fail, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::report::{Score, escape, score};
use crate::run::{self, Options, RunError, ScoreQuestion, Stop};
use crate::wire::Redactor;

pub(super) async fn score(args: &ScoreArgs) -> u8 {
    let options = match settle::options(&args.run) {
        Ok(options) => options,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    let redactor = options.redactor.clone();
    match measure(args, options).await {
        Ok(score) => show(args, &score),
        Err(fault) => fail(&fault, &redactor),
    }
}

async fn measure(args: &ScoreArgs, mut options: Options) -> Result<Score, RunError> {
    let question = ScoreQuestion {
        seeds: args.seeds,
        clean: args.clean.unwrap_or(args.seeds),
        defects: std::mem::take(&mut options.defects),
        list: args.defects.clone(),
        complete: args.complete,
    };
    let screen = Screen::new(args.run.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let work = run::score(&question, options, stop.clone(), screen.listener());
    let score = within_grace(work, &stop).await;
    screen.clear();
    score
}

/// Writes the files, shows the table, gives the exit code.
fn show(args: &ScoreArgs, score: &Score) -> u8 {
    let files = &args.run.files;
    let written = score::write(&files.reports, score);
    if files.format == Format::Json {
        screen::result(&score.json());
    } else {
        screen::result(&escape::terminal(&score.text()));
    }
    match written {
        Ok(folder) if files.format == Format::Human => screen::result(&format!("report: {}\n", folder.display())),
        Ok(_) => {}
        Err(fault) => screen::error(&format!("{fault}; the score stands without a report")),
    }
    u8::from(!score.passed)
}

//! One case again: check by check fixed or still failing, call by call what
//! came of it then and now.

use std::fmt::Write;

use super::args::{CheckArgs, Format, ReplayArgs};
use super::commands::{Shown, fail, outlined, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::check::Outcome;
use crate::report::escape::terminal;
use crate::run::{self, CheckLine, Options, Replay, Replayed, RunError, StepLine, Stop};
use crate::wire::Redactor;

/// Plays a case again and shows what came of it; gives the exit code.
pub(super) async fn replay(args: ReplayArgs) -> u8 {
    let ReplayArgs { case, finding, report, times, document, plain, run: args } = args;
    let ask = Replay { case, finding, report, times, seeded: args.select.seed.is_some() };
    let check = CheckArgs { document, plain, run: args };
    let mut options = match settle::check_options(&check) {
        Ok(options) => options,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    if check.run.select.dry_run {
        let redactor = options.redactor.clone();
        let outline = ask.settle(&mut options).and_then(|case| run::outline_replay(&case, &options));
        return outlined(outline, &redactor);
    }
    let screen = Screen::new(check.run.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let shown = Shown { files: check.run.files.clone(), options: options.clone(), screen };
    let work = run::replay(&ask, options, stop.clone(), screen.listener());
    conclude(&shown, &ask, within_grace(work, &stop).await)
}

fn conclude(shown: &Shown, ask: &Replay, replayed: Result<Replayed, RunError>) -> u8 {
    shown.screen.clear();
    let Options { redactor, .. } = &shown.options;
    let replayed = match replayed {
        Ok(replayed) => replayed,
        Err(fault) => return fail(&fault, redactor),
    };
    // The recorded run that a finding was named in stays the latest one.
    let written = if ask.finding.is_none() { shown.write(&replayed.run) } else { None };
    let code = exit_code(&replayed);
    if shown.files.format == Format::Json {
        let text = serde_json::to_string_pretty(&replayed).expect("text keys and whole numbers");
        screen::result(&format!("{}\n", redactor.text(&text)));
        return code;
    }
    if !shown.files.quiet {
        screen::result(&terminal(&redactor.text(&text(&replayed))));
        if let Some(folder) = written {
            screen::result(&format!("report: {}\n", folder.join("report.html").display()));
        }
    }
    screen::result(&format!("{}\n", terminal(&redactor.text(&line(&replayed)))));
    code
}

/// 0 where nothing fails any more, 1 where something does; a run that came to
/// no end keeps its own code.
fn exit_code(replayed: &Replayed) -> u8 {
    match replayed.run.verdict.outcome {
        Outcome::Passed | Outcome::Failed => u8::from(!replayed.is_fixed()),
        other => other.exit_code(),
    }
}

/// The two tables.
fn text(replayed: &Replayed) -> String {
    let mut text = format!("{}\n", replayed.case);
    let times = if replayed.times == 1 { "once".to_owned() } else { format!("{} times", replayed.times) };
    let _ = writeln!(text, "{}, played {times} with seed {}\n", replayed.title, replayed.seed);
    for check in &replayed.checks {
        let failed = format!("{} of {}", check.failed, replayed.times);
        let _ = writeln!(text, "  {:<14} {failed:<8} {}: {}", word(check), check.check, check.title);
    }
    if !replayed.checks.is_empty() {
        text.push('\n');
    }
    table(&mut text, &replayed.steps);
    text
}

/// What became of a check.
fn word(check: &CheckLine) -> &'static str {
    match (check.recorded, check.failed) {
        (_, 0) => "fixed",
        (true, _) => "still failing",
        (false, _) => "failing",
    }
}

fn table(text: &mut String, steps: &[StepLine]) {
    let width = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0).min(48);
    let roles = width(&mut steps.iter().map(|step| step.role.chars().count()));
    let calls = width(&mut steps.iter().map(|step| step.call.chars().count()));
    let then = width(&mut steps.iter().filter_map(|step| step.then.as_ref()).map(|then| then.chars().count()));
    let known = steps.iter().any(|step| step.then.is_some());
    if known {
        let then = then.max(4);
        let _ = writeln!(text, "  {:<roles$}  {:<calls$}  {:<then$}  now", "call", "", "then");
    }
    for step in steps {
        let _ = write!(text, "  {:<roles$}  {:<calls$}  ", step.role, step.call);
        if known {
            let _ = write!(text, "{:<width$}  ", step.then.as_deref().unwrap_or("-"), width = then.max(4));
        }
        let _ = writeln!(text, "{}", now(&step.now));
    }
    if !steps.is_empty() {
        text.push('\n');
    }
}

/// Equal results once.
fn now(results: &[String]) -> String {
    match results {
        [first, rest @ ..] if rest.iter().all(|result| result == first) => first.clone(),
        _ => results.join(", "),
    }
}

/// The verdict in one line.
fn line(replayed: &Replayed) -> String {
    let outcome = replayed.run.verdict.outcome;
    if !matches!(outcome, Outcome::Passed | Outcome::Failed) {
        return format!("{}: {}", outcome.word(), replayed.run.verdict.reason);
    }
    let failing = replayed.checks.iter().filter(|check| check.failed > 0).count();
    let checks = |count: usize| if count == 1 { "1 check".to_owned() } else { format!("{count} checks") };
    match (failing, replayed.checks.len()) {
        (0, 0) => "NOTHING FAILS".to_owned(),
        (0, all) => format!("FIXED: {}", checks(all)),
        (some, all) if replayed.checks.iter().any(|check| check.recorded) => {
            format!("STILL FAILING: {some} of {}", checks(all))
        }
        (some, _) => format!("FAILING: {}", checks(some)),
    }
}

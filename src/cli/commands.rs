//! Each subcommand: settle, run, report, show, exit code.

use std::path::PathBuf;
use std::time::Duration;

use super::args::{CapacityCommand, Cli, Command, FileArgs, Format, LintArgs, ReportCommand, RunArgs};
use super::screen::{self, Screen};
use super::{interrupt, lists, serve, settle, verdict};
use crate::diagnose::Severity;
use crate::report::{self, Run};
use crate::run::{self, Options, Play, RunError, Stop};
use crate::wire::Redactor;

/// Longest wait for the end of a run after the user asked for it.
const GRACE: Duration = Duration::from_secs(10);

/// Runs a command; gives the exit code.
pub(super) async fn run(cli: Cli) -> u8 {
    match cli.command {
        Command::Gate(args) => judge(&Play::Gate, settle::options(&args), &args).await,
        Command::Check(args) => judge(&Play::Check, settle::check_options(&args), &args.run).await,
        Command::Load(args) => judge(&Play::Load(args.names.clone()), settle::options(&args.run), &args.run).await,
        Command::Capacity(CapacityCommand::Probe(args)) => super::probe::probe(&args).await,
        Command::Readiness(args) => super::readiness::readiness(&args).await,
        Command::Record(args) => super::record::record(&args).await,
        Command::Serve(args) => serve::serve(&args).await,
        Command::Replay(args) => super::replay::replay(args).await,
        Command::Score(args) => super::score::score(&args).await,
        Command::Report(ReportCommand::Compare(args)) => super::compare::compare(&args),
        Command::Lint(args) => lint(&args),
        Command::Policies(args) => super::policies::policies(&args),
        Command::Init(args) => super::init::init(&args),
        Command::Tables(args) => super::tables::tables(&args),
        Command::Schema { of } => super::init::schema(of),
        Command::Checks(args) => lists::checks(&args),
        Command::Explain(args) => lists::explain(&args),
        Command::Defects(args) => lists::defects(&args),
        Command::Completions { shell } => lists::completions(shell),
    }
}

async fn judge(play: &Play, options: Result<Options, RunError>, args: &RunArgs) -> u8 {
    let options = match options {
        Ok(options) => options,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    if args.select.dry_run {
        return outlined(run::outline(play, &options), &options.redactor);
    }
    let screen = Screen::new(args.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let shown = Shown { files: args.files.clone(), options: options.clone(), screen };
    let work = run::judge(play, options, stop.clone(), screen.listener());
    shown.conclude(within_grace(work, &stop).await)
}

/// Waits for a run; once it was asked to stop by the user, not for ever.
pub(super) async fn within_grace<T>(
    work: impl Future<Output = Result<T, RunError>>,
    stop: &Stop,
) -> Result<T, RunError> {
    let patience = async {
        loop {
            stop.stopped().await;
            if stop.reason() == Some(run::StopReason::Interrupted) {
                tokio::time::sleep(GRACE).await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        done = work => done,
        () = patience => Err(RunError::Interrupted),
    }
}

/// What is needed to show a run's end.
pub(super) struct Shown {
    pub(super) files: FileArgs,
    pub(super) options: Options,
    pub(super) screen: Screen,
}

impl Shown {
    /// Writes the reports, shows the verdict, gives the exit code.
    pub(super) fn conclude(&self, run: Result<Run, RunError>) -> u8 {
        self.screen.clear();
        let run = match run {
            Ok(run) => run,
            Err(fault) => return fail(&fault, &self.options.redactor),
        };
        let written = self.write(&run);
        match self.files.format {
            Format::Json => {
                let record = report::json::RunRecord::of(&run, &self.options.redactor);
                let text =
                    serde_json::to_string_pretty(&record).expect("a record has text keys and finite numbers only");
                screen::result(&format!("{text}\n"));
            }
            Format::Human => {
                let colour = self.screen.colour();
                screen::result(&verdict::text(&run, &self.files, colour, written.as_deref(), &self.options.redactor));
            }
        }
        run.verdict.outcome.exit_code()
    }

    /// Writes the reports. A report that can't be written does not change the
    /// verdict.
    pub(super) fn write(&self, run: &Run) -> Option<PathBuf> {
        match report::write(&self.files.reports, run, &self.options.redactor) {
            Ok(folder) => Some(folder),
            Err(fault) => {
                screen::error(&format!("{fault}; the verdict stands without reports"));
                None
            }
        }
    }
}

/// Shows why there is no verdict; gives the exit code.
pub(super) fn fail(fault: &RunError, redactor: &Redactor) -> u8 {
    screen::error(&report::escape::terminal(&redactor.text(&fault.to_string())));
    fault.exit_code()
}

/// Shows what would be done; gives the exit code.
pub(super) fn outlined(outline: Result<String, RunError>, redactor: &Redactor) -> u8 {
    match outline {
        Ok(text) => {
            screen::result(&report::escape::terminal(&redactor.text(&text)));
            0
        }
        Err(fault) => fail(&fault, redactor),
    }
}

fn lint(args: &LintArgs) -> u8 {
    let files = &args.files;
    if args.rules {
        return lists::rules(files.format);
    }
    let here = || run::DEFAULT_SETTINGS.iter().map(PathBuf::from).find(|path| path.is_file());
    let settings = args.settings.clone().or_else(here);
    let found = match &args.policies {
        Some(policies) => run::lint_policies(policies, settings.as_deref()),
        None => run::lint(&files.contracts, &files.scenarios, &files.mocks, settings.as_deref()),
    };
    match found {
        Err(fault) => fail(&fault, &Redactor::new()),
        Ok(found) => {
            match files.format {
                Format::Json => screen::result(&format!("{:#}\n", serde_json::json!(found))),
                Format::Human if found.is_empty() => screen::result("nothing to mend\n"),
                Format::Human => {
                    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
                    screen::result(&format!("{found}\n\n{errors} errors, {} remarks\n", found.len() - errors));
                }
            }
            if found.has_errors() { 2 } else { 0 }
        }
    }
}

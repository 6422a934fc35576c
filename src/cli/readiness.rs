//! `readiness`: the decision on the screen, and its exit code.

use super::args::{Format, ReadinessArgs};
use super::commands::{fail, outlined, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::contract::ContractId;
use crate::readiness::{Decision, assessment_text};
use crate::report::escape;
use crate::run::{self, Options, Question, RunError, Stop};
use crate::wire::Redactor;

pub(super) async fn readiness(args: &ReadinessArgs) -> u8 {
    let (options, question) = match settle::options(&args.run).and_then(|options| Ok((options, question(args)?))) {
        Ok(settled) => settled,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    let redactor = options.redactor.clone();
    if args.run.select.dry_run {
        return outlined(run::outline_readiness(&question, &options), &redactor);
    }
    match ask(args, options, question).await {
        Ok(code) => code,
        Err(fault) => fail(&fault, &redactor),
    }
}

fn question(args: &ReadinessArgs) -> Result<Question, RunError> {
    Ok(Question {
        version: ContractId::parse(&args.contract),
        rows: args.rows.clone(),
        quiet: settle::span("--quiet", &args.quiet_for)?,
    })
}

async fn ask(args: &ReadinessArgs, options: Options, question: Question) -> Result<u8, RunError> {
    let screen = Screen::new(args.run.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let redactor = options.redactor.clone();
    let assessment = within_grace(run::readiness(&question, options, stop.clone(), screen.listener()), &stop).await?;
    screen.clear();
    if stop.reason() == Some(run::StopReason::Interrupted) {
        return Err(RunError::Interrupted);
    }
    if args.run.files.format == Format::Json {
        let value = serde_json::to_value(&assessment).expect("an assessment has text keys and finite numbers only");
        screen::result(&format!("{}\n", redactor.text(&format!("{value:#}"))));
    } else {
        screen::result(&escape::terminal(&redactor.text(&assessment_text(&assessment))));
    }
    Ok(match assessment.decision {
        Decision::Go => 0,
        Decision::NoGo => 1,
        Decision::Inconclusive => 5,
    })
}

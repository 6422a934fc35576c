//! `readiness`: the decision on the screen, and its exit code.

use super::args::{Format, ReadinessArgs};
use super::commands::{fail, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::contract::ContractId;
use crate::readiness::{Decision, assessment_text};
use crate::report::escape;
use crate::run::{self, Question, RunError, Stop};

pub(super) async fn readiness(args: &ReadinessArgs) -> u8 {
    match ask(args).await {
        Ok(code) => code,
        Err(fault) => fail(&fault),
    }
}

async fn ask(args: &ReadinessArgs) -> Result<u8, RunError> {
    let options = settle::options(&args.run)?;
    let question = Question {
        version: ContractId::parse(&args.contract),
        rows: args.rows.clone(),
        quiet: settle::span("--quiet", &args.quiet_for)?,
    };
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

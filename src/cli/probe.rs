//! `capacity probe`: what was found on the screen, and its exit code.

use serde_json::json;

use super::args::{Format, ProbeArgs};
use super::commands::{fail, outlined, within_grace};
use super::screen::{self, Screen};
use super::{interrupt, settle};
use crate::capacity::Agreement;
use crate::report::escape;
use crate::run::{self, Options, Probed, RunError, Stop};
use crate::wire::Redactor;

pub(super) async fn probe(args: &ProbeArgs) -> u8 {
    let options = match settle::options(&args.run) {
        Ok(options) => options,
        Err(fault) => return fail(&fault, &Redactor::new()),
    };
    let redactor = options.redactor.clone();
    if args.run.select.dry_run {
        return outlined(run::outline_probe(args.contract.as_deref(), &options), &redactor);
    }
    match ask(args, options).await {
        Ok(code) => code,
        Err(fault) => fail(&fault, &redactor),
    }
}

async fn ask(args: &ProbeArgs, options: Options) -> Result<u8, RunError> {
    let screen = Screen::new(args.run.files.quiet);
    let stop = Stop::new();
    interrupt::watch(stop.clone());
    let redactor = options.redactor.clone();
    let work = run::probe(args.contract.as_deref(), options, stop.clone(), screen.listener());
    let probed = within_grace(work, &stop).await?;
    screen.clear();
    let text = if args.run.files.format == Format::Json { as_json(&probed) } else { as_text(&probed) };
    screen::result(&escape::terminal(&redactor.text(&text)));
    Ok(match probed.report.agrees {
        Agreement::Yes => 0,
        Agreement::No => 1,
        Agreement::Inconclusive => 5,
    })
}

fn as_json(probed: &Probed) -> String {
    let all = json!({
        "contract": probed.contract,
        "operation": probed.operation,
        "request": probed.sent,
        "report": probed.report,
    });
    format!("{all:#}\n")
}

fn as_text(probed: &Probed) -> String {
    let word = match probed.report.agrees {
        Agreement::Yes => "AGREES",
        Agreement::No => "DISAGREES",
        Agreement::Inconclusive => "INCONCLUSIVE",
    };
    let lines = probed.report.lines.join("\n  ");
    format!("{} {}, {}\n  {lines}\n{word}: {}\n", probed.contract, probed.operation, probed.sent, verdict(probed))
}

fn verdict(probed: &Probed) -> &'static str {
    match probed.report.agrees {
        Agreement::Yes => "the gateway admits what the behaviour file declares",
        Agreement::No => "the gateway and the behaviour file differ",
        Agreement::Inconclusive => "the behaviour file declares no rate, or the probe could not tell",
    }
}

//! `init`: a first behaviour file. `schema`: what editors and programs read.

use std::path::Path;

use super::args::{InitArgs, SchemaOf};
use super::screen;
use crate::contract::init::scaffold;
use crate::contract::openapi::OpenApi;

const BEHAVIOUR: &str = include_str!("../../.config/behaviour.schema.json");
const RUN: &str = include_str!("../../.config/run.schema.json");

pub(super) fn schema(of: SchemaOf) -> u8 {
    screen::result(match of {
        SchemaOf::Behaviour => BEHAVIOUR,
        SchemaOf::Run => RUN,
    });
    0
}

pub(super) fn init(args: &InitArgs) -> u8 {
    let document = match OpenApi::load(&args.document) {
        Ok(document) => document,
        Err(faults) => {
            screen::error(&faults.to_string());
            return 2;
        }
    };
    let name = args.document.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = scaffold(&document, &name);
    let output = args.output.clone().unwrap_or_else(|| args.document.with_file_name("behaviour.yaml"));
    if output == Path::new("-") {
        screen::result(&text);
        return 0;
    }
    if output.exists() && !args.force {
        screen::error(&format!(
            "{} is there already: --force overwrites it, --output FILE writes another, --output - shows it",
            output.display()
        ));
        return 2;
    }
    if let Err(fault) = std::fs::write(&output, &text) {
        screen::error(&format!("{} can't be written: {fault}", output.display()));
        return 3;
    }
    let questions = text.lines().filter(|line| is_question(line)).count();
    screen::result(&format!("{}: {questions} lines are questions; uncomment what is promised\n", output.display()));
    0
}

/// A line that is switched off: `#` and no space behind it.
fn is_question(line: &str) -> bool {
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c != ' '))
}

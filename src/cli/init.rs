//! `init`: a first behaviour file, or a whole project. `schema`: what editors and programs read.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::args::{InitArgs, SchemaOf};
use super::screen;
use crate::contract::ContractId;
use crate::contract::init::scaffold;
use crate::contract::openapi::OpenApi;
use crate::project::{Plan, WriteError, Written, contract_name, plan, write};
use crate::report::escape::terminal;

const BEHAVIOUR: &str = include_str!("../../.config/behaviour.schema.json");
const RUN: &str = include_str!("../../.config/run.schema.json");
const COMPARE: &str = include_str!("../../.config/compare.schema.json");

pub(super) fn schema(of: SchemaOf) -> u8 {
    screen::result(match of {
        SchemaOf::Behaviour => BEHAVIOUR,
        SchemaOf::Run => RUN,
        SchemaOf::Compare => COMPARE,
    });
    0
}

pub(super) fn init(args: &InitArgs) -> u8 {
    let Some(path) = &args.document else { return super::derive::derive(args) };
    let document = match OpenApi::load(path) {
        Ok(document) => document,
        Err(faults) => {
            screen::error(&faults.to_string());
            return 2;
        }
    };
    if let Some(folder) = &args.project {
        return project(&document, folder, args.name.as_deref());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = scaffold(&document, &name, None);
    let output = args.output.clone().unwrap_or_else(|| path.with_file_name("behaviour.yaml"));
    if output == Path::new("-") {
        screen::result(&text);
        return 0;
    }
    if let Err(code) = put(&output, &text, args.force) {
        return code;
    }
    let asked = questions(&text);
    screen::result(&format!("{}: {asked} lines are questions; uncomment what is promised\n", output.display()));
    0
}

/// Writes a file, never over another unless that is wanted; gives an exit code
/// where it does not.
pub(super) fn put(output: &Path, text: &str, force: bool) -> Result<(), u8> {
    if output.exists() && !force {
        screen::error(&format!(
            "{} is there already: --force overwrites it, --output FILE writes another, --output - shows it",
            output.display()
        ));
        return Err(2);
    }
    let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
    let made = parent.map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(output, text)).map_err(|fault| {
        screen::error(&format!("{} can't be written: {fault}", output.display()));
        3
    })
}

/// How many lines are questions.
fn questions(text: &str) -> usize {
    text.lines().filter(|line| is_question(line)).count()
}

fn project(document: &OpenApi, folder: &Path, name: Option<&str>) -> u8 {
    let contract = match name.map_or_else(|| Ok(contract_name(document)), parse_name) {
        Ok(contract) => contract,
        Err(fault) => {
            screen::error(&fault);
            return 2;
        }
    };
    let plan = match plan(document, &contract) {
        Ok(plan) => plan,
        Err(faults) => {
            screen::error(&terminal(&faults.to_string()));
            return 2;
        }
    };
    match write(&plan, folder) {
        Ok(written) => {
            screen::result(&terminal(&told(&plan, &written, folder)));
            0
        }
        Err(fault) => {
            screen::error(&terminal(&fault.to_string()));
            if matches!(fault, WriteError::There(_)) { 2 } else { 3 }
        }
    }
}

/// A name that can be a folder, an application's URI and a policy's file.
fn parse_name(text: &str) -> Result<ContractId, String> {
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    match text.split_once('/') {
        Some((api, version)) if is_name(api) && is_name(version) => Ok(ContractId::new(api, version)),
        _ => Err(format!(
            "--as {text}: expected a name and a version of small letters, digits and hyphens, e.g. `visits/v1`"
        )),
    }
}

/// What was made, what it holds, and what comes next.
fn told(plan: &Plan, written: &Written, folder: &Path) -> String {
    let mut text = String::new();
    for path in &written.made {
        let file = plan.files.iter().find(|file| file.path == *path);
        let asked = file.map_or(0, |file| questions(&file.text));
        let note =
            if path.ends_with("behaviour.yaml") { format!("  ({asked} lines are questions)") } else { String::new() };
        // Writing to a String does not fail.
        let _ = writeln!(text, "made  {}{note}", folder.join(path).display());
    }
    for path in &written.kept {
        let _ = writeln!(text, "kept  {}", folder.join(path).display());
    }
    if !plan.added.is_empty() {
        let _ = writeln!(text, "\nThe contract says beside your document: {}.", plan.added.join("; "));
    }
    for (path, entry) in plan.entries.iter().filter(|(path, _)| written.kept.contains(path)) {
        let _ = writeln!(text, "\n{} is yours already; put this into it:\n\n{entry}", folder.join(path).display());
    }
    let at = if folder == Path::new(".") { String::new() } else { format!("  cd {}\n", folder.display()) };
    let _ = write!(
        text,
        "\nNext:\n{at}  seamstress lint\n  seamstress gate --service-cmd 'YOUR COMMAND, listening on $HOST and $PORT'\n\nThen answer the questions in {}: what is not said there is not judged.\n",
        PathBuf::from("contracts").join(plan.contract.to_string()).join("behaviour.yaml").display()
    );
    text
}

/// A line that is switched off: `#` and no space behind it.
fn is_question(line: &str) -> bool {
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c != ' '))
}

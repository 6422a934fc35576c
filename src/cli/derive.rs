//! `init --from-flow` and `--from-history`: a scenario from real flows.

use std::path::{Path, PathBuf};

use super::args::InitArgs;
use super::init::put;
use super::screen;
use crate::contract::load_dir;
use crate::derive::{Derived, Export, History, from_flows, from_history};
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::report::escape::terminal;

pub(super) fn derive(args: &InitArgs) -> u8 {
    match derived(args) {
        Ok(derived) => show(args, &derived),
        Err(faults) => {
            screen::error(&terminal(&faults.to_string()));
            2
        }
    }
}

/// Everything that is wrong with all files, at once.
fn derived(args: &InitArgs) -> Result<Derived, Diagnostics> {
    let mut faults = Diagnostics::new();
    let contracts = load_dir(&args.contracts).unwrap_or_else(|found| {
        faults.extend(found);
        Vec::new()
    });
    let exports: Vec<Export> =
        args.from_flow.iter().flat_map(|path| of_file(path, Export::read, &mut faults)).collect();
    let mut history = History::default();
    for path in &args.from_history {
        history.extend(of_file(path, History::read, &mut faults));
    }
    if faults.has_errors() {
        return Err(faults);
    }
    let name = name(args);
    if args.from_history.is_empty() {
        return from_flows(&exports, &contracts, name.as_deref());
    }
    let files: Vec<String> = args.from_history.iter().map(|path| path.display().to_string()).collect();
    from_history((&files.join(", "), &history), &exports, &contracts, name.as_deref())
}

/// What a file holds; nothing, and a fault, where it can't be read.
fn of_file<T: Default>(
    path: &Path,
    read: impl Fn(&str, &str) -> Result<T, Diagnostics>,
    faults: &mut Diagnostics,
) -> T {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|fault| {
        let told = Diagnostic::error(Place::file(&*file), format!("the file can't be read: {fault}"));
        Diagnostics::from(told.expected("an exported definition, or what was recorded of runs"))
    });
    text.and_then(|text| read(&file, &text)).unwrap_or_else(|found| {
        faults.extend(found);
        T::default()
    })
}

/// The scenario's name, where the file that is to be written gives it one.
fn name(args: &InitArgs) -> Option<String> {
    let output = args.output.as_ref().filter(|output| **output != Path::new("-"))?;
    Some(output.file_stem()?.to_string_lossy().into_owned())
}

fn show(args: &InitArgs, derived: &Derived) -> u8 {
    if !derived.told.is_empty() {
        screen::error(&terminal(&derived.told.to_string()));
    }
    let output = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("scenarios/{}.yaml", derived.name)));
    if output == Path::new("-") {
        screen::result(&derived.text);
        return 0;
    }
    if let Err(code) = put(&output, &derived.text, args.force) {
        return code;
    }
    screen::result(&terminal(&format!(
        "{}: {} questions are marked in it; seamstress lint, then seamstress load {}\n",
        output.display(),
        derived.questions,
        derived.name
    )));
    0
}

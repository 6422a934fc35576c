//! Scenarios from real flows: from exported definitions, and from what was
//! recorded of their runs.
//!
//! In: the files' texts ([`export::Export`]), and the contracts of the project.
//! Out: a scenario file as text ([`Derived`]), in which what could not be
//! derived is a marked question, and the same questions with their places in
//! the files, for a screen. Nothing is guessed without saying so; a value that
//! only a run has becomes a generated payload.

mod export;
mod flow;
mod history;
mod sheet;
mod spans;
mod target;

#[cfg(test)]
mod tests;

use crate::contract::Contract;
use crate::diagnose::{Diagnostic, Diagnostics, Place};

pub use export::Export;
pub use history::{History, from_history};

use sheet::FlowSheet;

/// A scenario file, and what was noticed on the way.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The scenario's name.
    pub name: String,
    /// The file.
    pub text: String,
    /// How many questions are marked in it.
    pub questions: usize,
    /// The questions and what contradicts the contracts, with their places.
    pub told: Diagnostics,
}

/// Derives a scenario from definitions. `name` is the scenario's, by default
/// the first flow's.
///
/// # Errors
/// All that makes it impossible, at once: what can't be read, and where no
/// flow calls anything that the contracts know.
pub fn from_flows(exports: &[Export], contracts: &[Contract], name: Option<&str>) -> Result<Derived, Diagnostics> {
    let mut told = Diagnostics::new();
    let flows = flow::read(exports, contracts, &mut told);
    if flows.is_empty() {
        let place = exports.first().map_or_else(|| Place::file("the export"), |export| export.definition.place.clone());
        told.push(nothing_called(place, contracts));
    }
    if told.has_errors() {
        return Err(told);
    }
    let files: Vec<&str> = exports.iter().map(|export| &*export.file).collect();
    finished(&flows, name, &format!("Made from {}.", files.join(", ")), told)
}

fn nothing_called(place: Place, contracts: &[Contract]) -> Diagnostic {
    let known: Vec<String> = contracts.iter().map(|contract| format!("`{}`", contract.id)).collect();
    Diagnostic::error(place, "no flow calls an operation of the contracts")
        .expected(if known.is_empty() {
            "a folder of contracts, with --contracts DIR".to_owned()
        } else {
            format!("a call that one of these has: {}", known.join(", "))
        })
        .hint("`seamstress init openapi.json --project .` makes a contract of the service that the flow calls")
}

/// The file's text, after it was read again as every scenario is.
fn finished(
    flows: &[FlowSheet],
    name: Option<&str>,
    origin: &str,
    mut told: Diagnostics,
) -> Result<Derived, Diagnostics> {
    let name = name.map_or_else(|| flows[0].name.clone(), str::to_owned);
    let text = sheet::text(flows, &name, origin);
    // What we write ourselves must be read by us.
    crate::scenario::load(&format!("{name}.yaml"), &text)?;
    let remarks = flows.iter().flat_map(FlowSheet::all_remarks);
    let (mut questions, mut places) = (0, Vec::new());
    for remark in remarks {
        questions += usize::from(remark.is_question());
        places.extend(remark.told());
    }
    places.into_iter().for_each(|diagnostic| told.push(diagnostic));
    Ok(Derived { name, text, questions, told: told.without_repetitions() })
}

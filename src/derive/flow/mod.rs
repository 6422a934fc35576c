//! Definitions as flows of a scenario.

mod actions;
mod birth;
mod body;
mod branches;
mod call;
mod known;
mod order;
mod retry;
mod trigger;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use actions::Reader;

use super::export::Export;
use super::sheet::{FlowSheet, Kind, Remark};
use crate::contract::Contract;
use crate::diagnose::{Diagnostic, Diagnostics};

/// Reads flows; those that call nothing of the contracts are left out, with a
/// word of why.
pub(super) fn read(exports: &[Export], contracts: &[Contract], told: &mut Diagnostics) -> Vec<FlowSheet> {
    let names = names(exports);
    let children: BTreeMap<String, String> =
        exports.iter().zip(&names).filter_map(|(export, name)| Some((export.guid.clone()?, name.clone()))).collect();
    let called: BTreeSet<String> = exports.iter().flat_map(|export| known::children(&export.definition)).collect();
    let mut flows: Vec<FlowSheet> = exports
        .iter()
        .zip(&names)
        .map(|(export, name)| {
            let is_child = export.guid.as_ref().is_some_and(|guid| called.contains(guid));
            flow(export, name, is_child, &children, contracts)
        })
        .collect();
    // A flow may call nothing but a flow that calls nothing.
    while let Some(idle) = flows.iter().position(|flow| !calls(flow)) {
        let gone = flows.remove(idle);
        told.push(left_out(exports, &names, &gone));
        gone.all_remarks().into_iter().filter_map(Remark::told).for_each(|diagnostic| told.push(diagnostic));
        for flow in &mut flows {
            order::without_child(&mut flow.actions, &gone.name);
        }
    }
    flows
}

fn calls(flow: &FlowSheet) -> bool {
    flow.actions.iter().any(|entry| entry.has(&|kind| matches!(kind, Kind::Call { .. } | Kind::Child(_))))
}

fn left_out(exports: &[Export], names: &[String], gone: &FlowSheet) -> Diagnostic {
    let export = exports.iter().zip(names).find(|(_, name)| **name == gone.name).map(|(export, _)| export);
    let place =
        export.map_or_else(|| crate::diagnose::Place::file(&*gone.name), |export| export.definition.place.clone());
    Diagnostic::warning(place, format!("the flow {} calls nothing that the contracts have: it is left out", gone.name))
}

/// A name of its own for each flow.
fn names(exports: &[Export]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    exports
        .iter()
        .map(|export| {
            let usual = plain(&export.name);
            let numbered = (2..).map(|number| format!("{usual}-{number}"));
            let name = std::iter::once(usual.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
            name.unwrap_or(usual)
        })
        .collect()
}

/// A name of small letters, digits and hyphens.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut small = false;
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            small = false;
            plain.push('-');
            continue;
        }
        if c.is_ascii_uppercase() && small {
            plain.push('-');
        }
        small = c.is_ascii_lowercase() || c.is_ascii_digit();
        plain.push(c.to_ascii_lowercase());
    }
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "flow".to_owned() } else { words.join("-") }
}

fn flow(
    export: &Export,
    name: &str,
    is_child: bool,
    children: &BTreeMap<String, String>,
    contracts: &[Contract],
) -> FlowSheet {
    let definition = &export.definition;
    let mut reader = Reader::new(known::known(definition), contracts, children);
    let actions = reader.definition(definition);
    let (start, start_remarks) = trigger::start(definition, is_child, &reader.known);
    let mut lines = Vec::new();
    if !is_child {
        let asked = format!("how many copies of {} run in the environments that share the service?", export.name);
        lines.push(("clones: 1".to_owned(), vec![Remark::question(&definition.place, asked)]));
    }
    lines.extend(trigger::concurrency(definition, &reader.known).filter(|_| !is_child));
    lines.extend(reader.births.line(&definition.place));
    lines.push(retry::of_flow(&definition.place, reader.has_default_retry));
    let mut remarks = vec![Remark::note(format!("From {}, flow {}.", export.file, export.name))];
    remarks.extend(reader.remarks());
    FlowSheet { name: name.to_owned(), guid: export.guid.clone(), remarks, start, start_remarks, lines, actions }
}

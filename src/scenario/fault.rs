//! One of a scenario's `faults`.

use crate::diagnose::{Diagnostic, Diagnostics, Node, Value, closest};
use crate::wire::{FaultPlan, FieldFault};

/// Reads one of `faults`: the fields that `--fault` has.
pub(super) fn fault_plan(node: &Node, diagnostics: &mut Diagnostics) -> Option<FaultPlan> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping", diagnostics);
        return None;
    };
    let mut fields = Vec::new();
    for (name, value) in entries {
        if !matches!(value.value, Value::String(_) | Value::Number(_)) {
            value.wrong_kind("text or a number", diagnostics);
        }
        fields.push((name.key_text(), value.key_text()));
    }
    let faults = match FaultPlan::read(&fields) {
        Ok(plan) => return Some(plan),
        Err(faults) => faults,
    };
    for fault in faults {
        let (name, value) = fault.at.map_or((node, node), |at| (&entries[at].0, &entries[at].1));
        diagnostics.push(told(&fault, if fault.is_name { name } else { value }));
    }
    None
}

fn told(fault: &FieldFault, node: &Node) -> Diagnostic {
    let mut told = Diagnostic::error(node.place.clone(), fault.what.clone()).expected(fault.expected.clone());
    let word = node.key_text();
    if !word.is_empty() {
        told = told.actual(format!("`{word}`"));
    }
    match closest(&word, fault.choices.iter().copied()) {
        Some(near) => told.hint(format!("did you mean `{near}`?")),
        None => told,
    }
}

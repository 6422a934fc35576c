//! Numbers with labels, as choices, states and reasons have them.

use std::collections::BTreeMap;

use super::column::Options;
use super::fields::number;
use crate::diagnose::{Diagnostics, Fields, Node, Value};

/// Reasons with their states: `1: { label: Active, state: 0 }`. Gives the labels,
/// and to which state each belongs.
pub(super) fn reasons(node: &Node, diagnostics: &mut Diagnostics) -> Option<(Options, BTreeMap<i64, i64>)> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from numbers to `{ label: …, state: … }`", diagnostics);
        return None;
    };
    let (mut options, mut states) = (BTreeMap::new(), BTreeMap::new());
    for (key, node) in entries {
        let mut fields = Fields::of(node, diagnostics);
        let label = fields.required_str("label").unwrap_or_default().to_owned();
        let state = number(&mut fields, "state").unwrap_or(0.0) as i64;
        fields.finish();
        match whole(key) {
            Some(reason) => {
                options.insert(reason, label);
                states.insert(reason, state);
            }
            None => key.wrong_kind("a whole number", diagnostics),
        }
    }
    Some((options, states))
}

fn whole(node: &Node) -> Option<i64> {
    match &node.value {
        Value::Number(number) => number.as_i64(),
        _ => None,
    }
}

/// Numbers with labels.
pub(super) fn numbered(node: &Node, diagnostics: &mut Diagnostics) -> Option<Options> {
    let Some(entries) = node.as_mapping() else {
        node.wrong_kind("a mapping from numbers to labels", diagnostics);
        return None;
    };
    let mut options = BTreeMap::new();
    for (key, label) in entries {
        match (whole(key), label.as_str()) {
            (Some(number), Some(label)) => {
                options.insert(number, label.to_owned());
            }
            _ => key.wrong_kind("a whole number with its label", diagnostics),
        }
    }
    Some(options)
}

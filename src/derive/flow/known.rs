//! What is known of a definition before it runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnose::Node;
use crate::flow::expression::{Known, Template};

/// How often definitions are gone through for variables that follow from others.
const ROUNDS: usize = 8;

/// Parameters with values, variables that are set once, outputs of `Compose`.
pub(super) fn known(definition: &Node) -> Known {
    let mut known = Known::default();
    known.parameters = parameters(definition);
    let actions = all_actions(definition);
    let changed = changed(&actions);
    for _ in 0..ROUNDS {
        let before = known.variables.len() + known.outputs.len();
        for (key, action) in &actions {
            match text(action, "type") {
                Some("InitializeVariable") => initialised(action, &changed, &mut known),
                Some("Compose") => {
                    if let Some(value) = action.get("inputs").and_then(|node| whole(node, &known)) {
                        known.outputs.insert(key.clone(), value);
                    }
                }
                _ => {}
            }
        }
        if known.variables.len() + known.outputs.len() == before {
            break;
        }
    }
    known
}

/// Variables that are set again.
fn changed<'n>(actions: &[(String, &'n Node)]) -> BTreeSet<&'n str> {
    const KINDS: [&str; 5] =
        ["SetVariable", "IncrementVariable", "DecrementVariable", "AppendToArrayVariable", "AppendToStringVariable"];
    let sets = actions.iter().filter(|(_, action)| text(action, "type").is_some_and(|kind| KINDS.contains(&kind)));
    sets.filter_map(|(_, action)| action.pointer("/inputs/name")?.as_str()).collect()
}

fn initialised(action: &Node, changed: &BTreeSet<&str>, known: &mut Known) {
    let variables = action.pointer("/inputs/variables").and_then(Node::as_sequence).unwrap_or_default();
    for variable in variables {
        let Some(name) = text(variable, "name").filter(|name| !changed.contains(name)) else { continue };
        if let Some(value) = variable.get("value").and_then(|node| whole(node, known)) {
            known.variables.insert(name.to_owned(), value);
        }
    }
}

fn parameters(definition: &Node) -> BTreeMap<String, Value> {
    let entries = definition.get("parameters").and_then(Node::as_mapping).unwrap_or_default();
    let valued = entries.iter().filter_map(|(name, parameter)| {
        let secret = text(parameter, "type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("secure"));
        let value = parameter.get("defaultValue").filter(|_| !secret)?;
        let name = name.key_text();
        (!name.starts_with('$')).then(|| (name, value.to_json()))
    });
    valued.collect()
}

/// A value with all its expressions evaluated; `None` where one is not known.
fn whole(node: &Node, known: &Known) -> Option<Value> {
    let body = super::body::evaluated(node, known);
    body.unknown.is_empty().then_some(body.value)
}

/// A text under a key.
pub(super) fn text<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    node.get(key)?.as_str()
}

/// The value of a node that may be an expression.
pub(super) fn value(node: &Node, known: &Known) -> Option<Value> {
    match node.as_str() {
        Some(text) => Template::parse(text).ok().and_then(|template| known.value(&template).ok().flatten()),
        None => Some(node.to_json()),
    }
}

/// The lists of actions within an action or a definition.
pub(super) fn inner_lists(node: &Node) -> Vec<&Node> {
    let plain = ["/actions", "/else/actions", "/default/actions"].into_iter().filter_map(|at| node.pointer(at));
    let cases = node.get("cases").and_then(Node::as_mapping).unwrap_or_default();
    plain.chain(cases.iter().filter_map(|(_, case)| case.get("actions"))).collect()
}

/// All actions of a definition, in the order of the file, by their keys.
fn all_actions(node: &Node) -> Vec<(String, &Node)> {
    let mut found = Vec::new();
    for (key, action) in inner_lists(node).into_iter().filter_map(Node::as_mapping).flatten() {
        found.push((key.key_text(), action));
        found.extend(all_actions(action));
    }
    found
}

/// The GUIDs of the flows that a definition runs, in lower case.
pub(super) fn children(definition: &Node) -> Vec<String> {
    all_actions(definition).into_iter().filter_map(|(_, action)| child(action)).collect()
}

/// The GUID of the flow that an action runs.
pub(super) fn child(action: &Node) -> Option<String> {
    let is_workflow = text(action, "type").is_some_and(|kind| kind == "Workflow");
    let guid = action.pointer("/inputs/host/workflowReferenceName").filter(|_| is_workflow)?;
    Some(guid.as_str()?.to_ascii_lowercase())
}

/// Variables and outputs of `Compose` that are texts, with what they are made
/// from.
pub(super) fn texts(definition: &Node) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (key, action) in all_actions(definition) {
        match text(action, "type") {
            Some("Compose") => found.extend(text(action, "inputs").map(|inputs| (key, inputs.to_owned()))),
            Some("InitializeVariable") => {
                let variables = action.pointer("/inputs/variables").and_then(Node::as_sequence).unwrap_or_default();
                let one =
                    |variable: &Node| Some((text(variable, "name")?.to_owned(), text(variable, "value")?.to_owned()));
                found.extend(variables.iter().filter_map(one));
            }
            _ => {}
        }
    }
    found
}

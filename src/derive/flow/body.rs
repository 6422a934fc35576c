//! What an action sends, as far as it is known, beside the contract's schema.

use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value};

use super::super::sheet::Remark;
use crate::contract::Contract;
use crate::contract::openapi::Operation;
use crate::diagnose::Node;
use crate::flow::expression::{Known, Template};

/// How many differences are told of one body.
const MAX_TOLD: usize = 6;

/// A value of which some places are known to the run only.
pub(super) struct Evaluated {
    /// The value, null at those places.
    pub(super) value: Value,
    /// The places, as JSON Pointers.
    pub(super) unknown: Vec<String>,
}

/// A value out of a definition with its expressions evaluated.
pub(super) fn evaluated(node: &Node, known: &Known) -> Evaluated {
    let mut unknown = Vec::new();
    let value = value(node, known, "", &mut unknown);
    // A body is often written as one text.
    let inner = value.as_str().filter(|text| text.trim_start().starts_with(['{', '[']));
    let value = inner.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(value);
    Evaluated { value, unknown }
}

fn value(node: &Node, known: &Known, at: &str, unknown: &mut Vec<String>) -> Value {
    if let Some(items) = node.as_sequence() {
        let items = items.iter().enumerate();
        return items.map(|(index, item)| value(item, known, &format!("{at}/{index}"), unknown)).collect();
    }
    if let Some(entries) = node.as_mapping() {
        let members = entries.iter().map(|(key, member)| {
            let key = key.key_text();
            let token = key.replace('~', "~0").replace('/', "~1");
            (key, value(member, known, &format!("{at}/{token}"), unknown))
        });
        return Value::Object(members.collect::<Map<_, _>>());
    }
    let Some(text) = node.as_str() else { return node.to_json() };
    let known = Template::parse(text).ok().and_then(|template| known.value(&template).ok().flatten());
    known.unwrap_or_else(|| {
        unknown.push(at.to_owned());
        Value::Null
    })
}

/// How many elements the outermost list of a body has, where that is known.
pub(super) fn elements(body: &Evaluated) -> Option<usize> {
    let mut level = vec![(String::new(), &body.value)];
    while !level.is_empty() {
        let is_known = |at: &String| !body.unknown.contains(at);
        if let Some((_, Value::Array(items))) = level.iter().find(|(at, value)| value.is_array() && is_known(at)) {
            return Some(items.len());
        }
        let members = level.iter().filter_map(|(at, value)| Some((at, value.as_object()?)));
        level = members
            .flat_map(|(at, members)| members.iter().map(move |(key, value)| (format!("{at}/{key}"), value)))
            .collect();
    }
    None
}

/// What the contract holds against a body, whatever the run puts into it.
pub(super) fn differences(
    body: Option<(&Node, &Evaluated)>,
    contract: &Contract,
    operation: &Operation,
) -> Vec<Remark> {
    let Some((node, body)) = body else {
        let required = operation.request.as_ref().is_some_and(|request| request.required);
        let told = format!("{} demands a body, and the action has none", contract.id);
        return required.then(|| Remark::finding(&operation.place, told)).into_iter().collect();
    };
    let media = operation.request.iter().flat_map(|request| &request.content).find(|media| media.is_json());
    let Some(schema) = media.and_then(|media| media.schema.as_ref()) else { return Vec::new() };
    let Ok(validator) = contract.openapi.request_validator(schema) else { return Vec::new() };
    let mut told = Vec::new();
    for error in validator.iter_errors(&body.value) {
        let at = error.instance_path().to_string();
        if !holds(&at, error.kind(), &body.unknown) {
            continue;
        }
        let shown = if at.is_empty() { "the body".to_owned() } else { format!("`{at}` of the body") };
        let place = node.pointer(&at).unwrap_or(node).place.clone();
        // Values may be somebody's data: the place is told, not the value.
        let what = error.masked().to_string();
        told.push(Remark::finding(&place, format!("{shown} breaks the schema of {}: {what}", contract.id)));
        if told.len() == MAX_TOLD {
            break;
        }
    }
    told
}

/// Whether a difference is there whatever the run puts into the unknown places.
fn holds(at: &str, kind: &ValidationErrorKind, unknown: &[String]) -> bool {
    let below =
        |outer: &str, inner: &str| inner == outer || inner.strip_prefix(outer).is_some_and(|r| r.starts_with('/'));
    if unknown.iter().any(|unknown| below(unknown, at)) {
        return false;
    }
    let of_names =
        matches!(kind, ValidationErrorKind::Required { .. } | ValidationErrorKind::AdditionalProperties { .. });
    of_names || !unknown.iter().any(|unknown| below(at, unknown))
}

//! Values of a file by their kinds; a value of another kind is a fault with its
//! place.

use std::sync::Arc;

use uuid::Uuid;

use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node, Value, closest};

/// A GUID that must be there.
pub(super) fn guid(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Uuid> {
    let node = fields.required(key)?;
    let found = node.as_str().and_then(|text| Uuid::parse_str(text).ok());
    if found.is_none() {
        node.wrong_kind("a GUID", fields.diagnostics());
    }
    found
}

pub(super) fn number(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<f64> {
    let node = fields.optional(key)?;
    if let Value::Number(number) = &node.value {
        return number.as_f64();
    }
    node.wrong_kind("a number", fields.diagnostics());
    None
}

pub(super) fn flag(fields: &mut Fields<'_, '_>, key: &'static str, default: bool) -> bool {
    match fields.optional(key) {
        None => default,
        Some(Node { value: Value::Bool(found), .. }) => *found,
        Some(node) => {
            node.wrong_kind("true or false", fields.diagnostics());
            default
        }
    }
}

pub(super) fn text(fields: &mut Fields<'_, '_>, key: &'static str) -> Option<Arc<str>> {
    fields.optional_str(key).map(Into::into)
}

/// One of several words, as what it means; another is a fault.
pub(super) fn one_of<'a>(
    fields: &mut Fields<'_, '_>,
    key: &'static str,
    words: &[(&'static str, &'a str)],
) -> Option<&'a str> {
    let node = fields.optional(key)?;
    let Some(found) = node.as_str() else {
        node.wrong_kind("text", fields.diagnostics());
        return None;
    };
    if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == found) {
        return Some(meaning);
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let mut fault = Diagnostic::error(node.place.clone(), format!("unknown {key} `{found}`"))
        .expected(format!("one of {}", known.join(", ")));
    if let Some(near) = closest(found, known) {
        fault = fault.hint(format!("did you mean `{near}`?"));
    }
    fields.diagnostics().push(fault);
    None
}

/// The name of a column, a key or a relationship: what a URL can say without
/// quotes.
pub(super) fn name_of(key: &Node, diagnostics: &mut Diagnostics) -> Option<String> {
    let name = key.key_text();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.is_empty() && name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(name);
    }
    let fault = Diagnostic::error(key.place.clone(), format!("`{name}` is no name"))
        .expected("letters, digits and underscores, not beginning with a digit");
    diagnostics.push(fault);
    None
}

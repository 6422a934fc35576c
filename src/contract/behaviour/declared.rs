//! The declared failure types, and the places that name one.

use super::amount::{count, read};
use super::word::{list, unknown_word, word};
use super::{ErrorShape, ErrorType, Retry, TypeName};
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};
use crate::wire::Tier;

const RETRIES: [(&str, Retry); 3] = [("policy", Retry::Policy), ("later", Retry::Later), ("never", Retry::Never)];

/// What a file declares under `errors.types`, for those who name a type.
pub(super) struct Declared {
    types: Vec<ErrorType>,
    /// Names that stand there, also those whose declaration is faulty.
    names: Vec<String>,
}

/// Reads `errors`.
pub(super) fn errors(node: Option<&Node>, faults: &mut Diagnostics) -> (Option<ErrorShape>, Declared) {
    let mut declared = Declared { types: Vec::new(), names: Vec::new() };
    let Some(node) = node else {
        return (None, declared);
    };
    let mut fields = Fields::of(node, faults);
    let shape = fields.optional("shape");
    let types = fields.required("types");
    fields.finish();
    let shape = shape.and_then(|node| word(node, &[("problem+json", ErrorShape::ProblemJson)], faults));
    let Some(types) = types else {
        return (shape, declared);
    };
    if types.as_mapping().is_none() {
        types.wrong_kind("a mapping of failure types", faults);
    }
    for (key, value) in types.as_mapping().unwrap_or_default() {
        let name = key.key_text();
        if declared.names.contains(&name) {
            faults.push(Diagnostic::error(key.place.clone(), format!("the type `{name}` is declared twice")));
        }
        declared.names.push(name.clone());
        let named = name_of(key, &name, faults);
        if let (Some(name), Some(declaration)) = (named, declaration(&name, value, faults)) {
            declared.types.push(ErrorType { name, ..declaration });
        }
    }
    (shape, declared)
}

fn name_of(key: &Node, name: &str, faults: &mut Diagnostics) -> Option<TypeName> {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    read(key, plain.then(|| TypeName::new(name)), "a name of small letters, digits and `_`", faults)
}

fn declaration(name: &str, node: &Node, faults: &mut Diagnostics) -> Option<ErrorType> {
    let mut fields = Fields::of(node, faults);
    let status = fields.required("status");
    let tier = fields.optional("tier");
    let retry = fields.required("retry");
    let retry_after = fields.optional("retry_after");
    fields.finish();
    let tiers = [("gateway", Tier::Gateway), ("service", Tier::Service)];
    let tier = tier.map(|node| word(node, &tiers, faults));
    let retry = retry.and_then(|node| word(node, &RETRIES, faults));
    let retry_after = match retry_after {
        Some(node) => word(node, &[("required", true), ("optional", false)], faults)?,
        None => false,
    };
    let status = status.and_then(|node| {
        let status = count(node, 0, faults)?;
        let status = u16::try_from(status).ok().filter(|s| (400..=599).contains(s));
        read(node, status, "a status from 400 to 599", faults)
    });
    let tier = match tier {
        Some(tier) => Some(tier?),
        None => None,
    };
    Some(ErrorType { name: TypeName::new(name), status: status?, tier, retry: retry?, retry_after })
}

impl Declared {
    /// The types in the order of the file.
    pub(super) fn into_types(self) -> Vec<ErrorType> {
        self.types
    }

    /// A type that must be declared.
    pub(super) fn named(&self, node: &Node, faults: &mut Diagnostics) -> Option<TypeName> {
        self.word_or_type(node, &[], faults, |name| name)
    }

    /// One of a few words, or a type that must be declared.
    pub(super) fn word_or_type<T: Clone>(
        &self,
        node: &Node,
        words: &[(&str, T)],
        faults: &mut Diagnostics,
        make: impl FnOnce(TypeName) -> T,
    ) -> Option<T> {
        let text = node.as_str().unwrap_or_default();
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == text) {
            return Some(meaning.clone());
        }
        if self.names.iter().any(|name| name == text) {
            return Some(make(TypeName::new(text)));
        }
        let known: Vec<&str> = words.iter().map(|(w, _)| *w).chain(self.names.iter().map(String::as_str)).collect();
        let what = match node.as_str() {
            Some(text) => format!("the failure type `{text}` is not declared under `errors.types`"),
            None => "this is no failure type".to_owned(),
        };
        unknown_word(node, &what, &known, faults);
        None
    }

    /// `not_remembered`: types by name, or all that one kind of retry marks.
    pub(super) fn not_remembered(&self, node: &Node, faults: &mut Diagnostics) -> Option<Vec<TypeName>> {
        let found = list(node, faults, |item, faults| {
            let by_retry = RETRIES.iter().find(|(word, _)| item.as_str() == Some(word));
            if let Some((_, retry)) = by_retry {
                return Some(self.types.iter().filter(|t| t.retry == *retry).map(|t| t.name.clone()).collect());
            }
            let words = [("policy", Vec::new()), ("later", Vec::new()), ("never", Vec::new())];
            self.word_or_type(item, &words, faults, |name| vec![name])
        })?;
        let mut types: Vec<TypeName> = Vec::new();
        for name in found.into_iter().flatten() {
            if !types.contains(&name) {
                types.push(name);
            }
        }
        Some(types)
    }
}

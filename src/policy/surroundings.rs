//! What documents may name and don't contain: named values and backends.

use std::collections::{BTreeMap, BTreeSet};

use super::element::{Child, Element, Text};
use super::mapped::Mapped;
use crate::diagnose::{Diagnostic, Diagnostics, closest};

/// What happens where something is not emulated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnUnsupported {
    /// It is an error: the documents can't be used.
    #[default]
    Fail,
    /// It is a warning, and the policy that it belongs to does nothing; one
    /// that is there to refuse calls refuses all that reach it.
    Warn,
}

/// What documents may name and don't contain.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Values of `{{name}}`.
    pub named_values: BTreeMap<String, String>,
    /// Named values whose values are not known: secrets that a folder leaves
    /// out.
    pub secrets: BTreeSet<String>,
    /// What `backend-id` may say.
    pub backends: BTreeSet<String>,
    /// JSON Schemas by the id that `validate-content` names.
    pub schemas: BTreeMap<String, serde_json::Value>,
    /// What happens where something is not emulated.
    pub on_unsupported: OnUnsupported,
    /// URLs that lead somewhere; `None`: nobody knows yet, and none is named.
    pub mapped: Option<Mapped>,
}

impl Surroundings {
    /// What the embedded stack supplies, with values that mean nothing: for
    /// lint.
    pub fn of_the_stack() -> Self {
        let value = |name: &str| (name.to_owned(), format!("http://127.0.0.1/{name}"));
        Self {
            secrets: BTreeSet::new(),
            named_values: ["issuer", "tenant", "gateway-key", "managed-identity-secret"].map(value).into(),
            backends: ["service", "dataverse"].map(str::to_owned).into(),
            schemas: BTreeMap::new(),
            on_unsupported: OnUnsupported::Fail,
            mapped: None,
        }
    }

    /// Takes over what an instance says of itself, which stands before what
    /// anybody else says.
    pub(super) fn over(mut self, other: Self) -> Self {
        self.named_values.extend(other.named_values);
        self.secrets.extend(other.secrets);
        self.secrets.retain(|name| !self.named_values.contains_key(name));
        self.backends.extend(other.backends);
        self
    }

    /// Takes over the backends that a document names.
    pub(super) fn take_backends_of(&mut self, element: &Element) {
        for inner in element.elements() {
            if let Some(id) = inner.attribute("backend-id").filter(|id| !id.value.is_expression()) {
                self.backends.insert(id.value.text.clone());
            }
            self.take_backends_of(inner);
        }
    }

    /// Puts values in place of `{{name}}` in every attribute and text. A value
    /// that holds such a reference itself is not replaced again.
    pub(super) fn fill(&self, element: &mut Element, diagnostics: &mut Diagnostics) {
        for attribute in &mut element.attributes {
            self.fill_text(&mut attribute.value, Some(&mut *diagnostics));
        }
        // In a Liquid template names that are no named values are the
        // template's own.
        let is_liquid = element.attribute("template").is_some_and(|t| t.value.text.eq_ignore_ascii_case("liquid"));
        for child in &mut element.children {
            match child {
                Child::Element(element) => self.fill(element, diagnostics),
                Child::Text(text) if is_liquid => self.fill_text(text, None),
                Child::Text(text) => self.fill_text(text, Some(&mut *diagnostics)),
            }
        }
    }

    fn fill_text(&self, text: &mut Text, mut diagnostics: Option<&mut Diagnostics>) {
        let mut filled = String::new();
        let mut rest = text.text.as_str();
        while let Some(begin) = rest.find("{{") {
            let (before, inner) = (&rest[..begin], &rest[begin + 2..]);
            let name = inner.find("}}").map(|end| &inner[..end]);
            let is_name = |n: &&str| !n.is_empty() && n.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
            filled.push_str(before);
            let Some(name) = name.filter(is_name) else {
                filled.push_str("{{");
                rest = inner;
                continue;
            };
            if let Some(value) = self.named_values.get(name) {
                filled.push_str(value);
            } else if let Some(diagnostics) = &mut diagnostics {
                diagnostics.push(self.unknown(name, text));
            } else {
                filled.push_str(&rest[begin..begin + name.len() + 4]);
            }
            rest = &inner[name.len() + 2..];
        }
        if !filled.is_empty() || rest.len() < text.text.len() {
            filled.push_str(rest);
            text.text = filled;
        }
    }

    fn unknown(&self, name: &str, text: &Text) -> Diagnostic {
        if self.secrets.contains(name) {
            let what = format!("named value `{{{{{name}}}}}` is a secret, and its value is not there");
            return Diagnostic::error(text.place.clone(), what)
                .expected(format!("`{name}: VALUE` in a file of named values"))
                .hint("name the file with `--named-values FILE`");
        }
        let known = self.named_values.keys().map(String::as_str).collect::<Vec<_>>();
        let fault = Diagnostic::error(text.place.clone(), format!("named value `{{{{{name}}}}}` is not defined"))
            .expected(match known.as_slice() {
                [] => format!("`{name}: VALUE` in a file of named values"),
                known => format!("one of {}", known.join(", ")),
            });
        match closest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault.hint("what the folder lacks is given with `--named-values FILE`"),
        }
    }
}

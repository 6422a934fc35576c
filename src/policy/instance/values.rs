//! The file of named values that a folder leaves out: secrets.

use std::collections::BTreeMap;
use std::path::Path;

use super::json;
use super::model::{Instance, Key, NamedValue};
use crate::diagnose::{Diagnostic, Diagnostics, Node, Place, Value, closest};

/// Values by name, each with its place.
type Values = BTreeMap<String, (String, Place)>;

/// Reads a file of `NAME: VALUE`.
///
/// # Errors
/// The file can't be read, is no mapping, or holds a value that is no text,
/// number or truth value; all faults with their places.
pub fn read_values(path: &Path) -> Result<Values, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut values = Values::new();
    if let Some(node) = json::read(path, &mut diagnostics) {
        let Some(entries) = node.as_mapping() else {
            node.wrong_kind("a mapping `NAME: VALUE`", &mut diagnostics);
            return Err(diagnostics);
        };
        for (key, value) in entries {
            read_value(&mut values, key, value, &mut diagnostics);
        }
    }
    if diagnostics.has_errors() { Err(diagnostics) } else { Ok(values) }
}

fn read_value(values: &mut Values, key: &Node, value: &Node, diagnostics: &mut Diagnostics) {
    let name = key.key_text();
    let text = match &value.value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.key_text(),
        _ => {
            let fault = Diagnostic::error(value.place.clone(), format!("the value of `{name}` is no text"));
            diagnostics.push(fault.expected("text").actual(value.kind()).hint("write it in quotes"));
            return;
        }
    };
    if values.insert(name.clone(), (text, value.place.clone())).is_some() {
        diagnostics.push(Diagnostic::error(key.place.clone(), format!("named value `{name}` stands twice")));
    }
}

impl Instance {
    /// Gives a subscription a key: `ID` or `ID/primary`, `ID/secondary`.
    fn give_key(&mut self, of: &str, key: &str, place: &Place, diagnostics: &mut Diagnostics) {
        let (id, which) = of.split_once('/').unwrap_or((of, "primary"));
        match (self.subscriptions.iter_mut().find(|s| s.id == id), which) {
            (Some(subscription), "primary") => subscription.primary_key = Key::new(key),
            (Some(subscription), "secondary") => subscription.secondary_key = Key::new(key),
            (Some(_), other) => {
                let fault = Diagnostic::error(place.clone(), format!("a subscription has no key `{other}`"));
                diagnostics.push(fault.expected("`primary` or `secondary`"));
            }
            (None, _) => {
                let fault = Diagnostic::warning(place.clone(), format!("the folder has no subscription `{id}`"));
                diagnostics.push(fault);
            }
        }
    }

    /// Gives named values their values, and subscriptions their keys, under
    /// `subscriptions/ID` and `subscriptions/ID/secondary`. Where the folder describes its named
    /// values, a name that is none of them is probably a typing error: a
    /// warning.
    pub fn give(&mut self, values: &Values, diagnostics: &mut Diagnostics) {
        let described: Vec<String> = self.named_values.keys().cloned().collect();
        for (name, (value, place)) in values {
            if let Some(of) = name.strip_prefix("subscriptions/") {
                self.give_key(of, value, place, diagnostics);
                continue;
            }
            if let Some(known) = self.named_values.get_mut(name) {
                known.value = Some(value.clone());
                continue;
            }
            if !described.is_empty() {
                let what = format!("no named value of the folder has the name `{name}`");
                let warning = Diagnostic::warning(place.clone(), what);
                diagnostics.push(match closest(name, described.iter().map(String::as_str)) {
                    Some(near) => warning.hint(format!("did you mean `{near}`?")),
                    None => warning,
                });
            }
            let value = NamedValue { value: Some(value.clone()), secret: true, place: place.clone() };
            self.named_values.insert(name.clone(), value);
        }
    }
}

//! Every schema of a document, one after the other.

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::Value;

use super::bundle::BUNDLED;
use super::cursor::local_pointer;

/// Keywords whose value is a mapping of names to schemas.
pub(super) const NAMED: [&str; 5] = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

/// Keywords whose value is a list of schemas.
pub(super) const LISTED: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];

/// Keywords whose value is one schema.
pub(super) const SINGLE: [&str; 11] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// What is done to each schema.
pub(super) trait Visit {
    /// Before its parts are visited; says whether they are.
    fn before(&mut self, schema: &mut Value, at: &str) -> bool;

    /// After its parts were visited.
    fn after(&mut self, _schema: &mut Value, _at: &str) {}
}

/// Visits every schema of a document once, by its JSON Pointer: those that
/// stand where OpenAPI has schemas, and those that they refer to.
pub(super) fn each_schema(document: &mut Value, visit: &mut dyn Visit) {
    let mut walk = Walk { visit, at: String::new(), seen: HashSet::new(), referred: Vec::new() };
    walk.document(document);
    // A file that was bundled may be a schema through and through: what
    // schemas refer to is one.
    while let Some(pointer) = walk.referred.pop() {
        if !walk.seen.contains(&pointer)
            && let Some(target) = document.pointer_mut(&pointer)
        {
            walk.at = pointer;
            walk.schema(target);
        }
    }
}

struct Walk<'v> {
    visit: &'v mut dyn Visit,
    at: String,
    seen: HashSet<String>,
    referred: Vec<String>,
}

impl Walk<'_> {
    fn below(&mut self, token: &str, value: &mut Value, act: fn(&mut Self, &mut Value)) {
        let length = self.at.len();
        self.at.push('/');
        if token.contains(['~', '/']) {
            self.at.push_str(&token.replace('~', "~0").replace('/', "~1"));
        } else {
            self.at.push_str(token);
        }
        act(self, value);
        self.at.truncate(length);
    }

    fn document(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let length = self.at.len();
                    let _ = write!(self.at, "/{index}");
                    self.document(item);
                    self.at.truncate(length);
                }
            }
            Value::Object(members) => {
                for (key, member) in members {
                    match key.as_str() {
                        "schema" => self.below(key, member, Self::schema),
                        "schemas" => self.below(key, member, Self::each),
                        "example" | "examples" => {}
                        extension if extension.starts_with("x-") && extension != BUNDLED => {}
                        _ => self.below(key, member, Self::document),
                    }
                }
            }
            _ => {}
        }
    }

    fn each(&mut self, schemas: &mut Value) {
        match schemas {
            Value::Object(members) => {
                for (name, member) in members {
                    self.below(name, member, Self::schema);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.below(&index.to_string(), item, Self::schema);
                }
            }
            _ => {}
        }
    }

    fn schema(&mut self, value: &mut Value) {
        if !value.is_object() || !self.seen.insert(self.at.clone()) {
            return;
        }
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            self.referred.extend(local_pointer(reference));
        }
        let at = self.at.clone();
        if self.visit.before(value, &at)
            && let Value::Object(members) = value
        {
            for (key, member) in members.iter_mut() {
                match key.as_str() {
                    name if SINGLE.contains(&name) => self.below(name, member, Self::schema),
                    name if NAMED.contains(&name) || LISTED.contains(&name) => self.below(name, member, Self::each),
                    _ => {}
                }
            }
        }
        self.visit.after(value, &at);
    }
}

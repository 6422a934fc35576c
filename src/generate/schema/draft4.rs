//! Schemas of draft 4 in the words of 2020-12.
//!
//! JSON Schema draft 4 (Core and Validation, 2013): `id`, boolean
//! `exclusiveMinimum` and `exclusiveMaximum`, `items` as a list with
//! `additionalItems`, `dependencies`; `$ref` hides what stands beside it.

use std::error::Error;

use jsonschema::{Retrieve, Uri};
use serde_json::{Map, Value};

/// The words that a schema uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaDraft {
    /// Draft 2020-12.
    Draft202012,
    /// Draft 4.
    Draft4,
}

/// The URI of the draft's own schema.
const OWN_SCHEMA: &str = "http://json-schema.org/draft-04/schema";

/// Where its translation is kept: under its own URI the untranslated one is
/// known.
const KEPT_SCHEMA: &str = "seamstress:///draft-04/schema";

/// The draft's own schema, translated.
fn own_schema() -> Result<Value, Box<dyn Error + Send + Sync>> {
    let base = referencing::uri::from_str(OWN_SCHEMA)?;
    let resolver = referencing::SPECIFICATIONS.resolver(base);
    let mut schema = modern(resolver.lookup("#")?.contents());
    if let Value::Object(members) = &mut schema {
        members.remove("$id");
    }
    Ok(schema)
}

/// Retrieves documents, translated where they are old.
pub(super) struct Modern {
    pub(super) inner: Box<dyn Retrieve>,
    pub(super) old: bool,
}

impl Retrieve for Modern {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn Error + Send + Sync>> {
        if self.old && uri.as_str().trim_end_matches('#') == KEPT_SCHEMA {
            return own_schema();
        }
        let document = self.inner.retrieve(uri)?;
        Ok(if self.old { modern(&document) } else { document })
    }
}

/// A schema of draft 4 in the words of 2020-12. Places stay where they are,
/// but for the items of a list.
pub(super) fn modern(schema: &Value) -> Value {
    let Value::Object(old) = schema else { return schema.clone() };
    let mut new = Map::new();
    if let Some(Value::String(reference)) = old.get("$ref") {
        new.insert("$ref".to_owned(), Value::from(to_items(reference)));
        if let Some(schemas) = old.get("definitions") {
            new.insert("definitions".to_owned(), each(schemas));
        }
        return Value::Object(new);
    }
    for (keyword, value) in old {
        translate(&mut new, old, (keyword, value));
    }
    Value::Object(new)
}

fn translate(new: &mut Map<String, Value>, old: &Map<String, Value>, (keyword, value): (&str, &Value)) {
    match keyword {
        "id" => {
            if let Some(id) = value.as_str() {
                identify(new, id);
            }
        }
        "$schema" => {}
        "definitions" | "properties" | "patternProperties" | "allOf" | "anyOf" | "oneOf" => {
            new.insert(keyword.to_owned(), each(value));
        }
        "not" | "additionalProperties" => {
            new.insert(keyword.to_owned(), modern(value));
        }
        "items" if value.is_array() => {
            new.insert("prefixItems".to_owned(), each(value));
        }
        "items" => {
            new.insert("items".to_owned(), modern(value));
        }
        "additionalItems" => {
            if old.get("items").is_some_and(Value::is_array) {
                new.insert("items".to_owned(), modern(value));
            }
        }
        "exclusiveMinimum" | "exclusiveMaximum" => {
            let bound = if keyword == "exclusiveMinimum" { "minimum" } else { "maximum" };
            if *value == Value::Bool(true)
                && let Some(limit) = old.get(bound)
            {
                new.insert(keyword.to_owned(), limit.clone());
            }
        }
        "minimum" | "maximum" => {
            let exclusive = if keyword == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
            if old.get(exclusive) != Some(&Value::Bool(true)) {
                new.insert(keyword.to_owned(), value.clone());
            }
        }
        "dependencies" => dependencies(new, value),
        _ => {
            new.insert(keyword.to_owned(), value.clone());
        }
    }
}

/// `id` may end in what is an `$anchor` today.
fn identify(new: &mut Map<String, Value>, id: &str) {
    let (base, anchor) = id.split_once('#').unwrap_or((id, ""));
    if !base.is_empty() {
        new.insert("$id".to_owned(), Value::from(base));
    }
    if !anchor.is_empty() && !anchor.starts_with('/') {
        new.insert("$anchor".to_owned(), Value::from(anchor));
    }
}

/// A reference with the place of the items of a list as it is now, and of the
/// draft's own schema as it is kept here.
fn to_items(reference: &str) -> String {
    let mut out = String::with_capacity(reference.len());
    let mut rest = reference;
    while let Some((before, after)) = rest.split_once("/items/") {
        let listed = after.starts_with(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if listed { "/prefixItems/" } else { "/items/" });
        rest = after;
    }
    out.push_str(rest);
    out.replace(OWN_SCHEMA, KEPT_SCHEMA)
}

fn dependencies(new: &mut Map<String, Value>, value: &Value) {
    let (mut names, mut schemas) = (Map::new(), Map::new());
    for (name, member) in value.as_object().into_iter().flatten() {
        if member.is_array() {
            names.insert(name.clone(), member.clone());
        } else {
            schemas.insert(name.clone(), modern(member));
        }
    }
    for (keyword, members) in [("dependentRequired", names), ("dependentSchemas", schemas)] {
        if !members.is_empty() {
            new.insert(keyword.to_owned(), Value::Object(members));
        }
    }
}

fn each(schemas: &Value) -> Value {
    match schemas {
        Value::Object(members) => Value::Object(members.iter().map(|(k, v)| (k.clone(), modern(v))).collect()),
        Value::Array(items) => Value::Array(items.iter().map(modern).collect()),
        other => other.clone(),
    }
}

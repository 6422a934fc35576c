//! From a schema to the schemas of what lies in its values.

use serde_json::Value;

use super::OpenApi;
use super::cursor::{MAX_HOPS, local_pointer};
use crate::diagnose::Place;

/// How deep applicators are looked through.
const MAX_DEPTH: usize = 32;

impl OpenApi {
    /// Where something stands, by JSON Pointer; the nearest parent that stands
    /// there, else the file.
    pub fn place(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(node) = self.source.pointer(pointer) {
                return node.place.clone();
            }
            match pointer.rfind('/') {
                Some(cut) => pointer = &pointer[..cut],
                None => return Place::file(self.file.clone()),
            }
        }
    }

    /// The value at a JSON Pointer, its `$ref`s followed as by
    /// [`OpenApi::resolve`], and the pointer of where they led.
    pub fn resolve_at(&self, pointer: &str) -> Option<(String, &Value)> {
        let mut pointer = pointer.to_owned();
        let mut value = self.document.pointer(&pointer)?;
        for _ in 0..MAX_HOPS {
            let target = value.get("$ref").and_then(Value::as_str).and_then(local_pointer);
            let Some((target, next)) = target.and_then(|t| self.document.pointer(&t).map(|next| (t, next))) else {
                break;
            };
            (pointer, value) = (target, next);
        }
        Some((pointer, value))
    }

    /// The schemas of the values that a path leads to from a value of
    /// `schema`: names of properties, indices, `*` for every element. Looks
    /// through `$ref`, `allOf`, `anyOf` and `oneOf`; empty where the schema
    /// knows nothing of such a place.
    pub fn schemas_at<'a>(&'a self, schema: &'a Value, path: &[String]) -> Vec<&'a Value> {
        path.iter().fold(self.alternatives(schema), |found, token| {
            let below = found.into_iter().flat_map(|schema| below(schema, token));
            below.flat_map(|schema| self.alternatives(schema)).collect()
        })
    }

    /// What every value of a schema keeps: the schema with its `$ref`s
    /// followed, and the parts of its `allOf`.
    pub(super) fn parts<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        self.composed(schema, &["allOf"])
    }

    /// The schema with its `$ref`s followed, and those it is composed of.
    fn alternatives<'a>(&'a self, schema: &'a Value) -> Vec<&'a Value> {
        self.composed(schema, &["allOf", "anyOf", "oneOf"])
    }

    fn composed<'a>(&'a self, schema: &'a Value, keywords: &[&str]) -> Vec<&'a Value> {
        let mut found: Vec<&Value> = Vec::new();
        let mut waiting = vec![(schema, 0)];
        while let Some((schema, depth)) = waiting.pop() {
            // What stands beside a `$ref` counts too.
            let beside = schema.get("$ref").is_some() && schema.as_object().is_some_and(|m| m.len() > 1);
            for schema in beside.then_some(schema).into_iter().chain([self.resolve(schema)]) {
                if found.iter().any(|known| std::ptr::eq::<Value>(*known, schema)) || depth > MAX_DEPTH {
                    continue;
                }
                found.push(schema);
                for keyword in keywords {
                    let parts = schema.get(*keyword).and_then(Value::as_array).into_iter().flatten();
                    waiting.extend(parts.map(|part| (part, depth + 1)));
                }
            }
        }
        found
    }
}

fn below<'a>(schema: &'a Value, token: &str) -> Vec<&'a Value> {
    let named = schema.get("properties").and_then(Value::as_object);
    let others = schema.get("additionalProperties").filter(|s| s.is_object());
    let prefix = schema.get("prefixItems").and_then(Value::as_array);
    let items = schema.get("items").filter(|s| s.is_object());
    if token == "*" {
        let named = named.into_iter().flat_map(|members| members.values());
        return items.into_iter().chain(prefix.into_iter().flatten()).chain(named).chain(others).collect();
    }
    if let Some(property) = named.and_then(|members| members.get(token)) {
        return vec![property];
    }
    let index = token.parse::<usize>().ok();
    let element = index.and_then(|index| prefix.and_then(|p| p.get(index)).or(items));
    element.or(others).into_iter().collect()
}

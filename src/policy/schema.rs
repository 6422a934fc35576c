//! JSON Schemas that `validate-content` judges bodies by: adjusted to what the
//! policy overrides, and compiled once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value as Json, json};

use crate::diagnose::{Diagnostic, Diagnostics, Place};

/// What a policy overrides of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Adjustment {
    /// Whether properties that the schema does not name are allowed, whatever
    /// it says itself.
    pub additional: Option<bool>,
    /// Whether names of properties are compared without case.
    pub ignore_case: bool,
}

impl Adjustment {
    /// Whether schemas stay as they are.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// A body as the adjusted schema expects it.
    pub fn body(self, body: Json) -> Json {
        if self.ignore_case { lowered(body) } else { body }
    }
}

/// Compiles a schema, or the part of it that a local reference (`#/…`) names.
///
/// # Errors
/// Why it is no JSON Schema, or what the reference misses.
pub fn compile_schema(root: &Json, part: Option<&str>, adjustment: Adjustment) -> Result<Arc<Validator>, String> {
    let mut root = root.clone();
    adjust(&mut root, adjustment);
    if let (Some(part), Json::Object(members)) = (part, &mut root) {
        if members.contains_key("openapi") {
            // A document is no schema: these names would be taken for keywords.
            members.retain(|key, _| !matches!(key.as_str(), "$id" | "$schema" | "id"));
        }
        members.insert("$ref".into(), json!(part));
    }
    let options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    options.build(&root).map(Arc::new).map_err(|fault| format!("it can't be compiled: {fault}"))
}

/// Changes every schema that describes an object.
fn adjust(schema: &mut Json, adjustment: Adjustment) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(|item| adjust(item, adjustment)),
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                if !matches!(name.as_str(), "example" | "examples" | "default" | "enum" | "const") {
                    adjust(member, adjustment);
                }
            }
            let describes = members.get("properties").is_some_and(Json::is_object)
                || members.get("type").is_some_and(|kind| kind == "object");
            if let (Some(allowed), true) = (adjustment.additional, describes) {
                members.insert("additionalProperties".into(), Json::Bool(allowed));
            }
            if adjustment.ignore_case && describes {
                lower_names(members);
            }
        }
        _ => {}
    }
}

fn lower_names(schema: &mut Map<String, Json>) {
    if let Some(Json::Object(properties)) = schema.get_mut("properties") {
        *properties = std::mem::take(properties).into_iter().map(|(name, s)| (name.to_lowercase(), s)).collect();
    }
    if let Some(Json::Array(required)) = schema.get_mut("required") {
        for name in required {
            *name = json!(name.as_str().unwrap_or_default().to_lowercase());
        }
    }
}

fn lowered(value: Json) -> Json {
    match value {
        Json::Object(members) => {
            members.into_iter().map(|(name, member)| (name.to_lowercase(), lowered(member))).collect()
        }
        Json::Array(items) => items.into_iter().map(lowered).collect(),
        other => other,
    }
}

/// The schemas of a folder, `schemas/NAME.json`, by name.
pub(super) fn load_schemas(dir: &Path, diagnostics: &mut Diagnostics) -> BTreeMap<String, Json> {
    let mut schemas = BTreeMap::new();
    let entries = fs::read_dir(dir.join("schemas")).into_iter().flatten().flatten().map(|e| e.path());
    let mut paths: Vec<_> = entries.filter(|p| p.extension().is_some_and(|e| e == "json")).collect();
    paths.sort();
    for path in paths {
        let text = fs::read_to_string(&path).map_err(|e| e.to_string());
        match text.and_then(|text| serde_json::from_str(&text).map_err(|e| e.to_string())) {
            Ok(schema) => {
                schemas.insert(path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), schema);
            }
            Err(fault) => {
                let place = Place::file(path.display().to_string());
                let what = format!("the schema can't be read: {fault}");
                diagnostics.push(Diagnostic::error(place, what).expected("a JSON Schema"));
            }
        }
    }
    schemas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Json {
        json!({
            "components": { "schemas": {
                "Outer": { "type": "object", "required": ["Inner"], "properties": {
                    "Inner": { "$ref": "#/components/schemas/Inner" } } },
                "Inner": { "type": "object", "properties": { "n": { "type": "integer" } }, "additionalProperties": false }
            } }
        })
    }

    fn holds(adjustment: Adjustment, body: Json) -> bool {
        let validator = compile_schema(&schema(), Some("#/components/schemas/Outer"), adjustment).expect("a schema");
        validator.is_valid(&adjustment.body(body))
    }

    #[test]
    fn a_part_of_a_document_is_judged_as_written() {
        let as_written = Adjustment::default();
        assert!(holds(as_written, json!({ "Inner": { "n": 1 }, "more": 1 })));
        assert!(!holds(as_written, json!({ "Inner": { "n": 1, "more": 1 } })));
        assert!(!holds(as_written, json!({ "inner": { "n": 1 } })));
        assert!(compile_schema(&schema(), Some("#/components/schemas/None"), as_written).is_err());
    }

    #[test]
    fn additional_properties_and_case_are_overridden_at_every_depth() {
        let open = Adjustment { additional: Some(true), ignore_case: false };
        assert!(holds(open, json!({ "Inner": { "n": 1, "more": 1 } })));
        let closed = Adjustment { additional: Some(false), ignore_case: false };
        assert!(!holds(closed, json!({ "Inner": { "n": 1 }, "more": 1 })));
        let any_case = Adjustment { additional: None, ignore_case: true };
        assert!(holds(any_case, json!({ "inner": { "N": 1 } })));
        assert!(!holds(any_case, json!({ "inner": { "N": "x" } })));
    }
}

//! `$ref` and `allOf` taken together into one schema without either.

use serde_json::{Map, Value, json};

use crate::contract::openapi::Dialect;
use crate::generate::CouldNotMake;

/// Finds what a `$ref` names: the pointer and the schema there.
pub(super) type Resolve<'d> = dyn Fn(&str) -> Option<(String, &'d Value)> + 'd;

/// A schema without `$ref` and `allOf`.
#[derive(Clone, Debug, Default)]
pub(super) struct Flat {
    /// Its keywords; `pattern`, `anyOf` and `oneOf` stand below.
    pub(super) keywords: Map<String, Value>,
    /// All patterns.
    pub(super) patterns: Vec<String>,
    /// All choices.
    pub(super) choices: Vec<(&'static str, Vec<Value>)>,
    /// Whether it is `false`: nothing keeps it.
    pub(super) never: bool,
}

/// Keywords that demand something and are understood.
const KNOWN: [&str; 22] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "minProperties",
    "maxProperties",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "format",
    "nullable",
];

/// Keywords that demand nothing.
const ANNOTATIONS: [&str; 22] = [
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "externalDocs",
    "xml",
    "discriminator",
    "contentMediaType",
    "contentEncoding",
    "contentSchema",
    "$comment",
    "$defs",
    "definitions",
    "$schema",
    "$id",
    "$anchor",
    "summary",
    "$vocabulary",
];

/// Whether a keyword demands nothing.
pub(super) fn is_annotation(keyword: &str) -> bool {
    keyword.starts_with("x-") || ANNOTATIONS.contains(&keyword)
}

/// Where a schema stands, and how to read it.
#[derive(Clone, Copy)]
pub(super) struct Reading<'r, 'd> {
    /// Finds references.
    pub(super) resolve: &'r Resolve<'d>,
    /// The document's dialect.
    pub(super) dialect: Dialect,
}

/// References followed in a row before a schema counts as endless.
const DEEPEST: usize = 32;

impl Reading<'_, '_> {
    /// Takes a schema's references and `allOf` together.
    pub(super) fn flatten(&self, schema: &Value, pointer: &str, depth: usize) -> Result<Flat, CouldNotMake> {
        if depth > DEEPEST {
            return Err(CouldNotMake::new(pointer, "it refers to itself without end"));
        }
        let Value::Object(map) = schema else {
            return Ok(Flat { never: *schema == Value::Bool(false), ..Flat::default() });
        };
        let mut flat = Flat::default();
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let (at, target) = (self.resolve)(reference)
                .ok_or_else(|| CouldNotMake::new(pointer, format!("`$ref: {reference}` leads nowhere")))?;
            let target = self.flatten(target, &at, depth + 1)?;
            if self.dialect == Dialect::OpenApi30 {
                return Ok(target);
            }
            flat = target;
        }
        flat = merge(flat, self.own(map, pointer)?, pointer)?;
        for (index, part) in map.get("allOf").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let part = self.flatten(part, &format!("{pointer}/allOf/{index}"), depth + 1)?;
            flat = merge(flat, part, pointer)?;
        }
        Ok(flat)
    }

    /// The keywords of one schema object alone.
    fn own(&self, map: &Map<String, Value>, pointer: &str) -> Result<Flat, CouldNotMake> {
        let mut flat = Flat::default();
        for (keyword, value) in map {
            match keyword.as_str() {
                "$ref" | "allOf" => {}
                "pattern" => flat.patterns.extend(value.as_str().map(str::to_owned)),
                "anyOf" => flat.choices.push(("anyOf", value.as_array().cloned().unwrap_or_default())),
                "oneOf" => flat.choices.push(("oneOf", value.as_array().cloned().unwrap_or_default())),
                name if KNOWN.contains(&name) || is_annotation(name) => {
                    flat.keywords.insert(name.to_owned(), value.clone());
                }
                name => {
                    return Err(CouldNotMake::new(pointer, format!("the keyword `{name}` is not understood")));
                }
            }
        }
        if self.dialect == Dialect::OpenApi30 {
            modernise(&mut flat.keywords);
        }
        if let Some(Value::String(name)) = flat.keywords.get("type") {
            let list = json!([name]);
            flat.keywords.insert("type".to_owned(), list);
        }
        Ok(flat)
    }
}

/// OpenAPI 3.0's `nullable` and boolean `exclusive…` in the words of 2020-12.
fn modernise(keywords: &mut Map<String, Value>) {
    if keywords.remove("nullable") == Some(Value::Bool(true))
        && let Some(Value::String(name)) = keywords.get("type")
    {
        let both = json!([name, "null"]);
        keywords.insert("type".to_owned(), both);
    }
    for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        match keywords.get(exclusive) {
            Some(Value::Bool(true)) => {
                keywords.remove(exclusive);
                if let Some(value) = keywords.remove(bound) {
                    keywords.insert(exclusive.to_owned(), value);
                }
            }
            Some(Value::Bool(false)) => {
                keywords.remove(exclusive);
            }
            _ => {}
        }
    }
}

/// Both at once.
pub(super) fn merge(mut a: Flat, mut b: Flat, pointer: &str) -> Result<Flat, CouldNotMake> {
    a.never |= b.never;
    a.patterns.append(&mut b.patterns);
    a.patterns.dedup();
    a.choices.append(&mut b.choices);
    close(&mut a.keywords, &mut b.keywords);
    for (keyword, theirs) in b.keywords {
        let merged = match a.keywords.remove(&keyword) {
            None => theirs,
            Some(ours) if ours == theirs || is_annotation(&keyword) => ours,
            Some(ours) => both(&keyword, ours, theirs)
                .ok_or_else(|| CouldNotMake::new(pointer, format!("two `{keyword}` that can't be taken together")))?,
        };
        a.keywords.insert(keyword, merged);
    }
    if let (Some(list), Some(one)) = (a.keywords.get("enum"), a.keywords.get("const"))
        && !list.as_array().is_some_and(|values| values.contains(one))
    {
        a.never = true;
    }
    Ok(a)
}

/// `additionalProperties` of one holds for the properties that only the other
/// knows.
fn close(a: &mut Map<String, Value>, b: &mut Map<String, Value>) {
    let originals = (a.clone(), b.clone());
    for (mine, (other, other_names)) in [(b, (&originals.0, &originals.0)), (a, (&originals.1, &originals.1))] {
        let Some(rule) = other.get("additionalProperties") else { continue };
        let Some(Value::Object(properties)) = mine.get_mut("properties") else { continue };
        let known = other_names.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.iter_mut() {
            if known.is_some_and(|k| k.contains_key(name)) || *rule == Value::Bool(true) {
                continue;
            }
            *schema = if *rule == Value::Bool(false) { rule.clone() } else { json!({"allOf": [schema, rule]}) };
        }
    }
}

/// Two values of one keyword as one.
fn both(keyword: &str, ours: Value, theirs: Value) -> Option<Value> {
    let number = |v: &Value| v.as_f64();
    Some(match keyword {
        "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties" => {
            if number(&ours)? >= number(&theirs)? { ours } else { theirs }
        }
        "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties" => {
            if number(&ours)? <= number(&theirs)? { ours } else { theirs }
        }
        "uniqueItems" => Value::Bool(ours == Value::Bool(true) || theirs == Value::Bool(true)),
        "type" => Value::Array(common_types(&ours, &theirs)),
        "enum" => {
            let theirs = theirs.as_array()?;
            Value::Array(ours.as_array()?.iter().filter(|v| theirs.contains(v)).cloned().collect())
        }
        "required" => {
            let mut names = ours.as_array()?.clone();
            names
                .extend(theirs.as_array()?.iter().filter(|n| !ours.as_array().is_some_and(|o| o.contains(n))).cloned());
            Value::Array(names)
        }
        "properties" => {
            let Value::Object(mut properties) = ours else { return None };
            for (name, schema) in theirs.as_object()? {
                let merged = match properties.get(name) {
                    Some(own) if own != schema => json!({"allOf": [own, schema]}),
                    _ => schema.clone(),
                };
                properties.insert(name.clone(), merged);
            }
            Value::Object(properties)
        }
        "items" | "additionalProperties" => match (&ours, &theirs) {
            (Value::Bool(false), _) | (_, Value::Bool(true)) => ours,
            (_, Value::Bool(false)) | (Value::Bool(true), _) => theirs,
            _ => json!({"allOf": [ours, theirs]}),
        },
        _ => return None,
    })
}

fn common_types(ours: &Value, theirs: &Value) -> Vec<Value> {
    let names = |v: &Value| -> Vec<String> {
        v.as_array().into_iter().flatten().filter_map(|t| t.as_str().map(str::to_owned)).collect()
    };
    let (ours, theirs) = (names(ours), names(theirs));
    let holds = |list: &[String], name: &str| {
        list.iter().any(|t| t == name) || (name == "integer" && list.iter().any(|t| t == "number"))
    };
    let mut common: Vec<Value> = Vec::new();
    for name in ours.iter().chain(&theirs) {
        let value = Value::from(name.as_str());
        if holds(&ours, name) && holds(&theirs, name) && !common.contains(&value) {
            common.push(value);
        }
    }
    common
}

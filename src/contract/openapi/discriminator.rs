//! Discriminators: the property that names the branch, as constraints that a
//! validator and a generator understand (OpenAPI 3.1.1, §4.8.25).

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::OpenApi;
use super::cursor::{escape, local_pointer};
use super::visit::{Visit, each_schema};

const SCHEMAS: &str = "/components/schemas/";

/// Where the choice among the kinds of a schema stands, before its name.
const KINDS: &str = "x-kinds-of-";

/// Writes what discriminators demand into the schemas of a document.
pub(super) fn discriminate(openapi: &OpenApi, document: &mut Value) {
    let families = families(openapi);
    let mut kinds = Map::new();
    for (base, family) in &families {
        for (kind, further) in &family.kinds {
            let all = std::iter::once(kind).chain(further);
            let names: Vec<String> = all.flat_map(|kind| names(&family.mapping, kind)).collect();
            if let Some(Value::Object(members)) = document.pointer_mut(kind)
                && openapi.admits(kind, &family.property, &names)
            {
                demand(members, &family.property, &names);
            }
        }
        let choice: Vec<Value> = family.kinds.iter().map(|(kind, _)| json!({ "$ref": format!("#{kind}") })).collect();
        kinds.insert(choice_name(base), json!({ "anyOf": choice }));
    }
    each_schema(document, &mut Branches { openapi, families: &families });
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.extend(kinds);
    }
}

fn choice_name(base: &str) -> String {
    format!("{KINDS}{}", base.strip_prefix(SCHEMAS).unwrap_or(base))
}

/// Adds to a schema that a property has one of these values.
fn demand(members: &mut Map<String, Value>, property: &str, names: &[String]) {
    let demand = json!({ "required": [property], "properties": { property: { "enum": names } } });
    match members.get_mut("allOf") {
        Some(Value::Array(parts)) => parts.push(demand),
        _ => {
            members.insert("allOf".to_owned(), json!([demand]));
        }
    }
}

/// A schema with a discriminator that others extend by `allOf`.
struct Family {
    property: String,
    /// Name → pointer, as `mapping` says.
    mapping: Vec<(String, String)>,
    /// Pointers of the schemas that extend it, directly or not, each with
    /// those that extend it in turn.
    kinds: Vec<(String, Vec<String>)>,
}

/// The names that a mapping gives a schema; else its own.
fn names(mapping: &[(String, String)], pointer: &str) -> Vec<String> {
    let mapped: Vec<String> =
        mapping.iter().filter(|(_, target)| target == pointer).map(|(name, _)| name.clone()).collect();
    if !mapped.is_empty() {
        return mapped;
    }
    let own = pointer.rsplit('/').next().unwrap_or_default();
    vec![own.replace("~1", "/").replace("~0", "~")]
}

/// `propertyName` and `mapping` of a schema's discriminator.
fn declared(schema: &Value) -> Option<(String, Vec<(String, String)>)> {
    let discriminator = schema.get("discriminator")?;
    let property = discriminator.get("propertyName")?.as_str()?.to_owned();
    let mapping = discriminator.get("mapping").and_then(Value::as_object).into_iter().flatten();
    let target = |text: &str| local_pointer(text).unwrap_or_else(|| format!("{SCHEMAS}{}", escape(text)));
    Some((property, mapping.filter_map(|(name, to)| Some((name.clone(), target(to.as_str()?)))).collect()))
}

/// The families of a document by the pointer of their base.
fn families(openapi: &OpenApi) -> BTreeMap<String, Family> {
    let Some(Value::Object(schemas)) = openapi.document.pointer("/components/schemas") else {
        return BTreeMap::new();
    };
    let pointer = |name: &String| format!("{SCHEMAS}{}", escape(name));
    let mut children: HashMap<String, Vec<String>> = HashMap::new();
    for (name, schema) in schemas {
        let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
        for base in parts.filter_map(|part| local_pointer(part.get("$ref")?.as_str()?)) {
            children.entry(base).or_default().push(pointer(name));
        }
    }
    let mut found = BTreeMap::new();
    for (name, schema) in schemas {
        if schema.get("oneOf").is_some() || schema.get("anyOf").is_some() {
            continue;
        }
        let Some((property, mapping)) = declared(schema) else { continue };
        let base = pointer(name);
        let below = descendants(&children, &base);
        if !below.is_empty() {
            let kinds = below.iter().map(|kind| (kind.clone(), descendants(&children, kind))).collect();
            found.insert(base, Family { property, mapping, kinds });
        }
    }
    found
}

/// Those that extend a schema by `allOf`, directly or not, in the order in
/// which they are found.
fn descendants(children: &HashMap<String, Vec<String>>, base: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut seen: HashSet<&str> = HashSet::from([base]);
    let mut waiting = vec![base];
    while let Some(parent) = waiting.pop() {
        for child in children.get(parent).into_iter().flatten() {
            if seen.insert(child) {
                found.push(child.clone());
                waiting.push(child);
            }
        }
    }
    found
}

impl OpenApi {
    /// Whether a schema lets its property have one of these values, as far as
    /// its own `const` and `enum` say. Documents whose names are none of a
    /// schema's own values mean those values.
    fn admits(&self, pointer: &str, property: &str, names: &[String]) -> bool {
        let Some(schema) = self.document.pointer(pointer) else { return false };
        let described = self.schemas_at(schema, &[property.to_owned()]);
        described.iter().all(|schema| {
            let only = schema.get("const").into_iter();
            let mut listed = only.chain(schema.get("enum").and_then(Value::as_array).into_iter().flatten()).peekable();
            listed.peek().is_none() || listed.any(|value| names.iter().any(|n| value.as_str() == Some(n)))
        })
    }
}

struct Branches<'d> {
    openapi: &'d OpenApi,
    families: &'d BTreeMap<String, Family>,
}

impl Visit for Branches<'_> {
    fn before(&mut self, schema: &mut Value, at: &str) -> bool {
        self.choose(schema, at);
        let Some((property, mapping)) = declared(schema) else { return true };
        for keyword in ["oneOf", "anyOf"] {
            for branch in schema.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten() {
                let Some(target) = branch.get("$ref").and_then(Value::as_str).and_then(local_pointer) else { continue };
                let names = names(&mapping, &target);
                if self.openapi.admits(&target, &property, &names)
                    && let Value::Object(members) = branch
                {
                    let reference = Value::Object(std::mem::take(members));
                    members.insert("allOf".to_owned(), json!([reference]));
                    demand(members, &property, &names);
                }
            }
        }
        true
    }
}

impl Branches<'_> {
    /// Where a schema refers to the base of a family, it means one of its
    /// kinds; but not where a kind extends the base.
    fn choose(&self, schema: &mut Value, at: &str) {
        let Some(reference) = schema.get_mut("$ref") else { return };
        let Some(base) = reference.as_str().and_then(local_pointer) else { return };
        let Some(family) = self.families.get(&base) else { return };
        let extended =
            at.rsplit_once("/allOf/").is_some_and(|(owner, _)| family.kinds.iter().any(|(kind, _)| kind == owner));
        if !extended {
            *reference = Value::String(format!("#{SCHEMAS}{KINDS}{}", base.strip_prefix(SCHEMAS).unwrap_or(&base)));
        }
    }
}

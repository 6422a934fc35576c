//! From a schema to its nodes.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::merge::{Flat, Reading, is_annotation, merge};
use super::model::{Additional, Choice, Kind, ListShape, Node, NodeId, Property, RecordShape, TextShape};
use super::number::NumberShape;
use super::pattern::Pattern;
use crate::contract::openapi::Dialect;
use crate::generate::CouldNotMake;

/// The validator of the schema at a pointer of the document.
pub(super) type Checks<'r> = dyn Fn(&str) -> Option<Arc<jsonschema::Validator>> + 'r;

/// Builds the arena.
pub(super) struct Compiler<'r, 'd> {
    pub(super) reading: Reading<'r, 'd>,
    pub(super) checks: &'r Checks<'r>,
    pub(super) nodes: Vec<Node>,
    pub(super) known: HashMap<String, NodeId>,
    /// Optional parts that are left out because they can't be made.
    pub(super) notices: Vec<CouldNotMake>,
}

/// Most combinations of `anyOf` and `oneOf` at one place.
const MOST_BRANCHES: usize = 64;

/// Deepest nesting of schemas that is compiled.
const DEEPEST: usize = 64;

impl<'d> Compiler<'_, 'd> {
    /// Compiles the schema at a place of the document.
    pub(super) fn node(&mut self, schema: &Value, pointer: &str, depth: usize) -> Result<NodeId, CouldNotMake> {
        if depth > DEEPEST {
            return Err(CouldNotMake::new(pointer, "it is nested without end"));
        }
        if let Some((at, target)) = self.plain_reference(schema) {
            if let Some(known) = self.known.get(&at) {
                return Ok(*known);
            }
            let id = self.reserve();
            self.known.insert(at.clone(), id);
            return match self.fill(id, target, &at, depth) {
                Ok(()) => Ok(id),
                Err(reason) => {
                    self.known.remove(&at);
                    Err(reason)
                }
            };
        }
        let id = self.reserve();
        self.fill(id, schema, pointer, depth)?;
        Ok(id)
    }

    fn reserve(&mut self) -> NodeId {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// What a schema that is only a `$ref` leads to.
    fn plain_reference(&self, schema: &Value) -> Option<(String, &'d Value)> {
        let map = schema.as_object()?;
        let reference = map.get("$ref")?.as_str()?;
        let alone = self.reading.dialect == Dialect::OpenApi30 || map.keys().all(|k| k == "$ref" || is_annotation(k));
        if !alone {
            return None;
        }
        (self.reading.resolve)(reference)
    }

    fn fill(&mut self, id: NodeId, schema: &Value, pointer: &str, depth: usize) -> Result<(), CouldNotMake> {
        let flat = self.reading.flatten(schema, pointer, 0)?;
        let node = self.compile(flat, pointer, depth)?;
        self.nodes[id] = node;
        Ok(())
    }

    fn compile(&mut self, flat: Flat, pointer: &str, depth: usize) -> Result<Node, CouldNotMake> {
        if flat.never {
            return Err(CouldNotMake::new(pointer, "no value keeps this schema"));
        }
        let examples = self.examples(&flat.keywords, pointer);
        if !flat.choices.is_empty() {
            let choice = self.choice(flat, pointer, depth)?;
            return Ok(Node { choice: Some(choice), examples, ..Node::default() });
        }
        let values = values(&flat);
        let typed = flat.keywords.contains_key("type");
        let kinds = if values.is_some() { declared_kinds(&flat) } else { self.kinds(&flat, pointer, depth)? };
        if values.as_ref().is_some_and(|(_, v)| v.is_empty()) || (values.is_none() && kinds.is_empty()) {
            return Err(CouldNotMake::new(pointer, "no value keeps this schema"));
        }
        Ok(Node { kinds, typed, values, examples, ..Node::default() })
    }

    /// Those examples that keep the schema.
    fn examples(&self, keywords: &Map<String, Value>, pointer: &str) -> Vec<Value> {
        let mut found: Vec<Value> = keywords.get("example").cloned().into_iter().collect();
        found.extend(keywords.get("examples").and_then(Value::as_array).into_iter().flatten().cloned());
        if found.is_empty() {
            return found;
        }
        let Some(check) = (self.checks)(pointer) else { return Vec::new() };
        found.retain(|example| check.is_valid(example));
        found
    }

    /// Every combination of branches, each merged with what stands beside.
    fn choice(&mut self, mut flat: Flat, pointer: &str, depth: usize) -> Result<Choice, CouldNotMake> {
        let groups = std::mem::take(&mut flat.choices);
        let keyword = groups[0].0;
        let exclusive = groups.iter().any(|(k, _)| *k == "oneOf");
        let mut combined = vec![(flat, pointer.to_owned())];
        for (keyword, branches) in &groups {
            let mut next = Vec::new();
            for (base, _) in &combined {
                for (index, branch) in branches.iter().enumerate() {
                    let at = format!("{pointer}/{keyword}/{index}");
                    let merged = self.reading.flatten(branch, &at, 0).and_then(|b| merge(base.clone(), b, &at));
                    match merged {
                        Ok(merged) if !merged.never => next.push((merged, at)),
                        Ok(_) => {}
                        Err(notice) => self.notices.push(notice),
                    }
                }
            }
            next.truncate(MOST_BRANCHES);
            combined = next;
        }
        let mut made = Vec::new();
        for (branch, at) in combined {
            match self.compile(branch, &at, depth + 1) {
                Ok(node) => {
                    self.nodes.push(node);
                    made.push(self.nodes.len() - 1);
                }
                Err(notice) => self.notices.push(notice),
            }
        }
        if made.is_empty() {
            return Err(CouldNotMake::new(pointer, format!("no branch of `{keyword}` can be made")));
        }
        let check = if exclusive || groups.len() > 1 { (self.checks)(pointer) } else { None };
        Ok(Choice { branches: made, check })
    }

    fn kinds(&mut self, flat: &Flat, pointer: &str, depth: usize) -> Result<Vec<Kind>, CouldNotMake> {
        let names: Vec<String> = match flat.keywords.get("type").and_then(Value::as_array) {
            Some(names) => names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
            None => hinted(flat).into_iter().map(str::to_owned).collect(),
        };
        let mut kinds = Vec::new();
        let mut obstacle = None;
        for name in &names {
            match self.kind(name, flat, pointer, depth) {
                Ok(kind) => kinds.push(kind),
                Err(reason) => obstacle = Some(reason),
            }
        }
        match obstacle {
            Some(reason) if kinds.is_empty() => Err(reason),
            _ => Ok(kinds),
        }
    }

    fn kind(&mut self, name: &str, flat: &Flat, pointer: &str, depth: usize) -> Result<Kind, CouldNotMake> {
        let fault = |reason: String| CouldNotMake::new(pointer, reason);
        Ok(match name {
            "null" => Kind::Null,
            "boolean" => Kind::Boolean,
            "integer" | "number" => {
                Kind::Number(NumberShape::compile(&flat.keywords, name == "integer").map_err(fault)?)
            }
            "string" => Kind::Text(text(flat).map_err(fault)?),
            "array" => Kind::List(self.list(&flat.keywords, pointer, depth)?),
            "object" => Kind::Record(self.record(&flat.keywords, pointer, depth)?),
            other => return Err(fault(format!("`type: {other}` is no type"))),
        })
    }

    fn list(&mut self, keywords: &Map<String, Value>, pointer: &str, depth: usize) -> Result<ListShape, CouldNotMake> {
        let mut prefix = Vec::new();
        for (index, schema) in keywords.get("prefixItems").and_then(Value::as_array).into_iter().flatten().enumerate() {
            prefix.push(self.node(schema, &format!("{pointer}/prefixItems/{index}"), depth + 1)?);
        }
        let min = size(keywords, "minItems").unwrap_or(0);
        let declared = size(keywords, "maxItems");
        let mut max = declared;
        let items = match keywords.get("items") {
            Some(Value::Bool(false)) => {
                max = Some(max.unwrap_or(usize::MAX).min(prefix.len()));
                None
            }
            Some(schema) => match self.node(schema, &format!("{pointer}/items"), depth + 1) {
                Ok(items) => Some(items),
                Err(reason) if min > prefix.len() => return Err(reason),
                Err(notice) => {
                    self.notices.push(notice);
                    max = Some(max.unwrap_or(usize::MAX).min(prefix.len()));
                    None
                }
            },
            None => Some(self.node(&Value::Bool(true), &format!("{pointer}/items"), depth + 1)?),
        };
        if max.is_some_and(|max| max < min) {
            return Err(CouldNotMake::new(pointer, "no array has so few and so many items"));
        }
        let unique = keywords.get("uniqueItems") == Some(&Value::Bool(true));
        Ok(ListShape { prefix, items, min, max, max_declared: declared.is_some(), unique, ..ListShape::default() })
    }

    fn record(
        &mut self,
        keywords: &Map<String, Value>,
        pointer: &str,
        depth: usize,
    ) -> Result<RecordShape, CouldNotMake> {
        let required: Vec<&str> = keywords
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut shape = RecordShape {
            min: size(keywords, "minProperties").unwrap_or(0),
            max: size(keywords, "maxProperties"),
            ..RecordShape::default()
        };
        for (name, schema) in keywords.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let required = required.contains(&name.as_str());
            let at = format!("{pointer}/properties/{}", name.replace('~', "~0").replace('/', "~1"));
            match self.node(schema, &at, depth + 1) {
                Ok(node) => shape.properties.push(Property { name: name.clone(), node, required }),
                Err(reason) if required => return Err(reason),
                Err(notice) => {
                    if *schema != Value::Bool(false) {
                        self.notices.push(notice);
                    }
                    shape.absent.push(name.clone());
                }
            }
        }
        shape.additional = self.additional(keywords, pointer, depth);
        self.add_required(&mut shape, &required, pointer, depth)?;
        Ok(shape)
    }

    fn additional(&mut self, keywords: &Map<String, Value>, pointer: &str, depth: usize) -> Additional {
        match keywords.get("additionalProperties") {
            None => Additional::Unsaid,
            Some(Value::Bool(false)) => Additional::Forbidden,
            Some(schema) => match self.node(schema, &format!("{pointer}/additionalProperties"), depth + 1) {
                Ok(node) => Additional::Like(node),
                Err(notice) => {
                    self.notices.push(notice);
                    Additional::Unsaid
                }
            },
        }
    }

    /// Names in `required` that `properties` doesn't describe.
    fn add_required(
        &mut self,
        shape: &mut RecordShape,
        required: &[&str],
        pointer: &str,
        depth: usize,
    ) -> Result<(), CouldNotMake> {
        for name in required {
            if shape.properties.iter().any(|p| p.name == *name) {
                continue;
            }
            let node = match shape.additional {
                Additional::Forbidden => {
                    return Err(CouldNotMake::new(pointer, format!("`{name}` is required and forbidden")));
                }
                Additional::Like(node) => node,
                Additional::Unsaid => self.node(&Value::Bool(true), pointer, depth + 1)?,
            };
            shape.properties.push(Property { name: (*name).to_owned(), node, required: true });
        }
        Ok(())
    }
}

fn size(keywords: &Map<String, Value>, keyword: &str) -> Option<usize> {
    let value = keywords.get(keyword)?;
    value.as_u64().or_else(|| value.as_f64().map(|f| f as u64)).map(|v| v as usize)
}

fn text(flat: &Flat) -> Result<TextShape, String> {
    let patterns = flat.patterns.iter().map(|p| Pattern::parse(p)).collect::<Result<_, _>>()?;
    let (min, max) = (size(&flat.keywords, "minLength").unwrap_or(0), size(&flat.keywords, "maxLength"));
    if max.is_some_and(|max| max < min) {
        return Err("no string is so short and so long".to_owned());
    }
    let format = flat.keywords.get("format").and_then(Value::as_str).map(str::to_owned);
    Ok(TextShape { min, max, patterns, format, ..TextShape::default() })
}

/// The values of `const` or `enum`, those of a declared type only.
fn values(flat: &Flat) -> Option<(&'static str, Vec<Value>)> {
    let (keyword, mut values) = match (flat.keywords.get("const"), flat.keywords.get("enum")) {
        (Some(one), _) => ("const", vec![one.clone()]),
        (None, Some(list)) => ("enum", list.as_array().cloned().unwrap_or_default()),
        (None, None) => return None,
    };
    if let Some(types) = flat.keywords.get("type").and_then(Value::as_array) {
        values.retain(|value| types.iter().filter_map(Value::as_str).any(|t| is_of(value, t)));
    }
    Some((keyword, values))
}

/// Whether a value is of a type.
fn is_of(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::Number(n) => name == "number" || (name == "integer" && n.as_f64().is_some_and(|f| f.fract() == 0.0)),
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
    }
}

/// The types beside an `enum`, without demands: only their names are needed.
fn declared_kinds(flat: &Flat) -> Vec<Kind> {
    let names = flat.keywords.get("type").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    names
        .filter_map(|name| match name {
            "null" => Some(Kind::Null),
            "boolean" => Some(Kind::Boolean),
            "integer" | "number" => NumberShape::compile(&Map::new(), name == "integer").ok().map(Kind::Number),
            "string" => Some(Kind::Text(TextShape::default())),
            _ => None,
        })
        .collect()
}

/// The types a schema without `type` speaks of; any scalar where it speaks of
/// none.
fn hinted(flat: &Flat) -> Vec<&'static str> {
    let speaks = |names: &[&str]| names.iter().any(|n| flat.keywords.contains_key(*n));
    let mut kinds = Vec::new();
    if speaks(&["properties", "required", "additionalProperties", "minProperties", "maxProperties"]) {
        kinds.push("object");
    }
    if speaks(&["items", "prefixItems", "minItems", "maxItems", "uniqueItems"]) {
        kinds.push("array");
    }
    if speaks(&["minLength", "maxLength", "format"]) || !flat.patterns.is_empty() {
        kinds.push("string");
    }
    if speaks(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        kinds.push("number");
    }
    if kinds.is_empty() { vec!["string", "integer", "boolean"] } else { kinds }
}

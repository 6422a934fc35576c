//! Schemas as they were meant: what is written wrong and plain in its meaning
//! is mended, what can't be meant is taken out, and both are told. Without
//! this one wrong keyword would make every schema unusable that refers to it.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Dialect;
use super::keyword::{count, enumeration, exclusive, flag, kind, number, required, tuple};
use super::translate::{reference_alone, translate};
use super::visit::{LISTED, NAMED, SINGLE, Visit, each_schema};
use crate::diagnose::{Diagnostic, Diagnostics, Node};

const COUNTS: [&str; 8] =
    ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains"];
const NUMBERS: [&str; 3] = ["minimum", "maximum", "multipleOf"];
const TEXTS: [&str; 7] =
    ["title", "description", "$comment", "format", "contentMediaType", "contentEncoding", "$anchor"];
const FLAGS: [&str; 5] = ["uniqueItems", "deprecated", "readOnly", "writeOnly", "nullable"];

/// Mends every schema of a document and translates those of 3.0. `source` is
/// the same document with its places.
pub(super) fn mend(document: &mut Value, dialect: Dialect, source: &Node, notices: &mut Diagnostics) {
    let mut mender = Mender { dialect, source, notices, patterns: HashMap::new() };
    each_schema(document, &mut mender);
}

struct Mender<'s> {
    dialect: Dialect,
    source: &'s Node,
    notices: &'s mut Diagnostics,
    /// Whether a pattern can be used.
    patterns: HashMap<String, bool>,
}

impl Visit for Mender<'_> {
    fn before(&mut self, schema: &mut Value, at: &str) -> bool {
        let Value::Object(members) = schema else { return false };
        if members.get("$ref").is_some_and(|reference| !reference.is_string()) {
            self.drop(members, "$ref", at, "is no text");
        }
        if self.dialect == Dialect::OpenApi30 && members.contains_key("$ref") {
            reference_alone(schema);
            return false;
        }
        self.keywords(members, at);
        true
    }

    fn after(&mut self, schema: &mut Value, _at: &str) {
        translate(schema);
    }
}

/// What a keyword is after mending: as it was, another value, or not there.
pub(super) enum Mended {
    /// It was right.
    Right,
    /// It means this.
    As(Value),
    /// It can't be meant: why.
    Gone(&'static str),
}

impl Mender<'_> {
    fn keywords(&mut self, members: &mut Map<String, Value>, at: &str) {
        // Another dialect or base than the document's is not followed.
        members.retain(|key, _| !matches!(key.as_str(), "$schema" | "$id" | "$vocabulary"));
        let names: Vec<String> = members.keys().cloned().collect();
        for name in names {
            let Some(value) = members.get(&name) else { continue };
            let mended = match name.as_str() {
                "type" => kind(value),
                "required" => required(value),
                "enum" => enumeration(value, members.get("type")),
                "items" if value.is_array() => {
                    self.tuple(members, at);
                    continue;
                }
                "pattern" => self.pattern(value),
                "patternProperties" => self.pattern_properties(value),
                "examples" => examples(value),
                "exclusiveMinimum" | "exclusiveMaximum" => exclusive(value),
                name if COUNTS.contains(&name) => count(name, value),
                name if NUMBERS.contains(&name) => number(name, value),
                name if FLAGS.contains(&name) => flag(value),
                name if TEXTS.contains(&name) => is(value.is_string(), "is no text"),
                name if SINGLE.contains(&name) => is(value.is_object() || value.is_boolean(), "is no schema"),
                name if NAMED.contains(&name) => named(value),
                name if LISTED.contains(&name) => listed(value),
                _ => Mended::Right,
            };
            match mended {
                Mended::Right => {}
                Mended::As(meant) => self.replace(members, &name, at, meant),
                Mended::Gone(why) => self.drop(members, &name, at, why),
            }
        }
    }

    fn pattern(&mut self, value: &Value) -> Mended {
        let Some(text) = value.as_str() else { return Mended::Gone("is no text") };
        if let Some(inner) = text.strip_prefix("/^").and_then(|t| t.strip_suffix("$/")) {
            let bare = format!("^{inner}$");
            return if self.compiles(&bare) { Mended::As(bare.into()) } else { Mended::Gone(NO_PATTERN) };
        }
        is(self.compiles(text), NO_PATTERN)
    }

    fn compiles(&mut self, pattern: &str) -> bool {
        if let Some(known) = self.patterns.get(pattern) {
            return *known;
        }
        let compiles = jsonschema::draft202012::options().build(&json!({ "pattern": pattern })).is_ok();
        self.patterns.insert(pattern.to_owned(), compiles);
        compiles
    }

    fn pattern_properties(&mut self, value: &Value) -> Mended {
        let Value::Object(members) = value else { return Mended::Gone("is no mapping") };
        let mut kept = members.clone();
        kept.retain(|pattern, schema| self.compiles(pattern) && (schema.is_object() || schema.is_boolean()));
        if kept.len() == members.len() { Mended::Right } else { Mended::As(Value::Object(kept)) }
    }

    /// A list under `items` is `prefixItems` (it was `items` up to 2019-09).
    fn tuple(&mut self, members: &mut Map<String, Value>, at: &str) {
        let moved = tuple(members);
        self.tell(at, "items", if moved { "a list under `items` is read as `prefixItems`" } else { NO_ITEMS });
    }

    fn drop(&mut self, members: &mut Map<String, Value>, keyword: &str, at: &str, why: &str) {
        members.shift_remove(keyword);
        let what = format!("`{keyword}` {why} and is left out");
        let place = self.place(at, keyword);
        self.notices.push(Diagnostic::error(place, what).hint("what it demands is neither generated nor judged"));
    }

    fn replace(&mut self, members: &mut Map<String, Value>, keyword: &str, at: &str, meant: Value) {
        let silent = matches!((&members[keyword], &meant), (Value::Number(_), Value::Number(_)));
        let shown: String = meant.to_string().chars().take(60).collect();
        members.insert(keyword.to_owned(), meant);
        if !silent {
            let place = self.place(at, keyword);
            self.notices.push(Diagnostic::warning(place, format!("`{keyword}` is taken to mean `{shown}`")));
        }
    }

    fn tell(&mut self, at: &str, keyword: &str, what: &str) {
        let place = self.place(at, keyword);
        self.notices.push(Diagnostic::warning(place, what));
    }

    /// Where a keyword stands; else the schema it stands in, else the file.
    fn place(&self, at: &str, keyword: &str) -> crate::diagnose::Place {
        let schema = self.source.pointer(at);
        let node = schema.and_then(|schema| schema.get(keyword)).or(schema).unwrap_or(self.source);
        node.place.clone()
    }
}

const NO_PATTERN: &str = "is no regular expression that can be used";
const NO_ITEMS: &str = "a list under `items` beside `prefixItems` is left out";

/// Right, or gone for this reason.
pub(super) fn is(right: bool, why: &'static str) -> Mended {
    if right { Mended::Right } else { Mended::Gone(why) }
}

/// Names to schemas; one that is none means any value.
fn named(value: &Value) -> Mended {
    let Value::Object(members) = value else { return Mended::Gone("is no mapping") };
    if members.values().all(|schema| schema.is_object() || schema.is_boolean()) {
        return Mended::Right;
    }
    let kept = members.iter().map(|(name, schema)| {
        let right = schema.is_object() || schema.is_boolean();
        (name.clone(), if right { schema.clone() } else { Value::Bool(true) })
    });
    Mended::As(Value::Object(kept.collect()))
}

/// A list of schemas; one alone is a list of one.
fn listed(value: &Value) -> Mended {
    match value {
        Value::Array(items) if items.is_empty() => Mended::Gone("is empty"),
        Value::Array(items) if items.iter().all(|s| s.is_object() || s.is_boolean()) => Mended::Right,
        Value::Array(items) => {
            let kept: Vec<Value> = items.iter().filter(|s| s.is_object() || s.is_boolean()).cloned().collect();
            if kept.is_empty() { Mended::Gone("holds no schema") } else { Mended::As(Value::Array(kept)) }
        }
        Value::Object(_) => Mended::As(json!([value])),
        _ => Mended::Gone("is no list of schemas"),
    }
}

/// Examples of a schema are a list; those of OpenAPI have names.
fn examples(value: &Value) -> Mended {
    match value {
        Value::Array(_) => Mended::Right,
        Value::Object(named) => {
            Mended::As(named.values().map(|example| example.get("value").unwrap_or(example).clone()).collect())
        }
        one => Mended::As(json!([one])),
    }
}

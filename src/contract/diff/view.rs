//! A schema as it acts: its own keywords and those of its `allOf`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::contract::openapi::OpenApi;

/// How deep `allOf` is looked through.
const MAX_DEPTH: usize = 16;

/// What a schema demands, as far as two of them are compared. Sub-schemas are
/// JSON Pointers into their document.
#[derive(Default)]
pub(super) struct View<'d> {
    /// Allowed types; `None`: all.
    pub(super) types: Option<BTreeSet<&'d str>>,
    /// Allowed values; `None`: all.
    pub(super) values: Option<Vec<&'d Value>>,
    pub(super) required: BTreeSet<&'d str>,
    pub(super) properties: BTreeMap<&'d str, String>,
    /// Whether properties without a name here are refused.
    pub(super) closed: bool,
    /// The schema of properties without a name here.
    pub(super) others: Option<String>,
    pub(super) items: Option<String>,
    /// Keyword → number; of several the tightest.
    pub(super) bounds: BTreeMap<&'static str, f64>,
    pub(super) patterns: BTreeSet<&'d str>,
    pub(super) formats: BTreeSet<&'d str>,
    pub(super) unique: bool,
    /// The shapes of `anyOf` or `oneOf`; empty: it is one shape.
    pub(super) alternatives: Vec<String>,
}

/// Bounds from below.
pub(super) const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];

/// Bounds from above.
pub(super) const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];

impl<'d> View<'d> {
    /// The view of the schema at a pointer.
    pub(super) fn of(document: &'d OpenApi, pointer: &str) -> Self {
        let mut view = Self::default();
        view.take(document, pointer, 0);
        if view.types.is_none()
            && let Some(values) = &view.values
        {
            view.types = Some(values.iter().map(|value| kind(value)).collect());
        }
        view
    }

    fn take(&mut self, document: &'d OpenApi, pointer: &str, depth: usize) {
        let Some((pointer, Value::Object(schema))) = document.resolve_at(pointer) else {
            return;
        };
        self.values_of(schema.get("type"), schema.get("enum"), schema.get("const"));
        self.object(&pointer, schema);
        self.numbers(schema);
        self.patterns.extend(schema.get("pattern").and_then(Value::as_str));
        self.formats.extend(schema.get("format").and_then(Value::as_str));
        self.unique |= schema.get("uniqueItems") == Some(&Value::Bool(true));
        if schema.get("items").is_some_and(Value::is_object) {
            self.items = Some(format!("{pointer}/items"));
        }
        for keyword in ["anyOf", "oneOf"] {
            let count = schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
            self.alternatives.extend((0..count).map(|i| format!("{pointer}/{keyword}/{i}")));
        }
        let parts = schema.get("allOf").and_then(Value::as_array).map_or(0, Vec::len);
        for part in (0..parts).filter(|_| depth < MAX_DEPTH) {
            self.take(document, &format!("{pointer}/allOf/{part}"), depth + 1);
        }
    }

    fn values_of(&mut self, types: Option<&'d Value>, values: Option<&'d Value>, only: Option<&'d Value>) {
        let types: Option<BTreeSet<&str>> = match types {
            Some(Value::String(kind)) => Some([kind.as_str()].into()),
            Some(Value::Array(kinds)) => Some(kinds.iter().filter_map(Value::as_str).collect()),
            _ => None,
        };
        self.types = match (self.types.take(), types) {
            (Some(known), Some(more)) => Some(known.intersection(&more).copied().collect()),
            (known, more) => known.or(more),
        };
        let listed = values.and_then(Value::as_array).map(|list| list.iter().collect::<Vec<_>>());
        let listed = only.map(|value| vec![value]).or(listed);
        self.values = match (self.values.take(), listed) {
            (Some(known), Some(more)) => Some(known.into_iter().filter(|v| more.contains(v)).collect()),
            (known, more) => known.or(more),
        };
    }

    fn object(&mut self, pointer: &str, schema: &'d serde_json::Map<String, Value>) {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        for name in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|p| p.keys()) {
            let token = name.replace('~', "~0").replace('/', "~1");
            self.properties.insert(name, format!("{pointer}/properties/{token}"));
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            match schema.get(keyword) {
                Some(Value::Bool(false)) => self.closed = true,
                Some(Value::Object(_)) => self.others = Some(format!("{pointer}/{keyword}")),
                _ => {}
            }
        }
    }

    fn numbers(&mut self, schema: &serde_json::Map<String, Value>) {
        for (keywords, tighter) in [(LEAST, f64::max as fn(f64, f64) -> f64), (MOST, f64::min)] {
            for keyword in keywords {
                if let Some(number) = schema.get(keyword).and_then(Value::as_f64) {
                    let known = self.bounds.get(keyword).copied();
                    self.bounds.insert(keyword, known.map_or(number, |known| tighter(known, number)));
                }
            }
        }
        if let Some(number) = schema.get("multipleOf").and_then(Value::as_f64) {
            self.bounds.insert("multipleOf", number);
        }
    }

    /// Whether every value is a whole number.
    pub(super) fn whole(&self) -> bool {
        self.types.as_ref().is_some_and(|types| types.iter().all(|kind| *kind == "integer"))
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

//! What is known of a value after every reference, combination and negation
//! of its schemas has been taken apart: one way to keep them all.

use std::rc::Rc;

use serde_json::{Map, Number, Value};

use super::source::LocId;

/// A set of types, one bit each.
pub(super) type Types = u8;

pub(super) const NULL: Types = 1;
pub(super) const BOOLEAN: Types = 2;
/// Whole numbers.
pub(super) const WHOLE: Types = 4;
/// Numbers that aren't whole.
pub(super) const FRACTION: Types = 8;
pub(super) const NUMBER: Types = WHOLE | FRACTION;
pub(super) const STRING: Types = 16;
pub(super) const ARRAY: Types = 32;
pub(super) const OBJECT: Types = 64;
pub(super) const EVERY: Types = 127;

/// One demand on a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lit {
    /// It keeps the schema.
    Is(LocId),
    /// It does not.
    Not(LocId),
    /// It is of one of these types.
    Types(Types),
    /// One of these demands holds.
    Any(Vec<Lit>),
}

/// The objects with `unevaluated…` that a demand is part of.
pub(super) type Frames = Rc<[u32]>;

/// What `items` and `prefixItems` of one schema say.
#[derive(Clone, Debug)]
pub(super) struct ListRule {
    pub(super) prefix: Vec<LocId>,
    pub(super) rest: Option<LocId>,
}

/// What `contains` of one schema says.
#[derive(Clone, Debug)]
pub(super) struct ContainsRule {
    pub(super) loc: LocId,
    pub(super) min: usize,
    pub(super) max: Option<usize>,
}

/// What holds for names that are not named and do not match.
#[derive(Clone, Debug)]
pub(super) struct RestRule<'r> {
    pub(super) names: Vec<&'r str>,
    pub(super) patterns: Vec<&'r str>,
    pub(super) lit: Lit,
}

/// What a keyword evaluates.
#[derive(Clone, Debug)]
pub(super) enum Cover<'r> {
    Name(&'r str),
    Pattern(&'r str),
    AllNames,
    Prefix(usize),
    AllItems,
    Items(LocId),
}

/// A property or element that must be there, wherever.
#[derive(Clone, Debug)]
pub(super) enum Demand<'r> {
    /// Under a name that matches.
    Matching(&'r str, Lit),
    /// Under a name that is not named and does not match.
    Beside(RestRule<'r>),
    /// Under a name that is so.
    Name(Lit),
    /// Under a name that the frame does not evaluate.
    Unevaluated(u32, Lit),
    /// At an index that the frame does not evaluate.
    UnevaluatedItem(u32, Lit),
}

/// One way to keep a set of schemas.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts<'r> {
    pub(super) types: Types,
    /// Whether `type` stands there.
    pub(super) typed: bool,
    pub(super) values: Option<(&'static str, Vec<&'r Value>)>,
    pub(super) excluded: Vec<&'r Value>,
    /// Bounds of numbers, lengths and counts, merged; under `multipleOf` a
    /// list.
    pub(super) limits: Map<String, Value>,
    /// Scalar keywords that stand there and are not only implied.
    pub(super) said: Vec<&'static str>,
    pub(super) off_multiples: Vec<&'r Number>,
    pub(super) patterns: Vec<&'r str>,
    pub(super) off_patterns: Vec<&'r str>,
    pub(super) formats: Vec<&'r str>,
    pub(super) off_formats: Vec<&'r str>,
    pub(super) unique: bool,
    pub(super) repeated: bool,
    pub(super) lists: Vec<ListRule>,
    pub(super) contains: Vec<ContainsRule>,
    pub(super) elements: Vec<(usize, Lit)>,
    pub(super) properties: Vec<(&'r str, Lit)>,
    pub(super) patterned: Vec<(&'r str, Lit)>,
    pub(super) rests: Vec<RestRule<'r>>,
    pub(super) names: Vec<Lit>,
    pub(super) required: Vec<&'r str>,
    pub(super) absent: Vec<&'r str>,
    pub(super) covers: Vec<(Frames, Cover<'r>)>,
    /// `unevaluatedProperties` and `unevaluatedItems`.
    pub(super) unevaluated: Vec<(u32, bool, Lit)>,
    pub(super) demands: Vec<Demand<'r>>,
    /// The schemas that hold, in the order they were met.
    pub(super) positive: Vec<LocId>,
    /// Whether the keyword that is to be broken was met.
    pub(super) twisted: bool,
}

impl<'r> Facts<'r> {
    /// Adds a scalar limit.
    pub(super) fn limit(&mut self, keyword: &'static str, value: Value) {
        if keyword == "multipleOf" {
            let list = self.limits.entry(keyword).or_insert_with(|| Value::Array(Vec::new()));
            if let Value::Array(list) = list
                && !list.contains(&value)
            {
                list.push(value);
            }
            return;
        }
        let tighter = match (self.limits.get(keyword), keyword) {
            (None, _) => true,
            (Some(old), name) if name.starts_with("min") || name == "exclusiveMinimum" => more(&value, old),
            (Some(old), _) => more(old, &value),
        };
        if tighter {
            self.limits.insert(keyword.to_owned(), value);
        }
    }

    /// Only these values are left.
    pub(super) fn only(&mut self, keyword: &'static str, values: Vec<&'r Value>) {
        self.values = Some(match self.values.take() {
            None => (keyword, values),
            Some((k, mut old)) => {
                old.retain(|o| values.iter().any(|v| same(o, v)));
                (k, old)
            }
        });
    }

    /// Takes away types that can't be for simple reasons; false where none is
    /// left.
    pub(super) fn settle(&mut self) -> bool {
        if self.types & OBJECT != 0 && self.required.iter().any(|name| self.absent.contains(name)) {
            self.types &= !OBJECT;
        }
        for (types, low, high) in [
            (STRING, "minLength", "maxLength"),
            (ARRAY, "minItems", "maxItems"),
            (OBJECT, "minProperties", "maxProperties"),
        ] {
            if let (Some(low), Some(high)) = (self.limits.get(low), self.limits.get(high))
                && more(low, high)
            {
                self.types &= !types;
            }
        }
        if let (Some(low), Some(high)) = (self.limits.get("minimum"), self.limits.get("maximum"))
            && more(low, high)
        {
            self.types &= !NUMBER;
        }
        if let Some((_, values)) = &mut self.values {
            let (types, excluded) = (self.types, &self.excluded);
            values.retain(|v| type_of(v) & types != 0 && !excluded.iter().any(|e| same(e, v)));
            if values.is_empty() {
                return false;
            }
        }
        self.types != 0
    }
}

/// Whether a number is larger than another.
fn more(a: &Value, b: &Value) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a > b,
        _ => a.as_f64().unwrap_or(0.0) > b.as_f64().unwrap_or(0.0),
    }
}

/// The type of a value.
pub(super) fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(n) if n.is_f64() && n.as_f64().is_some_and(|f| f.fract() != 0.0) => FRACTION,
        Value::Number(_) => WHOLE,
        Value::String(_) => STRING,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}

/// The types that `type` names.
pub(super) fn types_in(keyword: &Value) -> Types {
    let one = |name: &str| match name {
        "null" => NULL,
        "boolean" => BOOLEAN,
        "integer" => WHOLE,
        "number" => NUMBER,
        "string" => STRING,
        "array" => ARRAY,
        "object" => OBJECT,
        _ => 0,
    };
    match keyword {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).fold(0, |types, name| types | one(name)),
        _ => EVERY,
    }
}

/// Equality as JSON Schema has it: `1` is `1.0`, the order of members does not
/// count.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64())),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(name, x)| y.get(name).is_some_and(|y| same(x, y)))
        }
        _ => a == b,
    }
}

/// The values of `const` or `enum`.
pub(super) fn listed(schema: &Value) -> Option<Vec<&Value>> {
    match (schema.get("const"), schema.get("enum")) {
        (Some(one), _) => Some(vec![one]),
        (None, Some(list)) => Some(list.as_array()?.iter().collect()),
        _ => None,
    }
}

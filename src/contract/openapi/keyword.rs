//! What single keywords were meant to say.

use serde_json::{Map, Value, json};

use super::mend::{Mended, is};

const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

/// `type`: one name or a list of them.
pub(super) fn kind(value: &Value) -> Mended {
    match value {
        Value::String(name) if TYPES.contains(&name.as_str()) => Mended::Right,
        Value::Array(names) if names.iter().all(|n| n.as_str().is_some_and(|n| TYPES.contains(&n))) => {
            let mut distinct: Vec<&Value> = Vec::new();
            names.iter().for_each(|name| {
                if !distinct.contains(&name) {
                    distinct.push(name);
                }
            });
            match distinct.len() {
                0 => Mended::Gone("is an empty list"),
                count if count == names.len() => Mended::Right,
                _ => Mended::As(json!(distinct)),
            }
        }
        Value::Array(names) => {
            let known: Option<Vec<&str>> = names.iter().map(meant).collect();
            known.map_or(Mended::Gone(NO_TYPE), |names| Mended::As(json!(names)))
        }
        // `any` is no type, and what is meant is that there is none.
        Value::String(name) if name.eq_ignore_ascii_case("any") => Mended::Gone("names no type"),
        one => meant(one).map_or(Mended::Gone(NO_TYPE), |name| Mended::As(json!(name))),
    }
}

const NO_TYPE: &str = "names no type of JSON";

/// The type that a name from another language means.
fn meant(value: &Value) -> Option<&'static str> {
    let Some(name) = value.as_str() else {
        // `null` without quotes is nothing in YAML.
        return value.is_null().then_some("null");
    };
    let name = name.to_ascii_lowercase();
    Some(match name.as_str() {
        "bool" => "boolean",
        "int" | "int32" | "int64" | "long" => "integer",
        "float" | "double" | "decimal" => "number",
        "str" | "text" | "file" | "date" | "datetime" | "date-time" | "uuid" => "string",
        "list" => "array",
        "dict" | "map" | "hash" => "object",
        other => TYPES.into_iter().find(|known| *known == other)?,
    })
}

/// `required`: a list of names, each once.
pub(super) fn required(value: &Value) -> Mended {
    let Value::Array(names) = value else {
        // Drafts up to 3 wrote `required: true` into the property itself.
        return Mended::Gone("is no list of names");
    };
    let mut kept: Vec<&Value> = Vec::new();
    for name in names {
        if name.is_string() && !kept.contains(&name) {
            kept.push(name);
        }
    }
    if kept.len() == names.len() { Mended::Right } else { Mended::As(json!(kept)) }
}

/// `enum`: a list with something in it. Values that are none of them of the
/// declared type and can all be read so are meant so: `type: string` with
/// `enum: [1, 2]`.
pub(super) fn enumeration(value: &Value, kind: Option<&Value>) -> Mended {
    let Value::Array(values) = value else { return Mended::Gone("is no list") };
    if values.is_empty() {
        return Mended::Gone("is an empty list");
    }
    let read = match kind.and_then(Value::as_str) {
        Some("string") if values.iter().all(|v| v.is_number() || v.is_boolean()) => {
            values.iter().map(|v| Some(json!(v.to_string()))).collect()
        }
        Some("integer" | "number") if values.iter().all(Value::is_string) => {
            values.iter().map(|v| v.as_str()?.parse::<serde_json::Number>().ok().map(Value::Number)).collect()
        }
        Some("boolean") if values.iter().all(Value::is_string) => {
            values.iter().map(|v| v.as_str()?.parse::<bool>().ok().map(Value::Bool)).collect()
        }
        _ => None::<Vec<Value>>,
    };
    read.map_or(Mended::Right, |values| Mended::As(Value::Array(values)))
}

/// A bound: a number, or text that is one.
pub(super) fn number(keyword: &str, value: &Value) -> Mended {
    let positive = |number: f64| keyword != "multipleOf" || number > 0.0;
    match value {
        Value::Number(number) => is(number.as_f64().is_some_and(positive), "is not above zero"),
        Value::String(text) => match text.trim().parse::<serde_json::Number>() {
            Ok(number) if number.as_f64().is_some_and(positive) => Mended::As(Value::Number(number)),
            _ => Mended::Gone("is no number"),
        },
        _ => Mended::Gone("is no number"),
    }
}

/// `exclusiveMinimum` and `exclusiveMaximum`: a number, or as in 3.0 a truth
/// value.
pub(super) fn exclusive(value: &Value) -> Mended {
    if value.is_boolean() { Mended::Right } else { number("", value) }
}

/// The largest count: larger ones say nothing.
const MOST: f64 = 9_007_199_254_740_992.0;

/// A count: whole, and not below zero.
pub(super) fn count(keyword: &str, value: &Value) -> Mended {
    let meant = match value {
        Value::Number(number) if number.as_u64().is_some_and(|count| (count as f64) < MOST) => return Mended::Right,
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match meant {
        Some(count) if count < 0.0 || count.fract() != 0.0 => Mended::Gone("is no count"),
        Some(count) if count >= MOST && keyword.starts_with("max") => Mended::Gone("is beyond all counting"),
        Some(count) if count.is_finite() => Mended::As(json!(count.min(MOST) as u64)),
        _ => Mended::Gone("is no count"),
    }
}

/// A truth value, or text that is one.
pub(super) fn flag(value: &Value) -> Mended {
    match value {
        Value::Bool(_) => Mended::Right,
        Value::String(text) => {
            text.to_ascii_lowercase().parse().map_or(Mended::Gone(NO_FLAG), |flag: bool| Mended::As(json!(flag)))
        }
        _ => Mended::Gone(NO_FLAG),
    }
}

const NO_FLAG: &str = "is neither true nor false";

/// Moves a list under `items` to `prefixItems`; whether that was possible.
pub(super) fn tuple(members: &mut Map<String, Value>) -> bool {
    let Some(Value::Array(items)) = members.shift_remove("items") else { return false };
    if members.contains_key("prefixItems") {
        return false;
    }
    let further = members.shift_remove("additionalItems").filter(|f| f.is_boolean() || f.is_object());
    let schemas: Vec<Value> = items.into_iter().filter(|s| s.is_object() || s.is_boolean()).collect();
    if schemas.is_empty() {
        return true;
    }
    members.insert("prefixItems".to_owned(), Value::Array(schemas));
    if let Some(further) = further {
        members.insert("items".to_owned(), further);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::Dialect;
    use super::super::mend::mend;
    use super::*;
    use crate::diagnose::{Diagnostics, parse_yaml};

    #[expect(clippy::needless_pass_by_value, reason = "it is called with literals")]
    fn mended(schema: Value) -> (Value, String) {
        let mut document = json!({"components": {"schemas": {"A": schema}}});
        let source = parse_yaml("a.json", &document.to_string()).expect("JSON");
        let mut notices = Diagnostics::new();
        mend(&mut document, Dialect::Draft202012, &source, &mut notices);
        (document["components"]["schemas"]["A"].take(), notices.to_string())
    }

    #[test]
    fn what_is_plain_in_its_meaning_is_mended() {
        for (written, meant) in [
            (json!({"type": "String", "nullable": true}), json!({"type": ["string", "null"]})),
            (json!({"type": ["int", null]}), json!({"type": ["integer", "null"]})),
            (json!({"type": "string", "enum": [1, 2.5]}), json!({"type": "string", "enum": ["1", "2.5"]})),
            (json!({"minimum": "5", "exclusiveMinimum": true}), json!({"exclusiveMinimum": 5})),
            (json!({"maxLength": 5.0, "minLength": -1}), json!({"maxLength": 5})),
            (json!({"maxLength": 1e20, "uniqueItems": "true"}), json!({"uniqueItems": true})),
            (json!({"pattern": "/^a+$/"}), json!({"pattern": "^a+$"})),
            (json!({"pattern": "(["}), json!({})),
            (json!({"required": true, "properties": {"a": null}}), json!({"properties": {"a": true}})),
            (json!({"required": ["a", "a", 1]}), json!({"required": ["a"]})),
            (json!({"enum": [], "allOf": [], "description": 5}), json!({})),
            (json!({"anyOf": {"type": "null"}}), json!({"anyOf": [{"type": "null"}]})),
            (json!({"items": [{"type": "null"}]}), json!({"prefixItems": [{"type": "null"}]})),
            (json!({"examples": {"a": {"value": 3}}}), json!({"examples": [3]})),
            (json!({"type": "intger"}), json!({})),
        ] {
            let (found, notices) = mended(written.clone());
            assert_eq!(found, meant, "{written}: {notices}");
            assert!(notices.contains("a.json:1:") || !notices.contains("-->"), "{notices}");
        }
    }

    #[test]
    fn what_is_right_stays_without_a_word() {
        let right = json!({"type": ["object", "null"], "required": ["a"], "properties": {"type": {"minimum": 1.5},
            "items": {"items": true}}, "additionalProperties": {}, "enum": [null, {"type": 3}], "pattern": "^\\p{L}(?=a)"});
        assert_eq!(mended(right.clone()), (right, String::new()));
    }
}

//! Values as Liquid sees them: JSON.

use std::cmp::Ordering;

use serde_json::Value as Json;

use crate::policy::Comparison;

/// The member under which an object keeps what is written in its place.
pub(super) const TEXT: &str = "ToString";

/// Neither nil nor false.
pub(super) fn holds(value: &Json) -> bool {
    !matches!(value, Json::Null | Json::Bool(false))
}

/// Whether there is nothing in it.
pub(super) fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(elements) => elements.is_empty(),
        Json::Object(members) => members.is_empty(),
        Json::Bool(_) | Json::Number(_) => false,
    }
}

/// As it is written: nil is nothing, a list is its elements joined.
pub(super) fn text_of(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(elements) => elements.iter().map(text_of).collect(),
        Json::Object(members) => members.get(TEXT).map_or_else(|| value.to_string(), text_of),
        Json::Bool(_) => value.to_string(),
        Json::Number(number) => number_text(number),
    }
}

/// A number in the invariant culture, without a fraction of zero.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(double) if !(number.is_i64() || number.is_u64()) => double.to_string(),
        _ => number.to_string(),
    }
}

/// As a number; text that is one is taken for it.
pub(super) fn number_of(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.trim().parse().ok().filter(|n: &f64| n.is_finite()),
        _ => None,
    }
}

/// A child by name or position; in `context` names are read without case.
pub(super) fn child<'v>(value: &'v Json, key: &str, ignores_case: bool) -> Option<&'v Json> {
    match value {
        Json::Object(members) => members.get(key).or_else(|| {
            let same = |name: &String| name.eq_ignore_ascii_case(key);
            members.iter().filter(|_| ignores_case).find(|(name, _)| same(name)).map(|(_, child)| child)
        }),
        Json::Array(elements) => match key {
            "first" | "First" => elements.first(),
            "last" | "Last" => elements.last(),
            _ => {
                let at: i64 = key.parse().ok()?;
                let at = if at < 0 { elements.len().checked_sub(at.unsigned_abs() as usize)? } else { at as usize };
                elements.get(at)
            }
        },
        _ => None,
    }
}

/// How many elements, members or characters it has.
pub(super) fn size(value: &Json) -> usize {
    match value {
        Json::Array(elements) => elements.len(),
        Json::Object(members) => members.len(),
        Json::String(text) => text.chars().count(),
        _ => 0,
    }
}

/// Whether a comparison holds. What can't be ordered compares false.
pub(super) fn compare(left: &Json, operator: Comparison, right: &Json) -> bool {
    use Comparison as C;
    match operator {
        C::Equal => equal(left, right),
        C::NotEqual => !equal(left, right),
        C::Less => order(left, right).is_some_and(Ordering::is_lt),
        C::LessOrEqual => order(left, right).is_some_and(Ordering::is_le),
        C::Greater => order(left, right).is_some_and(Ordering::is_gt),
        C::GreaterOrEqual => order(left, right).is_some_and(Ordering::is_ge),
        C::Contains => match left {
            Json::Array(elements) => elements.iter().any(|e| equal(e, right)),
            Json::String(text) => text.contains(&text_of(right)),
            Json::Object(members) => members.contains_key(&text_of(right)),
            _ => false,
        },
        C::StartsWith => match left {
            Json::Array(elements) => elements.first().is_some_and(|e| equal(e, right)),
            other => text_of(other).starts_with(&text_of(right)),
        },
        C::EndsWith => match left {
            Json::Array(elements) => elements.last().is_some_and(|e| equal(e, right)),
            other => text_of(other).ends_with(&text_of(right)),
        },
    }
}

/// Whether two values are equal; numbers by their value, whatever their kind.
pub(super) fn equal(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => left == right,
    }
}

/// The order of two values, where there is one.
pub(super) fn order(left: &Json, right: &Json) -> Option<Ordering> {
    match (left, right) {
        (Json::Number(a), Json::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
        (Json::Number(_), Json::String(_)) | (Json::String(_), Json::Number(_)) => {
            number_of(left)?.partial_cmp(&number_of(right)?)
        }
        _ => None,
    }
}

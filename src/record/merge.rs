//! Two plays of one case with other identities: what is the same in both stays,
//! what differs becomes a mark.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::contract::recorded::{ANY_NUMBER, ANY_TEXT, ANYTHING, RecordedAnswer, RecordedEffect, Told};

/// What two plays have in common; `None` where they differ in more than single
/// values: the version does not answer the same each time.
pub fn merge(one: &Told, other: &Told) -> Option<Told> {
    let result = match (&one.result, &other.result) {
        (Some(a), Some(b)) => Some(answer(a, b)?),
        (None, None) => None,
        _ => return None,
    };
    let effects = match (&one.effects, &other.effects) {
        (Some(a), Some(b)) if a.len() == b.len() => {
            Some(a.iter().zip(b).map(|(a, b)| effect(a, b)).collect::<Option<_>>()?)
        }
        (None, None) => None,
        _ => return None,
    };
    Some(Told { answer: answer(&one.answer, &other.answer)?, result, effects })
}

fn answer(a: &RecordedAnswer, b: &RecordedAnswer) -> Option<RecordedAnswer> {
    if (a.status, &a.media_type) != (b.status, &b.media_type) || !a.headers.keys().eq(b.headers.keys()) {
        return None;
    }
    let headers: BTreeMap<String, String> =
        a.headers.iter().map(|(name, value)| (name.clone(), text(value, &b.headers[name]))).collect();
    Some(RecordedAnswer { status: a.status, media_type: a.media_type.clone(), headers, body: value(&a.body, &b.body) })
}

fn effect(a: &RecordedEffect, b: &RecordedEffect) -> Option<RecordedEffect> {
    if (&a.operation, &a.table) != (&b.operation, &b.table) || !a.columns.keys().eq(b.columns.keys()) {
        return None;
    }
    let columns: Map<String, Value> =
        a.columns.iter().map(|(name, told)| (name.clone(), value(told, &b.columns[name]))).collect();
    Some(RecordedEffect { operation: a.operation.clone(), table: a.table.clone(), key: text(&a.key, &b.key), columns })
}

fn value(a: &Value, b: &Value) -> Value {
    match (a, b) {
        (a, b) if a == b => a.clone(),
        (Value::String(a), Value::String(b)) => Value::String(text(a, b)),
        (Value::Number(_), Value::Number(_)) => ANY_NUMBER.into(),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a.iter().zip(b).map(|(a, b)| value(a, b)).collect(),
        (Value::Object(a), Value::Object(b)) if a.keys().eq(b.keys()) => {
            a.iter().map(|(name, member)| (name.clone(), value(member, &b[name]))).collect()
        }
        _ => ANYTHING.into(),
    }
}

/// Word by word, and never within a word: two random ones may begin alike.
fn text(a: &str, b: &str) -> String {
    if a == b {
        return a.to_owned();
    }
    let (x, y) = (words(a), words(b));
    let alike = |(p, q): (&&str, &&str)| p == q || (is_word(p) && is_word(q));
    if x.len() != y.len() || !x.iter().zip(&y).all(alike) {
        return ANY_TEXT.to_owned();
    }
    x.iter().zip(&y).map(|(p, q)| if p == q { *p } else { ANY_TEXT }).collect()
}

/// Words (letters, digits, hyphens) and what stands between them.
fn words(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = belongs(first);
        let end = rest.find(|c| belongs(c) != kind).unwrap_or(rest.len());
        found.push(&rest[..end]);
        rest = &rest[end..];
    }
    found
}

fn belongs(c: char) -> bool {
    c.is_alphanumeric() || c == '-'
}

fn is_word(text: &str) -> bool {
    text.starts_with(belongs)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_words_become_marks() {
        assert_eq!(text("/v2/batches/ab-1", "/v2/batches/ab-2"), "/v2/batches/<any>");
        assert_eq!(text("a b", "a b c"), "<any>");
        assert_eq!(text("INV-00FF is new", "INV-00FE is new"), "<any> is new");
    }

    #[test]
    fn values_become_marks_of_their_kind() {
        let (a, b) =
            (json!({"id": "x", "n": 1, "l": [1], "s": true}), json!({"id": "y", "n": 2, "l": [1, 2], "s": true}));
        assert_eq!(value(&a, &b), json!({"id": "<any>", "n": "<any number>", "l": "<anything>", "s": true}));
    }

    #[test]
    fn another_status_has_nothing_in_common() {
        let told = |status| {
            let answer = RecordedAnswer { status, media_type: None, headers: BTreeMap::new(), body: Value::Null };
            Told { answer, result: None, effects: None }
        };
        assert_eq!(merge(&told(200), &told(200)), Some(told(200)));
        assert_eq!(merge(&told(200), &told(400)), None);
    }
}

//! What is told now against what was recorded.

use serde_json::Value;

use crate::contract::recorded::{ANY_NUMBER, ANY_TEXT, ANYTHING, RecordedAnswer, RecordedEffect, Told};

/// The first difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where, without numbers that tell one entry of a list from another: equal
    /// for the same change in two cases.
    pub what: String,
    /// Where, e.g. `body /errors/0/detail`.
    pub at: String,
    /// What was recorded there.
    pub then: String,
    /// What stands there now.
    pub now: String,
}

impl Difference {
    fn at(at: impl Into<String>, then: impl Into<String>, now: impl Into<String>) -> Self {
        let at = at.into();
        let what = at.split('/').map(|token| if token.parse::<usize>().is_ok() { "*" } else { token });
        Self { what: what.collect::<Vec<_>>().join("/"), at, then: then.into(), now: now.into() }
    }

    fn below(self, whole: &str) -> Self {
        if whole.is_empty() {
            return self;
        }
        Self { what: format!("{whole} {}", self.what), at: format!("{whole} {}", self.at), ..self }
    }
}

/// Members of a problem document that are texts for people, which clients
/// should not read (RFC 9457 §3.1.3, §3.1.4).
const WORDS: [&str; 2] = ["title", "detail"];

/// How the answers differ in what clients may rely on: words for people, which
/// another implementation of the same version chooses itself, are left aside.
pub fn difference_but_words(recorded: &Told, now: &Told) -> Option<Difference> {
    let plain = |told: &Told| Told {
        answer: without_words(&told.answer),
        result: told.result.as_ref().map(without_words),
        effects: None,
    };
    difference(&plain(recorded), &plain(now))
}

fn without_words(answer: &RecordedAnswer) -> RecordedAnswer {
    let mut answer = answer.clone();
    let problem = answer.media_type.as_deref() == Some("application/problem+json");
    if let (true, Value::Object(members)) = (problem, &mut answer.body) {
        members.retain(|name, _| !WORDS.contains(&name.as_str()));
    }
    drop_details(&mut answer.body);
    answer
}

/// What is said of the place that a `pointer` tells (the extension of RFC 9457
/// §3) is for people as well.
fn drop_details(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if members.contains_key("pointer") {
                members.shift_remove("detail");
            }
            members.values_mut().for_each(drop_details);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_details),
        _ => {}
    }
}

/// How the answers differ; the effects are left aside.
pub fn difference(recorded: &Told, now: &Told) -> Option<Difference> {
    answer(&recorded.answer, &now.answer).or_else(|| match (&recorded.result, &now.result) {
        (Some(then), Some(now)) => answer(then, now).map(|found| found.below("result")),
        (None, None) => None,
        (then, now) => {
            let word = |it: &Option<RecordedAnswer>| if it.is_some() { "one to poll" } else { "none to poll" };
            Some(Difference::at("result", word(then), word(now)))
        }
    })
}

fn answer(then: &RecordedAnswer, now: &RecordedAnswer) -> Option<Difference> {
    let failure = |answer: &RecordedAnswer| {
        let name = answer.body.get("failureType").and_then(Value::as_str);
        name.map_or_else(|| answer.status.to_string(), |name| format!("{} {name}", answer.status))
    };
    if failure(then) != failure(now) {
        let (then, now) = (failure(then), failure(now));
        let what = format!("status {then}, now {now}");
        return Some(Difference { what, ..Difference::at("status", then, now) });
    }
    if then.media_type != now.media_type {
        let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "none".to_owned());
        return Some(Difference::at("media type", shown(&then.media_type), shown(&now.media_type)));
    }
    headers(then, now).or_else(|| value(&then.body, &now.body, "").map(|found| found.below("body")))
}

fn headers(then: &RecordedAnswer, now: &RecordedAnswer) -> Option<Difference> {
    let names = then.headers.keys().chain(now.headers.keys().filter(|name| !then.headers.contains_key(*name)));
    names.into_iter().find_map(|name| {
        let at = format!("header {name}");
        match (then.headers.get(name), now.headers.get(name)) {
            (Some(then), Some(now)) => (!fits(then, now)).then(|| Difference::at(at, then, now)),
            (then, now) => {
                let shown = |it: Option<&String>| it.map_or_else(|| "no such field".to_owned(), String::clone);
                Some(Difference::at(at, shown(then), shown(now)))
            }
        }
    })
}

/// How the effects differ, where they were recorded.
pub fn effects_differ(recorded: &Told, now: &Told) -> Option<Difference> {
    let (then, now) = (recorded.effects.as_ref()?, now.effects.as_ref()?);
    if then.len() != now.len() {
        return Some(Difference::at("effects", count(then), count(now)));
    }
    let mut left: Vec<&RecordedEffect> = now.iter().collect();
    let mut unmatched = Vec::new();
    for wanted in then {
        match left.iter().position(|seen| effect(wanted, seen).is_none()) {
            Some(index) => drop(left.remove(index)),
            None => unmatched.push(wanted),
        }
    }
    // The one about the same row tells most.
    let wanted = unmatched.first()?;
    let seen = left.iter().find(|seen| fits(&wanted.key, &seen.key)).or(left.first())?;
    effect(wanted, seen).map(|found| found.below(&format!("{} of {},", wanted.operation, wanted.table)))
}

fn count(effects: &[RecordedEffect]) -> String {
    match effects.len() {
        0 => "nothing was written".to_owned(),
        1 => "1 row was written".to_owned(),
        n => format!("{n} rows were written"),
    }
}

fn effect(then: &RecordedEffect, now: &RecordedEffect) -> Option<Difference> {
    if (&then.operation, &then.table) != (&now.operation, &now.table) {
        let shown = |it: &RecordedEffect| format!("{} of {}", it.operation, it.table);
        return Some(Difference::at("write", shown(then), shown(now)));
    }
    if !fits(&then.key, &now.key) {
        return Some(Difference::at("key", &then.key, &now.key));
    }
    let names = then.columns.keys().chain(now.columns.keys().filter(|name| !then.columns.contains_key(*name)));
    names.into_iter().find_map(|name| {
        let at = format!("column {name}");
        match (then.columns.get(name), now.columns.get(name)) {
            (Some(then), Some(now)) => value(then, now, "").map(|found| Difference { what: at.clone(), at, ..found }),
            (then, now) => Some(Difference::at(at, written(then), written(now))),
        }
    })
}

fn written(value: Option<&Value>) -> String {
    value.map_or_else(|| "not written".to_owned(), shown)
}

/// The first place where two values differ.
fn value(then: &Value, now: &Value, at: &str) -> Option<Difference> {
    match (then, now) {
        (Value::String(mark), _) if mark == ANYTHING => None,
        (Value::String(mark), Value::Number(_)) if mark == ANY_NUMBER => None,
        (Value::String(then_text), Value::String(now_text)) => {
            (!fits(then_text, now_text)).then(|| Difference::at(at, shown(then), shown(now)))
        }
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => None,
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(index, (a, b))| value(a, b, &format!("{at}/{index}")))
        }
        (Value::Array(a), Value::Array(b)) => {
            Some(Difference::at(at, format!("{} entries", a.len()), format!("{} entries", b.len())))
        }
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names.into_iter().find_map(|name| match (a.get(name), b.get(name)) {
                (Some(a), Some(b)) => value(a, b, &format!("{at}/{name}")),
                (a, b) => {
                    let shown = |it: Option<&Value>| it.map_or_else(|| "no such member".to_owned(), shown);
                    Some(Difference::at(format!("{at}/{name}"), shown(a), shown(b)))
                }
            })
        }
        (a, b) => (a != b).then(|| Difference::at(at, shown(a), shown(b))),
    }
}

/// A value in a sentence; long ones are cut.
fn shown(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Whether a text is what was recorded, with its marks.
fn fits(recorded: &str, now: &str) -> bool {
    if recorded == now || recorded == ANYTHING {
        return true;
    }
    let mut parts = recorded.split(ANY_TEXT);
    let Some(mut rest) = parts.next().and_then(|first| now.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return false };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn told(status: u16, body: Value) -> Told {
        let answer =
            RecordedAnswer { status, media_type: Some("application/json".into()), headers: BTreeMap::new(), body };
        Told { answer, result: None, effects: None }
    }

    fn wrote(key: &str, name: &str) -> RecordedEffect {
        let columns = json!({"name": name}).as_object().cloned().unwrap_or_default();
        RecordedEffect { operation: "update".into(), table: "accounts".into(), key: key.into(), columns }
    }

    #[test]
    fn marks_fit_what_they_stand_for() {
        assert!(fits("/v2/<any>/x", "/v2/7/x") && fits("<any>", "") && fits("a<any>b<any>c", "a1b2c"));
        assert!(!fits("/v2/<any>/x", "/v2/7/y") && !fits("a", "b") && !fits("ab<any>b", "ab"));
        let then = json!({"id": "<any>", "n": "<any number>", "whole": "<anything>", "five": 5});
        assert_eq!(value(&then, &json!({"id": "x", "n": 7, "whole": [], "five": 5.0}), ""), None);
        assert!(value(&then, &json!({"id": 1, "n": 7, "whole": 1, "five": 5}), "").is_some());
    }

    #[test]
    fn a_difference_says_where_and_groups_by_what() {
        let then = told(400, json!({"failureType": "a", "errors": [{"detail": "x"}, {"detail": "y"}]}));
        let found =
            difference(&then, &told(400, json!({"failureType": "a", "errors": [{"detail": "x"}, {"detail": "z"}]})));
        let found = found.expect("differs");
        assert_eq!((found.what.as_str(), found.at.as_str()), ("body /errors/*/detail", "body /errors/1/detail"));
        assert_eq!((found.then.as_str(), found.now.as_str()), ("\"y\"", "\"z\""));
        let found = difference(&then, &told(200, json!({}))).expect("differs");
        assert_eq!((found.what.as_str(), found.then.as_str()), ("status 400 a, now 200", "400 a"));
        assert_eq!(difference(&then, &then), None);
        let more = told(400, json!({"failureType": "a", "errors": then.answer.body["errors"], "more": 1}));
        assert_eq!(difference(&then, &more).expect("differs").then, "no such member");
    }

    #[test]
    fn effects_match_in_any_order() {
        let of = |effects: &[RecordedEffect]| Told { effects: Some(effects.to_vec()), ..told(200, Value::Null) };
        let (a, b) = (wrote("<any>", "x"), wrote("<request /1/id>", "y"));
        assert_eq!(effects_differ(&of(&[a.clone(), b.clone()]), &of(&[b.clone(), wrote("7", "x")])), None);
        let found =
            effects_differ(&of(&[a.clone(), b.clone()]), &of(&[b.clone(), wrote("7", "cut")])).expect("differs");
        assert_eq!((found.at.as_str(), found.now.as_str()), ("update of accounts, column name", "\"cut\""));
        let found = effects_differ(&of(&[a]), &of(&[])).expect("differs");
        assert_eq!((found.then.as_str(), found.now.as_str()), ("1 row was written", "nothing was written"));
        assert_eq!(effects_differ(&told(200, Value::Null), &of(&[b])), None, "they were not recorded");
    }
}

//! What an answer tells of single items: whether it names those that were not
//! done.

use serde_json::{Map, Value};

use crate::observe::LedgerEntry;
use crate::wire::Response;

/// What words of a refusal begin with, or hold after `_`.
const REFUSAL: [&str; 15] = [
    "fail",
    "reject",
    "refus",
    "invalid",
    "error",
    "conflict",
    "skip",
    "denied",
    "unprocess",
    "unknown",
    "missing",
    "gone",
    "not",
    "partial",
    "problem",
];

/// Members that say `true` of what was done.
const DONE: [&str; 8] = ["success", "succeeded", "ok", "done", "updated", "accepted", "created", "written"];

/// The longest text that can be a word of a list, and not one for people.
const LONGEST_WORD: usize = 40;

/// An answer beside what was asked.
pub(super) struct Told<'a> {
    answer: Value,
    asked: &'a str,
}

impl<'a> Told<'a> {
    /// Reads an answer; `None` where it is no JSON.
    pub(super) fn read(response: &Response, asked: Option<&'a [u8]>) -> Option<Self> {
        let asked = asked.and_then(|body| std::str::from_utf8(body).ok()).unwrap_or_default();
        Some(Self { answer: response.json()?, asked })
    }

    /// Whether the answer says of each of these parts that it was not done: by
    /// the element that names its row, or by how many were not, `invalid` ones
    /// among them.
    pub(super) fn names(&self, refused: &[&LedgerEntry], invalid: usize) -> bool {
        let own: Vec<Vec<_>> = refused.iter().map(|entry| self.of(entry)).collect();
        let says_so = |own: &Vec<&Map<String, Value>>| own.iter().any(|element| self.is_refusal(element));
        if own.iter().any(|own| !own.is_empty() && !says_so(own)) {
            return false;
        }
        let named = own.iter().all(says_so);
        named || self.as_a_whole() || self.count("", &self.answer) >= refused.len() + invalid
    }

    /// The elements of lists that name the row of a part.
    fn of(&self, part: &LedgerEntry) -> Vec<&Map<String, Value>> {
        let keys: Vec<&str> =
            part.key.split(',').map(|key| key.split_once('=').map_or(key, |(_, v)| v).trim_matches('\'')).collect();
        let mut found = Vec::new();
        elements(&self.answer, &mut |element| {
            let named = |key: &&str| element.values().any(|v| v.as_str().is_some_and(|v| v.eq_ignore_ascii_case(key)));
            if !part.key.is_empty() && keys.iter().all(named) {
                found.push(element);
            }
        });
        found
    }

    /// Whether an answer says of the whole that not all was done.
    fn as_a_whole(&self) -> bool {
        self.answer.as_object().is_some_and(|object| object.values().any(|value| self.is_word_of_refusal(value)))
    }

    /// How many items were not done, by the largest figure or list that says
    /// so.
    fn count(&self, name: &str, value: &Value) -> usize {
        match value {
            Value::Number(n) if is_refusal(name) => n.as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
            Value::Array(list) if is_refusal(name) => list.len(),
            Value::Array(list) => {
                list.iter().filter_map(Value::as_object).filter(|object| self.is_refusal(object)).count()
            }
            Value::Object(object) => object.iter().map(|(name, value)| self.count(name, value)).max().unwrap_or(0),
            _ => 0,
        }
    }

    /// Whether an element says that it was not done.
    fn is_refusal(&self, element: &Map<String, Value>) -> bool {
        element.iter().any(|(name, value)| match value {
            Value::Bool(false) => DONE.contains(&name.to_ascii_lowercase().as_str()),
            Value::Number(n) if is_status(name) => n.as_u64().is_some_and(|n| (400..600).contains(&n)),
            Value::String(_) if self.is_word_of_refusal(value) => true,
            value => is_refusal(name) && !is_nothing(value),
        })
    }

    /// Whether a text is a word of refusal, and not what was sent.
    fn is_word_of_refusal(&self, value: &Value) -> bool {
        let word = value.as_str().filter(|text| text.len() <= LONGEST_WORD && !text.contains(char::is_whitespace));
        word.is_some_and(|word| is_refusal(word) && !self.asked.contains(word))
    }
}

fn elements<'v>(value: &'v Value, each: &mut impl FnMut(&'v Map<String, Value>)) {
    match value {
        Value::Array(list) => {
            for element in list {
                element.as_object().into_iter().for_each(&mut *each);
                elements(element, each);
            }
        }
        Value::Object(object) => object.values().for_each(|value| elements(value, each)),
        _ => {}
    }
}

/// Whether one of the words of a name is one of refusal: `rejectedRows`,
/// `not_found`.
fn is_refusal(name: &str) -> bool {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && words.last().is_some_and(|w| w.ends_with(char::is_lowercase))) {
            words.push(String::new());
        }
        words.last_mut().expect("there is a word").extend(c.to_lowercase());
    }
    let starts = |word: &String| {
        let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
        REFUSAL.iter().any(|refusal| if *refusal == "not" { word == "not" } else { word.starts_with(refusal) })
    };
    words.iter().any(starts)
}

fn is_status(name: &str) -> bool {
    ["status", "statuscode", "status_code", "httpstatus", "code"].contains(&name.to_ascii_lowercase().as_str())
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(n) => n.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
    }
}

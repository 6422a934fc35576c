//! A value out of a user's file that knows where it stands.

use super::{Diagnostic, Diagnostics, Place};

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a [`Node`] holds: YAML's core schema, which contains JSON.
#[derive(Clone, Debug)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written, kept exactly.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping in the order of the file; the key's node knows its place.
    Mapping(Vec<(Node, Node)>),
}

impl Node {
    /// The text, where it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(s) => Some(s),
            _ => None,
        }
    }

    /// The entries, where it is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.value {
            Value::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The entries, where it is a mapping.
    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under a key of a mapping. A key that was written as a number
    /// (`200:`) is found by its text.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let is = |node: &Node| match &node.value {
            Value::String(text) => text == key,
            Value::Number(_) | Value::Bool(_) => node.key_text() == key,
            _ => false,
        };
        self.as_mapping()?.iter().find(|(k, _)| is(k)).map(|(_, v)| v)
    }

    /// The node at a JSON Pointer (RFC 6901), e.g. `/errors/types/throttled`.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        pointer.split('/').skip(1).try_fold(self, |node, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::Sequence(items) => items.get(token.parse::<usize>().ok()?),
                _ => node.get(&token),
            }
        })
    }

    /// What kind of value it is, in a user's words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::String(_) => "text",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// The same as a JSON value; keys that are no text are written as text.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(b) => Json::Bool(*b),
            Value::Number(n) => Json::Number(n.clone()),
            Value::String(s) => Json::String(s.clone()),
            Value::Sequence(items) => items.iter().map(Node::to_json).collect(),
            Value::Mapping(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.key_text(), value.to_json())).collect())
            }
        }
    }

    /// A mapping key as text: `200:` in YAML is the key `"200"`.
    pub fn key_text(&self) -> String {
        match &self.value {
            Value::String(s) => s.clone(),
            Value::Number(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            _ => String::new(),
        }
    }

    /// Records that this is of the wrong kind.
    pub fn wrong_kind(&self, expected: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(
            Diagnostic::error(self.place.clone(), format!("expected {expected}"))
                .expected(expected)
                .actual(self.kind()),
        );
    }
}

//! A line of a service's log, and one tier's part in the story of an operation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::Timestamp;

/// A line of a service's log that is a JSON object. Others are passed over.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct LogLine(pub Map<String, Value>);

impl LogLine {
    /// From one line; `None`: it is no JSON object.
    pub fn parse(line: &str) -> Option<Self> {
        line.trim_start().starts_with('{').then(|| serde_json::from_str(line).ok()).flatten()
    }

    /// The texts of its members, those one level down too: structured loggers
    /// keep what a call brings in an object of its own.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let nested = self.0.values().filter_map(Value::as_object).flat_map(Map::values);
        self.0.values().chain(nested).filter_map(Value::as_str)
    }

    /// A member by its name; `a.b` is the member `b` of the object `a`.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = match name.split_once('.') {
            Some((outer, inner)) if !self.0.contains_key(name) => self.0.get(outer)?.get(inner),
            _ => self.0.get(name),
        };
        found?.as_str()
    }
}

/// What one tier knows of an operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ChainLink {
    /// `flow`, `gateway`, `service`, `dataverse`.
    pub tier: &'static str,
    /// When, where the tier tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Until when, where it lasted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What, in one line.
    pub what: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_by_name_and_one_level_down() {
        let line = LogLine::parse(r#"{"message":"done","a.b":"flat","call":{"id":"x"},"n":1}"#).expect("an object");
        assert_eq!(line.field("message"), Some("done"));
        assert_eq!(line.field("a.b"), Some("flat"));
        assert_eq!(line.field("call.id"), Some("x"));
        assert_eq!(line.field("n"), None);
        assert_eq!(line.texts().collect::<Vec<_>>(), ["done", "flat", "x"]);
        for other in ["INFO: started", "[1]", "{broken", ""] {
            assert_eq!(LogLine::parse(other), None, "{other}");
        }
    }
}

//! What is asked: everything that is wrong with its form, before anything is
//! done.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::super::call::parse_uuid;
use super::super::memory::{Fingerprint, ItemId};
use super::super::problem::{Fault, Problem};

const LONGEST_TEXT: usize = 2000;
const HIGHEST_AMOUNT: f64 = 1_000_000_000.0;
const LONGEST_TENURE: f64 = 1200.0;
const REGIONS: [&str; 4] = ["north", "south", "east", "west"];
const PROMPTS: [&str; 2] = ["2026-03", "2026-07"];
const MODELS: [&str; 2] = ["risk-3.1", "risk-3.2"];

/// A question that keeps all rules of form.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Question {
    /// The account that is decided about.
    pub(super) record: Uuid,
    /// The same as it was sent.
    pub(super) record_text: String,
    /// What is known, in words.
    pub(super) text: String,
    /// What else is known, in a fixed order.
    pub(super) features: Map<String, Value>,
    /// The version of the prompt.
    pub(super) prompt: &'static str,
    /// The version of the model.
    pub(super) model: &'static str,
}

impl Question {
    /// Reads the content; all its faults at once.
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        let whole = |detail: String| Problem::invalid(vec![Fault::new("", detail)]);
        let content: Value = serde_json::from_slice(body).map_err(|e| whole(format!("is no JSON document: {e}")))?;
        let Value::Object(members) = content else {
            return Err(whole("must be an object".to_owned()));
        };
        let mut reader = Reader { members: &members, faults: Vec::new() };
        let record = reader.record();
        let text = reader.text();
        let features = reader.features();
        let prompt = reader.version("promptVersion", &PROMPTS);
        let model = reader.version("modelVersion", &MODELS);
        reader.unknown();
        let faults = reader.faults;
        match (record, text, prompt, model) {
            (Some((record, record_text)), Some(text), Some(prompt), Some(model)) if faults.is_empty() => {
                Ok(Self { record, record_text, text, features, prompt, model })
            }
            _ => Err(Problem::invalid(faults)),
        }
    }

    /// Identity and content.
    pub(super) fn item(&self) -> (ItemId, Fingerprint) {
        let content = json!([self.text, self.features, self.prompt, self.model]).to_string();
        (ItemId(self.record.as_u128()), Fingerprint::of(content.as_bytes()))
    }

    /// The other version of the model.
    pub(super) fn other_model(&self) -> &'static str {
        if self.model == MODELS[0] { MODELS[1] } else { MODELS[0] }
    }
}

struct Reader<'a> {
    members: &'a Map<String, Value>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, pointer: &str, detail: impl Into<String>) {
        self.faults.push(Fault::new(pointer, detail));
    }

    fn record(&mut self) -> Option<(Uuid, String)> {
        let text = self.members.get("recordId").and_then(Value::as_str);
        let found = text.and_then(|text| Some((parse_uuid(text)?, text.to_owned())));
        if found.is_none() {
            self.fault("/recordId", "must be a UUID");
        }
        found
    }

    fn text(&mut self) -> Option<String> {
        let text = self.members.get("text").and_then(Value::as_str);
        let fits = text.filter(|text| (1..=LONGEST_TEXT).contains(&text.chars().count()));
        if fits.is_none() {
            self.fault("/text", format!("must be a text of 1 to {LONGEST_TEXT} characters"));
        }
        fits.map(str::to_owned)
    }

    fn version(&mut self, member: &str, known: &[&'static str]) -> Option<&'static str> {
        let sent = self.members.get(member).and_then(Value::as_str);
        let found = sent.and_then(|sent| known.iter().find(|version| **version == sent).copied());
        if found.is_none() {
            self.fault(&format!("/{member}"), format!("must be one of {}", known.join(", ")));
        }
        found
    }

    fn features(&mut self) -> Map<String, Value> {
        let members = match self.members.get("features") {
            None => return Map::new(),
            Some(Value::Object(members)) => members.clone(),
            Some(_) => {
                self.fault("/features", "must be an object");
                return Map::new();
            }
        };
        let within = |value: &Value, most: f64| value.as_f64().filter(|n| (0.0..=most).contains(n));
        let mut features = Map::new();
        for (name, value) in &members {
            let read = match name.as_str() {
                "amount" => within(value, HIGHEST_AMOUNT).map(Value::from),
                "tenureMonths" => within(value, LONGEST_TENURE).filter(|n| n.fract() == 0.0).map(Value::from),
                "region" => value.as_str().filter(|text| REGIONS.contains(text)).map(Value::from),
                _ => None,
            };
            match read {
                Some(value) => {
                    features.insert(name.clone(), value);
                }
                None => self.fault(&format!("/features/{}", escape(name)), "is not known, or out of its range"),
            }
        }
        features.sort_keys();
        features
    }

    fn unknown(&mut self) {
        let known = ["recordId", "text", "features", "promptVersion", "modelVersion"];
        let unknown: Vec<String> =
            self.members.keys().filter(|name| !known.contains(&name.as_str())).cloned().collect();
        for name in unknown {
            self.fault(&format!("/{}", escape(&name)), "is not known");
        }
    }
}

/// As a reference token of a JSON Pointer (RFC 6901 §3).
fn escape(member: &str) -> String {
    member.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Value {
        json!({
            "recordId": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "text": "x",
            "promptVersion": "2026-07", "modelVersion": "risk-3.2",
        })
    }

    fn with(member: &str, value: Value) -> Result<Question, Problem> {
        let mut content = asked();
        content[member] = value;
        Question::read(content.to_string().as_bytes())
    }

    #[test]
    fn limits_are_kept_to_the_edge() {
        for (member, good) in [
            ("text", json!("ä".repeat(2000))),
            ("features", json!({})),
            ("features", json!({"amount": 1e9, "tenureMonths": 1200, "region": "west"})),
            ("modelVersion", json!("risk-3.1")),
        ] {
            with(member, good.clone()).unwrap_or_else(|problem| panic!("{good}: {problem:?}"));
        }
        for (member, bad, place) in [
            ("recordId", json!("6f9619ff8b864d01b42d00cf4fc964ff"), "/recordId"),
            ("text", json!(""), "/text"),
            ("text", json!("x".repeat(2001)), "/text"),
            ("features", json!({"amount": -1}), "/features/amount"),
            ("features", json!({"tenureMonths": 1.5}), "/features/tenureMonths"),
            ("features", json!({"x": 1}), "/features/x"),
            ("features", json!([]), "/features"),
            ("promptVersion", json!("2026-08"), "/promptVersion"),
            ("modelVersion", json!(null), "/modelVersion"),
            ("a/b", json!(1), "/a~1b"),
        ] {
            let problem = with(member, bad.clone()).expect_err("invalid");
            assert!(problem.errors.iter().any(|fault| fault.pointer == place), "{bad}: {problem:?}");
        }
    }

    #[test]
    fn equal_content_has_one_fingerprint() {
        let one = with("features", json!({"amount": 5, "region": "west"})).expect("valid").item();
        assert_eq!(one, with("features", json!({"region": "west", "amount": 5.0})).expect("valid").item());
        assert_ne!(one, with("features", json!({"region": "east", "amount": 5})).expect("valid").item());
    }
}

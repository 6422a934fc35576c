//! The same inputs at a version and at its successor: what clients will notice
//! that no comparison of two documents tells.

use serde::Serialize;

use crate::contract::ContractId;
use crate::contract::behaviour::Behaviour;
use crate::contract::recorded::{ANY_TEXT, RecordedAnswer, Told};
use crate::record::effects_differ;

/// How the same inputs fared at both versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// Inputs that keep the old version's contract, and were sent to both.
    pub inputs: usize,
    /// Those that both took alike: accepted or refused, and written.
    pub equal: usize,
    /// Those that the successor's own document refuses: a breaking change that
    /// is told already.
    pub declared: usize,
    /// Those that fared differently, the smallest first.
    pub different: Vec<DifferentInput>,
    /// Those that were not compared, for an answer told of the moment.
    pub left_out: usize,
}

/// One input that fared differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DifferentInput {
    /// `operationId` of the old version.
    pub operation: String,
    /// What the input is, in plain words.
    pub tries: String,
    /// What differs.
    pub what: String,
    /// What the old version did.
    pub old: String,
    /// What its successor did.
    pub new: String,
    /// How to send it to the old version.
    pub curl_old: String,
    /// How to send it to its successor.
    pub curl_new: String,
    /// Bytes of content.
    #[serde(skip)]
    pub bytes: u64,
}

/// What differs: its name, the old, the new.
pub type Departure = (String, String, String);

/// Compares what both versions were told to have done with the same input:
/// whether it was accepted, or with which failure type refused, and what was
/// written, in columns that both declare. Shapes of answers are the business of
/// the comparison of the two documents.
pub fn departure(old: &Told, new: &Told, promises: [Option<&Behaviour>; 2]) -> Option<Departure> {
    let (then, now) = (fate(old), fate(new));
    if then != now {
        return Some(("acceptance".to_owned(), then, now));
    }
    let found = effects_differ(&of_both(old, promises), &of_both(new, promises))?;
    Some((found.at, found.then, found.now))
}

/// What became of a call, in words: for a call that is polled, of its result.
fn fate(told: &Told) -> String {
    let last: &RecordedAnswer = told.result.as_ref().unwrap_or(&told.answer);
    let failure = last.body.get("failureType").and_then(serde_json::Value::as_str);
    match (last.status, failure) {
        (200..300, Some(name)) => format!("accepted, then failed: {name}"),
        (200..300, None) => "accepted".to_owned(),
        (_, Some(name)) => format!("refused: {name}"),
        (status, None) => format!("refused: {status}"),
    }
}

/// The effects as far as both versions promise them; a new row has a key of its
/// own each time.
fn of_both(told: &Told, promises: [Option<&Behaviour>; 2]) -> Told {
    let columns = |behaviour: Option<&Behaviour>| behaviour.and_then(|b| b.effects.as_ref()).map(|e| e.columns.clone());
    let declared = promises.map(columns);
    let is_declared = |name: &String| declared.iter().flatten().all(|columns| columns.iter().any(|c| **c == **name));
    let mut told = told.clone();
    for effect in told.effects.iter_mut().flatten() {
        effect.columns.retain(|name, _| is_declared(name));
        if effect.operation == "create" {
            ANY_TEXT.clone_into(&mut effect.key);
        }
    }
    told
}

impl Compared {
    /// In one sentence without a full stop.
    pub fn sentence(&self, successor: &ContractId) -> String {
        let inputs = if self.inputs == 1 { "1 input".to_owned() } else { format!("{} inputs", self.inputs) };
        let declared = match self.declared {
            0 => String::new(),
            n => format!(", {n} refused as its document says"),
        };
        format!(
            "{inputs} to both versions: {} treated alike by {successor}{declared}, {} otherwise",
            self.equal,
            self.different.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, Value, json};

    use super::*;
    use crate::contract::recorded::RecordedEffect;

    fn told(status: u16, body: Value, name: &str) -> Told {
        let answer = RecordedAnswer { status, media_type: None, headers: BTreeMap::new(), body };
        let columns: Map<String, Value> = [("name".to_owned(), name.into())].into_iter().collect();
        let effect = RecordedEffect { operation: "create".into(), table: "things".into(), key: name.into(), columns };
        Told { answer, result: None, effects: Some(vec![effect]) }
    }

    #[test]
    fn acceptance_and_effects_are_compared_and_shapes_are_not() {
        let old = told(200, json!({"updated": 1}), "x");
        let polled = Told { result: Some(told(200, json!({"failed": 0}), "x").answer), ..told(202, json!({}), "x") };
        assert_eq!(departure(&old, &polled, [None, None]), None);
        let refused = told(400, json!({"failureType": "validation_error"}), "x");
        let found = departure(&old, &refused, [None, None]).expect("differs");
        assert_eq!((found.1.as_str(), found.2.as_str()), ("accepted", "refused: validation_error"));
        let other = departure(&old, &told(200, json!({}), "y"), [None, None]).expect("differs");
        assert_eq!(other.0, "create of things, column name");
        let failed = told(200, json!({"failureType": "internal"}), "x");
        assert!(departure(&old, &failed, [None, None]).is_some());
    }
}

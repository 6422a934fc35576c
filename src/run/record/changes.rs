//! How a new record differs from the one that is there, one line a case.

use std::collections::BTreeMap;

use crate::contract::recorded::{Recorded, RecordedCase};
use crate::record::{Difference, difference, effects_differ};

/// One line for each case that changed, is new or is gone.
pub(super) fn changes(before: &Recorded, after: &Recorded) -> Vec<String> {
    let mut lines = Vec::new();
    if before.seed != after.seed {
        lines.push(format!("seed: {} becomes {}: all cases are other ones", before.seed, after.seed));
    }
    let mut gone: BTreeMap<String, &RecordedCase> = before.cases.iter().map(|case| (case.name(), case)).collect();
    for case in &after.cases {
        let name = case.name();
        match gone.remove(&name) {
            None => lines.push(format!("{name}: new ({})", case.tries)),
            Some(then) => lines.extend(change(then, case).map(|what| format!("{name}: {what}"))),
        }
    }
    lines.extend(gone.into_keys().map(|name| format!("{name}: gone")));
    lines
}

fn change(then: &RecordedCase, now: &RecordedCase) -> Option<String> {
    if then.request.digest != now.request.digest {
        return Some("another request".to_owned());
    }
    let found = difference(&then.told, &now.told).or_else(|| effects_differ(&then.told, &now.told));
    if let Some(Difference { at, then, now, .. }) = found {
        return Some(format!("{at}: {then} becomes {now}"));
    }
    (then.told != now.told || then.tries != now.tries).then(|| "told in other words".to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::contract::recorded::{RecordedAnswer, RecordedRequest, Told};
    use crate::diagnose::Place;

    fn case(index: u32, digest: &str, body: Value) -> RecordedCase {
        let answer = RecordedAnswer { status: 200, media_type: None, headers: BTreeMap::new(), body };
        RecordedCase {
            operation: "add".into(),
            kind: "boundary".into(),
            index,
            tries: "an edge".into(),
            request: RecordedRequest { line: "POST /".into(), digest: digest.into(), body: Value::Null },
            told: Told { answer, result: None, effects: None },
            place: Place::file("recorded.json"),
        }
    }

    #[test]
    fn each_change_is_one_line() {
        let of = |cases| Recorded { file: "recorded.json".into(), seed: 1, cases };
        let before =
            of(vec![case(0, "a", json!(1)), case(1, "a", json!(1)), case(2, "a", json!(1)), case(3, "a", json!(1))]);
        let after =
            of(vec![case(0, "a", json!(1)), case(1, "b", json!(1)), case(2, "a", json!(2)), case(4, "a", json!(1))]);
        let expected = [
            "add:boundary:1: another request",
            "add:boundary:2: body : 1 becomes 2",
            "add:boundary:4: new (an edge)",
            "add:boundary:3: gone",
        ];
        assert_eq!(changes(&before, &after), expected);
        assert!(changes(&before, &before).is_empty());
    }
}

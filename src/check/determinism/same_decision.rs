//! `determinism/same-decision`.

use serde_json::Value;

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Determinism, Selector};
use crate::generate::{Call, Need};
use crate::observe::CallRun;
use crate::wire::{Headers, Response};

pub(in crate::check) const CHECK: Check = Check {
    id: "determinism/same-decision",
    family: Family::Determinism,
    title: "the same input is decided the same way",
    explanation: "Where the behaviour file declares `determinism`, two calls that are equal in all places of `same` \
        are answered equally in all places of `gives`, whatever their ID and whoever sends them. A decision that \
        depends on the time, on the attempt, on the caller or on a share of traffic that a new version of the model \
        gets can't be explained afterwards.\n\nThe same call under the same ID is a duplicate, and \
        `idempotency/replay-differs` speaks of it.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(determinism) = &behaviour.determinism else { return false };
    let decided: Vec<Decided<'_>> = subject.calls().filter_map(|(call, run)| decided(determinism, call, run)).collect();
    let mut concerned = false;
    for (index, second) in decided.iter().enumerate() {
        let first = decided[..index].iter().find(|first| {
            first.asked == second.asked
                && (first.call.correlation != second.call.correlation || first.run.client != second.run.client)
        });
        let Some(first) = first else { continue };
        concerned = true;
        let differs = determinism.gives.iter().find(|place| given(first.answer, place) != given(second.answer, place));
        let Some(place) = differs else { continue };
        let other = if first.run.client == second.run.client { "under another ID" } else { "by another caller" };
        found.push(subject.finding(
            &CHECK,
            second.run.result(),
            Claim {
                what: format!("{place} {other}"),
                title: format!("the same input, sent again {other}, was answered another {place}"),
                expected: shown(first.answer, place),
                actual: shown(second.answer, place),
                place: Some(determinism.place.clone()),
            },
        ));
    }
    concerned
}

/// A call that was decided.
struct Decided<'a> {
    call: &'a Call,
    run: &'a CallRun,
    asked: Vec<Vec<Value>>,
    answer: &'a Response,
}

fn decided<'a>(determinism: &Determinism, call: &'a Call, run: &'a CallRun) -> Option<Decided<'a>> {
    if determinism.operation.as_ref().is_some_and(|operation| **operation != *call.operation) {
        return None;
    }
    let answer = run.result()?.response().filter(|response| (200..300).contains(&response.status))?;
    let asked: Vec<Vec<Value>> = determinism.same.iter().map(|place| asked(call, place)).collect();
    // Whose requests have none of these places is not spoken of.
    let named =
        asked.iter().any(|values| !values.is_empty()) && determinism.gives.iter().any(|p| !given(answer, p).is_empty());
    (named && answer.status != 202).then_some(Decided { call, run, asked, answer })
}

/// What stands in a place of a request.
fn asked(call: &Call, place: &Selector) -> Vec<Value> {
    match place {
        Selector::Body(_) => {
            let body: Option<Value> = call.request.body.bytes().and_then(|bytes| serde_json::from_slice(bytes).ok());
            body.map(|body| place.select(&body).into_iter().cloned().collect()).unwrap_or_default()
        }
        Selector::Header(name) => field(&call.request.headers, name),
        Selector::Query(name) => {
            let query = call.request.target.split_once('?').map_or("", |(_, query)| query);
            url::form_urlencoded::parse(query.as_bytes())
                .filter(|(n, _)| n == name)
                .map(|(_, v)| v.as_ref().into())
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What stands in a place of an answer.
fn given(answer: &Response, place: &Selector) -> Vec<Value> {
    match place {
        Selector::Body(_) => {
            answer.json().map(|body| place.select(&body).into_iter().cloned().collect()).unwrap_or_default()
        }
        Selector::Header(name) => field(&answer.headers, name),
        _ => Vec::new(),
    }
}

fn field(headers: &Headers, name: &str) -> Vec<Value> {
    headers.get(name).map(Value::from).into_iter().collect()
}

fn shown(answer: &Response, place: &Selector) -> String {
    let values: Vec<String> = given(answer, place).iter().map(Value::to_string).collect();
    if values.is_empty() { format!("no {place}") } else { format!("{place} is {}", values.join(", ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, selector, with};
    use crate::contract::Contract;
    use crate::contract::behaviour::Determinism;
    use crate::diagnose::Place;
    use crate::generate::{Caller, CaseKind, Expect, Probe};

    fn contract() -> Contract {
        with(|b| {
            b.determinism = Some(Determinism {
                operation: None,
                same: vec![selector("body /text")],
                gives: vec![selector("body /decision")],
                place: Place::file("behaviour.yaml"),
            });
        })
    }

    /// Two calls with these IDs, texts and decisions.
    fn play(calls: [(&str, &str, &str); 2]) -> Play {
        calls.into_iter().fold(Play::new(CaseKind::Probe(Probe::Determinism)), |play, (id, text, decision)| {
            let play = play.call(Expect::Success).id(Some(id)).body(&json!({ "text": text }));
            play.answered(answer(200).json(&json!({ "decision": decision, "decisionId": id })))
        })
    }

    #[test]
    fn another_decision_about_the_same_input_is_found() {
        let found = |calls| play(calls).findings(&super::CHECK, &contract()).len();
        assert_eq!(found([(ID, "a", "approve"), (OTHER_ID, "a", "decline")]), 1);
        assert_eq!(found([(ID, "a", "approve"), (OTHER_ID, "a", "approve")]), 0);
        assert_eq!(found([(ID, "a", "approve"), (OTHER_ID, "b", "decline")]), 0, "another input");
        assert_eq!(found([(ID, "a", "approve"), (ID, "a", "decline")]), 0, "a duplicate");
    }

    #[test]
    fn another_caller_gets_the_same_decision() {
        let first = play([(ID, "a", "approve"), (OTHER_ID, "b", "approve")]);
        let second = first.call(Expect::Success).caller(Caller::Own(1)).body(&json!({ "text": "a" }));
        let second = second.answered(answer(200).json(&json!({ "decision": "refer" })));
        let found = second.findings(&super::CHECK, &contract());
        assert_eq!(found.len(), 1);
        assert!(found[0].title.contains("by another caller"), "{}", found[0].title);
    }
}

//! `idempotency/replay-differs`.

use serde_json::Value;

use crate::check::answer::{failure_type, in_words, succeeded, was_throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, SameContent, Selector, TypeName};
use crate::generate::{Call, Expect, Need};
use crate::observe::CallRun;
use crate::wire::{Exchange, Response};

use super::again::is_done;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/replay-differs",
    family: Family::Idempotency,
    title: "the same call again gets the same answer",
    explanation: "With `same_item_same_content: same_result`, a call that is repeated after a success has the status \
        and the body of the first answer, but for what the contract lists as `volatile`; JSON is compared by value. \
        A flow that lost the first answer goes on with the second, and must not notice. With a failure type \
        instead (`already_processed`), the repetition is answered with that type.\n\nHeader fields are compared \
        only where one leads on: `Location` of a 202.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(idempotency) = &behaviour.idempotency else { return false };
    let calls: Vec<(&Call, &CallRun)> = subject.calls().collect();
    let mut concerned = false;
    for (call, run) in &calls {
        let Some(base) = base(&calls, call, run) else { continue };
        let (Some(first), Some(second)) = (base.last(), run.last()) else { continue };
        if second.response().is_none() || was_throttled(second) {
            continue;
        }
        concerned = true;
        let difference = match &idempotency.same_content {
            SameContent::SameResult => {
                difference(behaviour, first, second).or_else(|| later_difference(behaviour, base, run))
            }
            SameContent::Type(name) => not_of_type(second, name),
        };
        if let Some((what, expected, actual)) = difference {
            found.push(subject.finding(
                &CHECK,
                Some(second),
                Claim {
                    what: format!("{} {what}", call.role),
                    title: format!("the same call again got another answer: {what}"),
                    expected,
                    actual,
                    place: Some(behaviour.place("/idempotency/same_item_same_content")),
                },
            ));
        }
    }
    concerned
}

/// The call whose answer this one must repeat, if that one succeeded and left
/// nothing undone. Of several that were released together nobody knows which
/// was the first: any that succeeded will do, and each of them that succeeded
/// tells the same.
fn base<'a>(calls: &[(&Call, &'a CallRun)], call: &Call, run: &CallRun) -> Option<&'a CallRun> {
    let done = |candidate: &CallRun| {
        candidate.last().is_some_and(succeeded) && candidate.result().is_some_and(|result| is_done(result, call))
    };
    let same = || calls.iter().filter(|(c, r)| c.expect == Expect::OneOfSame && done(r)).map(|(_, r)| *r);
    match call.expect {
        Expect::Replay { of } => {
            let named = calls.iter().map(|(_, r)| *r).find(|r| r.call == of && done(r));
            named.or_else(|| same().next())
        }
        Expect::OneOfSame if run.last().is_some_and(succeeded) => same().find(|r| r.call < run.call),
        _ => None,
    }
}

/// What differs, what was expected, what came.
type Difference = (String, String, String);

fn not_of_type(second: &Exchange, name: &TypeName) -> Option<Difference> {
    let response = second.response()?;
    (failure_type(response).as_ref() != Some(name)).then(|| ("type".to_owned(), name.to_string(), in_words(second)))
}

fn difference(behaviour: &Behaviour, first: &Exchange, second: &Exchange) -> Option<Difference> {
    let (a, b) = (first.response()?, second.response()?);
    if a.status != b.status {
        return Some(("status".to_owned(), in_words(first), in_words(second)));
    }
    let location = |r: &Response| r.headers.get("location").map(str::to_owned);
    if a.status == 202 && location(a) != location(b) {
        let shown = |r: &Response| location(r).unwrap_or_else(|| "no Location".to_owned());
        return Some(("Location".to_owned(), shown(a), shown(b)));
    }
    body_difference(behaviour, a, b)
}

/// How the answers of two calls differ that are to be the same: what was
/// expected, what came.
pub(super) fn answers_differ(behaviour: &Behaviour, first: &CallRun, second: &CallRun) -> Option<(String, String)> {
    let found = difference(behaviour, first.last()?, second.last()?);
    let (what, expected, actual) = found.or_else(|| later_difference(behaviour, first, second))?;
    Some((format!("{what}: {expected}"), actual))
}

/// The results of two calls that were polled to their end.
fn later_difference(behaviour: &Behaviour, first: &CallRun, second: &CallRun) -> Option<Difference> {
    let (a, b) = (first.polls.last()?, second.polls.last()?);
    if a.status() != Some(200) || was_throttled(b) || b.status() == Some(202) {
        return None;
    }
    difference(behaviour, a, b)
}

fn body_difference(behaviour: &Behaviour, a: &Response, b: &Response) -> Option<Difference> {
    let volatile = behaviour.idempotency.as_ref().map(|i| i.volatile.as_slice()).unwrap_or_default();
    match (a.json(), b.json()) {
        (Some(mut x), Some(mut y)) => {
            for selector in volatile {
                remove(&mut x, selector);
                remove(&mut y, selector);
            }
            let (pointer, x, y) = first_difference(&x, &y, String::new())?;
            Some((format!("body {pointer}"), x, y))
        }
        _ if a.body == b.body => None,
        _ => Some(("body".to_owned(), format!("{} bytes as the first time", a.body.len()), "other content".to_owned())),
    }
}

/// Takes out what may differ.
fn remove(value: &mut Value, selector: &Selector) {
    fn take(value: &mut Value, path: &[String]) {
        match (path, value) {
            ([last], Value::Object(members)) => {
                members.shift_remove(last);
            }
            ([star, rest @ ..], Value::Array(elements)) if star == "*" => {
                for element in elements {
                    take(element, rest);
                }
            }
            ([index, rest @ ..], Value::Array(elements)) => {
                if let Some(element) = index.parse::<usize>().ok().and_then(|i| elements.get_mut(i)) {
                    take(element, rest);
                }
            }
            ([name, rest @ ..], Value::Object(members)) => {
                if let Some(member) = members.get_mut(name) {
                    take(member, rest);
                }
            }
            _ => {}
        }
    }
    if let Selector::Body(path) = selector {
        take(value, path);
    }
}

/// The first place where two values differ, elements shown as `*`, and both
/// values there.
fn first_difference(a: &Value, b: &Value, at: String) -> Option<(String, String, String)> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => {
            let mut names = x.keys().chain(y.keys().filter(|name| !x.contains_key(*name)));
            names.find_map(|name| {
                let member = |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or_default();
                first_difference(&member(x), &member(y), format!("{at}/{name}"))
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            x.iter().zip(y).find_map(|(x, y)| first_difference(x, y, format!("{at}/*")))
        }
        _ if a == b => None,
        _ => Some((at, short(a), short(b))),
    }
}

fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Answer, Play, answer, failure, with, with_behaviour};
    use crate::contract::behaviour::{SameContent, TypeName};
    use crate::generate::{CaseKind, Expect, Probe};

    fn play(first: Answer, second: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::DuplicateSequential)).call(Expect::Success).answered(first);
        play.call(Expect::Replay { of: 0 }).role("duplicate").answered(second)
    }

    #[test]
    fn another_status_and_another_body_are_found() {
        let contract = with_behaviour();
        let body = |id: u32, at: u32| answer(200).json(&json!({"batchId": id, "at": at}));
        assert!(play(body(1, 1), body(1, 2)).findings(&super::CHECK, &contract).is_empty(), "volatile");
        let found = play(body(1, 1), body(2, 1)).findings(&super::CHECK, &contract);
        assert_eq!(found.len(), 1);
        assert!(found[0].title.ends_with("body /batchId"), "{}", found[0].title);
        let conflict = play(body(1, 1), failure(409, "idempotency_conflict"));
        assert_eq!(conflict.findings(&super::CHECK, &contract).len(), 1);
    }

    #[test]
    fn the_order_of_members_is_no_difference() {
        let text = |text: &str| answer(200).text(text).header("Content-Type", "application/json");
        let play = play(text(r#"{"a":1,"b":2}"#), text(r#"{"b":2,"a":1}"#));
        assert!(play.findings(&super::CHECK, &with_behaviour()).is_empty());
    }

    #[test]
    fn after_a_failure_and_when_throttled_nothing_is_compared() {
        let contract = with_behaviour();
        assert!(play(failure(503, "in_progress"), answer(200)).findings(&super::CHECK, &contract).is_empty());
        assert!(play(answer(200), failure(429, "throttled")).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn another_location_and_another_result_are_found() {
        let contract = with_behaviour();
        let accepted = |to: &str| answer(202).header("Location", to);
        assert_eq!(play(accepted("/a"), accepted("/b")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(accepted("/a"), accepted("/a")).findings(&super::CHECK, &contract).is_empty());
        let result = |updated: u32| answer(200).json(&json!({"updated": updated}));
        let first = Play::new(CaseKind::Probe(Probe::DuplicateSequential)).call(Expect::Success);
        let first = first.answered(accepted("/a")).polled(result(2));
        let second = first.call(Expect::Replay { of: 0 }).answered(accepted("/a")).polled(result(0));
        assert_eq!(second.findings(&super::CHECK, &contract).len(), 1);
    }

    #[test]
    fn answers_of_calls_released_together_are_compared() {
        let contract = with_behaviour();
        let body = |id: u32| answer(200).json(&json!({"batchId": id}));
        let play = |second: Answer, later: Answer| {
            let play = Play::new(CaseKind::Probe(Probe::DuplicateConcurrent)).call(Expect::OneOfSame);
            let play = play.answered(failure(503, "in_progress")).call(Expect::OneOfSame).answered(body(1));
            let play = play.call(Expect::OneOfSame).answered(second).together(3);
            play.call(Expect::Replay { of: 0 }).answered(later).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(play(body(1), body(1)), 0);
        assert_eq!(play(body(2), body(1)), 1);
        assert_eq!(play(failure(503, "in_progress"), body(2)), 1);
    }

    #[test]
    fn a_declared_type_is_demanded() {
        let contract = with(|b| {
            b.idempotency.as_mut().unwrap().same_content = SameContent::Type(TypeName::new("idempotency_conflict"));
        });
        assert_eq!(play(answer(200), answer(200)).findings(&super::CHECK, &contract).len(), 1);
        let told = play(answer(200), failure(409, "idempotency_conflict"));
        assert!(told.findings(&super::CHECK, &contract).is_empty());
    }
}

//! `idempotency/while-running`.

use crate::check::answer::{declared, failure_type, in_words, was_throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, Retry, RunningPolicy};
use crate::generate::{Expect, Need};
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/while-running",
    family: Family::Idempotency,
    title: "a duplicate of a running call is answered as declared",
    explanation: "Identical calls that are released together are each answered as the first, as its replay, or as the \
        contract's `while_running` says: with the declared type, with the same `Location`, or after waiting. A 409 \
        here loses the operation, because flows never retry it, and a 500 shows a collision that the database \
        noticed and the service did not expect.\n\nFailures of the way that flows retry (503, 504, but not 500) are \
        not blamed.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let policy = behaviour.idempotency.as_ref().and_then(|i| i.while_running.as_ref());
    let Some(policy) = policy else { return false };
    let answers: Vec<&Exchange> = subject
        .calls()
        .filter(|(call, _)| call.expect == Expect::OneOfSame)
        .filter_map(|(_, run)| run.last())
        .filter(|exchange| exchange.response().is_some() && !was_throttled(exchange))
        .collect();
    let wrong = answers.iter().find(|exchange| !is_allowed(behaviour, policy, exchange));
    if let Some(exchange) = wrong {
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: in_words(exchange),
                title: format!("a duplicate of a running call was answered {}", in_words(exchange)),
                expected: format!("a success, or {}", in_expected_words(policy)),
                actual: in_words(exchange),
                place: Some(behaviour.place("/idempotency/while_running")),
            },
        ));
    }
    if let Some((first, other)) = two_locations(&answers).filter(|_| *policy == RunningPolicy::SameLocation) {
        found.push(subject.finding(
            &CHECK,
            answers.last().copied(),
            Claim {
                what: "two locations".to_owned(),
                title: "identical calls that were released together got two locations".to_owned(),
                expected: format!("Location: {first} for each of them"),
                actual: format!("Location: {other} for one"),
                place: Some(behaviour.place("/idempotency/while_running")),
            },
        ));
    }
    !answers.is_empty()
}

fn is_allowed(behaviour: &Behaviour, policy: &RunningPolicy, exchange: &Exchange) -> bool {
    let Some(response) = exchange.response() else { return true };
    if response.status < 300 {
        return true;
    }
    let named = failure_type(response);
    if let (RunningPolicy::Type(wanted), Some(name)) = (policy, &named)
        && wanted == name
    {
        // That its status is the declared one is for `taxonomy/status`, and
        // for here too: with another status the flow does something else.
        return behaviour.error(wanted).is_none_or(|t| t.status == response.status);
    }
    let of_type = declared(behaviour, response);
    response.status > 500 && of_type.is_some_and(|t| t.retry == Retry::Policy && t.status == response.status)
}

fn in_expected_words(policy: &RunningPolicy) -> String {
    match policy {
        RunningPolicy::Type(name) => format!("`{name}`"),
        RunningPolicy::Waits => "the same after waiting".to_owned(),
        RunningPolicy::SameLocation => "202 with the same Location".to_owned(),
    }
}

fn two_locations(answers: &[&Exchange]) -> Option<(String, String)> {
    let mut locations =
        answers.iter().filter(|e| e.status() == Some(202)).filter_map(|e| e.response()?.headers.get("location"));
    let first = locations.next()?;
    locations.find(|other| *other != first).map(|other| (first.to_owned(), other.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with, with_behaviour};
    use crate::contract::behaviour::RunningPolicy;
    use crate::generate::{CaseKind, Expect, Probe};

    fn play(first: Answer, second: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::DuplicateConcurrent)).call(Expect::OneOfSame).answered(first);
        play.call(Expect::OneOfSame).answered(second).together(2)
    }

    #[test]
    fn a_conflict_and_a_server_error_are_found() {
        let contract = with_behaviour();
        for (second, broken) in [
            (answer(200), false),
            (failure(503, "in_progress"), false),
            (failure(429, "throttled"), false),
            (failure(504, "timeout"), false),
            (failure(409, "in_progress"), true),
            (failure(409, "idempotency_conflict"), true),
            (failure(500, "internal"), true),
        ] {
            let found = play(answer(200), second).findings(&super::CHECK, &contract);
            assert_eq!(!found.is_empty(), broken, "{found:?}");
        }
    }

    #[test]
    fn two_locations_are_found() {
        let contract = with(|b| b.idempotency.as_mut().unwrap().while_running = Some(RunningPolicy::SameLocation));
        let accepted = |to: &str| answer(202).header("Location", to);
        assert_eq!(play(accepted("/a"), accepted("/b")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(accepted("/a"), accepted("/a")).findings(&super::CHECK, &contract).is_empty());
    }
}

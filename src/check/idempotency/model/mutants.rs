//! The model against a service that keeps its promises, and against those that
//! break one each.

use proptest::prelude::*;

use super::history::{Answer, Asked, Attempt, Event, History, Written};
use super::reference::{Mutant, Service, WINDOW};
use super::{Kind, Violation, judge};
use crate::check::synthetic::with_behaviour;
use crate::clock::Timestamp;
use crate::contract::behaviour::{Idempotency, OtherContent, RunningPolicy, SameContent, Scope, TypeName};
use crate::generate::Item;
use crate::generate::sequence::{Alphabet, SequenceSpec, draw, sequences, shrink};

const ALL: Alphabet = Alphabet {
    items: 4,
    width: 3,
    contents: true,
    spellings: true,
    steps: true,
    principals: true,
    versions: false,
    faults: true,
    restarts: true,
    window: true,
};

fn promise() -> Idempotency {
    let behaviour = with_behaviour().behaviour.expect("it has one");
    Idempotency {
        scope: vec![Scope::Principal, Scope::Operation],
        same_content: SameContent::SameResult,
        other_content: Some(OtherContent::Type(TypeName::new("idempotency_conflict"))),
        while_running: Some(RunningPolicy::Type(TypeName::new("in_progress"))),
        window: WINDOW,
        ..behaviour.idempotency.clone().expect("it promises some")
    }
}

fn violations(spec: &SequenceSpec, seed: u64, mutant: Option<Mutant>) -> Vec<Violation> {
    let (history, shown) = Service::play(spec, seed, mutant);
    let differ = |first: usize, second: usize| {
        (shown[first] != shown[second]).then(|| (shown[first].to_string(), shown[second].to_string()))
    };
    judge(&promise(), true, &history, &differ)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Whatever is done in whatever interleaving: a service that keeps its
    /// promises is never blamed.
    #[test]
    fn a_right_service_is_never_blamed(spec in sequences(ALL), seed in any::<u64>()) {
        let found = violations(&spec, seed, None);
        prop_assert!(found.is_empty(), "{spec}\n{found:#?}");
    }
}

/// Each broken promise shows within some hundred sequences, and in a sequence
/// that was made as small as it goes.
#[test]
fn each_mutant_is_found_and_its_sequence_shrinks() {
    for mutant in Mutant::ALL {
        let fails = |spec: &SequenceSpec| (0..8).any(|seed| !violations(spec, seed, Some(mutant)).is_empty());
        let found = (0..600).map(|seed| draw(ALL, seed)).find(fails);
        let mut spec = found.unwrap_or_else(|| panic!("{mutant:?} was not found"));
        while let Some(smaller) = shrink(&spec).into_iter().find(fails) {
            spec = smaller;
        }
        assert!(spec.moves.len() <= 4, "{mutant:?}: {spec}");
    }
}

/// Two principals write the same under the same ID. Who was told of a failure
/// and finds what he wanted to write may rightly take it for his own; who was
/// not, may not.
#[test]
fn a_failed_write_may_be_taken_for_ones_own_and_one_that_never_failed_may_not() {
    let at = Timestamp::from_seconds;
    let attempt = |second, answer| Attempt { sent: at(second), done: at(second), answer, words: String::new() };
    let asked = |number, principal: &str, attempts| Asked {
        number,
        role: "first",
        principal: principal.into(),
        operation: "submit".into(),
        version: "v1".into(),
        step: None,
        items: vec![Item { id: "row".into(), content: 7 }],
        patient: false,
        attempts,
    };
    let failed = Answer::Failed { status: 503, name: None, by_service: true };
    let blamed = |first: Vec<Attempt>| {
        let second = asked(1, "b", vec![attempt(9, Answer::Done(Vec::new()))]);
        let history = History {
            events: vec![Event::Calls(vec![asked(0, "a", first)]), Event::Calls(vec![second])],
            effects: vec![Written { key: "row".into(), at: at(1), sequence: 1, over_others: false }],
            unmarked: false,
            quiet: true,
            watched: true,
        };
        judge(&promise(), true, &history, &|_, _| None).iter().any(|violation| violation.kind == Kind::Lost)
    };
    assert!(!blamed(vec![attempt(1, failed), attempt(2, Answer::Done(Vec::new()))]));
    assert!(blamed(vec![attempt(2, Answer::Done(Vec::new()))]));
}

/// A write failed on the way, somebody else wrote the row, and it was written
/// again: nobody could know that it had been there. Where nobody else wrote, the
/// row tells.
#[test]
fn a_write_in_doubt_may_be_repeated_over_somebody_elses_and_not_over_its_own() {
    let at = Timestamp::from_seconds;
    let failed = Answer::Failed { status: 503, name: None, by_service: true };
    let attempt = |second, answer| Attempt { sent: at(second), done: at(second + 1), answer, words: String::new() };
    let blamed = |first: Answer, over_others| {
        let call = Asked {
            number: 0,
            role: "first",
            principal: "a".into(),
            operation: "submit".into(),
            version: "v1".into(),
            step: None,
            items: vec![Item { id: "row".into(), content: 7 }],
            patient: false,
            attempts: vec![attempt(1, first), attempt(5, Answer::Done(Vec::new()))],
        };
        let write =
            |sequence, second, over_others| Written { key: "row".into(), at: at(second), sequence, over_others };
        let history = History {
            events: vec![Event::Calls(vec![call])],
            effects: vec![write(1, 1, false), write(9, 5, over_others)],
            unmarked: false,
            quiet: true,
            watched: true,
        };
        judge(&promise(), true, &history, &|_, _| None).iter().any(|violation| violation.kind == Kind::Excess)
    };
    assert!(!blamed(failed.clone(), true));
    assert!(blamed(failed, false));
    assert!(blamed(Answer::Done(Vec::new()), true), "what was told as done is not written again");
}

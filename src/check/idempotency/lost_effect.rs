//! `idempotency/lost-effect`.

use super::execution::{items_are_keys, says_undone};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, is_key_of};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{CaseKind, Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/lost-effect",
    family: Family::Idempotency,
    title: "what is answered as done was done",
    explanation: "After a success, each item of the call has its effect: written by this call, or by the one that it \
        repeats. An answer that tells a success for work that was given up on is the one failure that no retry \
        heals.\n\nJudged where items are rows of the table that is written. An item that the answer itself tells as \
        not done is not lost; an effect that lacks the ID is `correlation/reaches-effects`.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let kind = subject.run.case.key.kind;
    // These two have checks of their own that know whose effect is whose.
    let elsewhere = matches!(kind, CaseKind::Probe(Probe::OtherItem | Probe::OtherCall | Probe::PartlyInvalid));
    if elsewhere || kind == CaseKind::Violating || !items_are_keys(behaviour) {
        return false;
    }
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        if matches!(call.expect, Expect::Refused(_) | Expect::Nothing) {
            continue;
        }
        let safe = subject.contract.openapi.operations.iter().any(|o| o.id == call.operation && o.is_safe());
        let Some(exchange) = run.result().filter(|e| !safe && matches!(e.status(), Some(200 | 201 | 204))) else {
            continue;
        };
        let Some(response) = exchange.response() else { continue };
        concerned |= !call.items.is_empty();
        let lost = call
            .items
            .iter()
            .filter(|item| !effects.iter().any(|entry| is_key_of(entry, item)) && !says_undone(response, item));
        let lost: Vec<&str> = lost.map(|item| &*item.id).collect();
        if let Some(first) = lost.first() {
            found.push(subject.finding(
                &CHECK,
                Some(exchange),
                Claim {
                    what: call.role.to_owned(),
                    title: format!("a call was answered {} and left no effect", in_words(exchange)),
                    expected: format!("an effect on each of the {} rows that it names", call.items.len()),
                    actual: format!("no effect on {} of them, e.g. {first}", lost.len()),
                    place: Some(behaviour.place("/effects")),
                },
            ));
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Answer, ID, Play, answer, failure, selector, with};
    use crate::contract::Contract;
    use crate::contract::behaviour::{Pool, PoolSource};
    use crate::generate::{CaseKind, Expect};

    fn contract() -> Contract {
        with(|b| {
            b.pools = vec![Pool {
                name: "account_id".into(),
                applies_to: vec![selector("body /records/*/id")],
                operations: Vec::new(),
                source: PoolSource::Mock { table: "accounts".into(), column: "accountid".into() },
            }];
        })
    }

    fn play(answer: Answer) -> Play {
        Play::new(CaseKind::Conforming).call(Expect::Success).items(&[("a", 1), ("b", 1)]).answered(answer)
    }

    #[test]
    fn a_success_without_effect_is_found() {
        let contract = contract();
        let half = play(answer(200)).wrote("a", Some(ID));
        assert_eq!(half.clone().findings(&super::CHECK, &contract).len(), 1);
        assert!(half.wrote("b", Some(ID)).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn a_failure_and_an_item_told_as_failed_are_not_lost() {
        let contract = contract();
        assert!(play(failure(503, "in_progress")).findings(&super::CHECK, &contract).is_empty());
        let told = json!({"records": [{"id": "a", "outcome": "updated"}, {"id": "b", "outcome": "failed"}]});
        let play = play(answer(200).json(&told)).wrote("a", Some(ID));
        assert!(play.findings(&super::CHECK, &contract).is_empty());
    }
}

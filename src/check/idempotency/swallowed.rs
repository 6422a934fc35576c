//! `idempotency/swallowed`.

use super::execution::{Execution, execution};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/swallowed",
    family: Family::Idempotency,
    title: "another call of the same run is executed",
    explanation: "One flow run has one correlation ID and makes many calls with it: apply-to-each over twenty \
        records, two operations, two steps on one record. Where the contract declares `item` or `step`, each of them \
        is work of its own: never answered as a duplicate, never refused as a conflict. A service that remembers by \
        the ID alone executes the first and tells nineteen times that all is done.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.idempotency.is_some()) else { return false };
    if !subject.is_probe(Probe::OtherItem) && !subject.is_probe(Probe::OtherCall) {
        return false;
    }
    let other = if subject.is_probe(Probe::OtherItem) { "a call about other items" } else { "another call" };
    let mut concerned = false;
    for (call, run) in subject.calls().skip(1).filter(|(call, _)| call.expect == Expect::Success) {
        let execution = execution(subject, call, run);
        concerned |= execution != Execution::Unknown;
        let (what, title, actual) = match execution {
            Execution::Done | Execution::Unknown => continue,
            Execution::Refused => ("refused", "was refused", "no success"),
            Execution::Swallowed => ("swallowed", "was answered as done and not executed", "a success without effect"),
        };
        found.push(subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: what.to_owned(),
                title: format!("{other} of the same run {title}"),
                expected: "a success, and the effects of its own items".to_owned(),
                actual: format!("{actual}: {}", run.result().map(in_words).unwrap_or_default()),
                place: Some(behaviour.place("/idempotency/new_item")),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    fn play(kind: Probe, second: &str, answer_to_second: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(kind)).call(Expect::Success).items(&[("a", 1)]).answered(answer(200));
        let play = play.wrote("a", Some(ID)).call(Expect::Success).items(&[(second, 2)]);
        play.answered(answer_to_second)
    }

    #[test]
    fn a_success_without_effect_is_found() {
        let contract = with_behaviour();
        let swallowed = play(Probe::OtherItem, "b", answer(200));
        assert_eq!(swallowed.clone().findings(&super::CHECK, &contract).len(), 1);
        assert!(swallowed.wrote("b", Some(ID)).findings(&super::CHECK, &contract).is_empty());
        let step = play(Probe::OtherCall, "a", answer(200));
        assert_eq!(step.clone().findings(&super::CHECK, &contract).len(), 1);
        assert!(step.wrote("a", Some(ID)).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn a_refusal_is_found_and_throttling_is_not() {
        let contract = with_behaviour();
        let refused = play(Probe::OtherItem, "b", failure(409, "idempotency_conflict"));
        assert_eq!(refused.findings(&super::CHECK, &contract).len(), 1);
        assert!(play(Probe::OtherItem, "b", failure(429, "throttled")).findings(&super::CHECK, &contract).is_empty());
    }
}

//! `idempotency/other-content`.

use crate::check::answer::{failure_type, in_words, succeeded, was_throttled};
use crate::check::claim::Claim;
use crate::check::effect::{of_call, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::OtherContent;
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/other-content",
    family: Family::Idempotency,
    title: "other content under a known item is refused",
    explanation: "With `same_item_other_content: <type>`, an item that is known under its ID and comes with other \
        content is refused with that type and without effect. To replay the old answer silently is worse than an \
        error: the flow believes that its new values were written. The fingerprint is over the item's canonical \
        content, so white space and the order of members are no other content.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let declared = behaviour.idempotency.as_ref().and_then(|i| i.other_content.as_ref());
    let Some(OtherContent::Type(wanted)) = declared else { return false };
    if !subject.is_probe(Probe::OtherContent) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| matches!(call.expect, Expect::Refused(_))) {
        let Some(exchange) = run.last().filter(|e| e.response().is_some() && !was_throttled(e)) else { continue };
        concerned = true;
        let effects = of_call(subject, call, run);
        let right = exchange.response().and_then(failure_type).as_ref() == Some(wanted);
        let (what, title) = match (succeeded(exchange), effects.is_empty(), right) {
            (_, true, true) => continue,
            (true, true, _) => ("replayed", "was answered as done, and not written"),
            (_, false, _) => ("executed", "was written over what the first call wrote"),
            (false, true, false) => ("refused otherwise", "was refused as something else"),
        };
        let mut finding = subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: what.to_owned(),
                title: format!("other content under a known item {title}"),
                expected: format!("{wanted}, without effect"),
                actual: format!("{} with {} effects", in_words(exchange), effects.len()),
                place: Some(behaviour.place("/idempotency/same_item_other_content")),
            },
        );
        finding.evidence.lines = story(effects);
        found.push(finding);
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    fn play(second: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::OtherContent)).call(Expect::Success).items(&[("a", 1)]);
        let play = play.answered(answer(200)).wrote("a", Some(ID));
        play.call(Expect::Refused(vec![])).items(&[("a", 2)]).answered(second)
    }

    #[test]
    fn a_silent_replay_an_execution_and_another_type_are_found() {
        let contract = with_behaviour();
        let conflict = || failure(409, "idempotency_conflict");
        assert!(play(conflict()).findings(&super::CHECK, &contract).is_empty());
        let replayed = play(answer(200)).findings(&super::CHECK, &contract);
        assert!(replayed[0].title.contains("not written"), "{}", replayed[0].title);
        let executed = play(answer(200)).wrote("a", Some(ID)).findings(&super::CHECK, &contract);
        assert!(executed[0].title.contains("written over"), "{}", executed[0].title);
        assert_eq!(play(conflict()).wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
        assert_eq!(play(failure(400, "validation_error")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(failure(429, "throttled")).findings(&super::CHECK, &contract).is_empty());
    }
}

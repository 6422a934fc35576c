//! `validation/write-before`.

use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::effect::{of_call, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{CaseKind, Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "validation/write-before",
    family: Family::Validation,
    title: "a refused call has written nothing",
    explanation: "A call that is refused for its data leaves no effect: the whole set is validated before the first \
        write. A service that validates as it goes refuses the third record after it has written two, and the \
        caller, told that all was refused, sends them again.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.effects.is_some()) else { return false };
    if !matches!(subject.run.case.key.kind, CaseKind::Violating | CaseKind::Probe(Probe::PartlyInvalid)) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| matches!(call.expect, Expect::Refused(_))) {
        // What was accepted though it breaks the contract is told elsewhere,
        // and its effects follow from that.
        let Some(last) = run.last().filter(|e| !succeeded(e)) else { continue };
        concerned = true;
        let effects = of_call(subject, call, run);
        if effects.is_empty() {
            continue;
        }
        let mut finding = subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: "written".to_owned(),
                title: format!("a call that was refused ({}) had written already", in_words(last)),
                expected: "no effects: the whole set is validated before the first write".to_owned(),
                actual: format!("{} effects of {} items", effects.len(), call.items.len()),
                place: Some(behaviour.place("/effects/on_invalid")),
            },
        );
        finding.evidence.lines = story(effects);
        found.push(finding);
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, OTHER_ID, Play, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn an_effect_of_a_refused_call_is_found() {
        let contract = with_behaviour();
        let play = Play::new(CaseKind::Probe(Probe::PartlyInvalid)).call(Expect::Refused(vec![]));
        let play = play.items(&[("a", 1), ("b", 1)]).answered(failure(400, "validation_error"));
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        assert!(play.clone().wrote("a", Some(OTHER_ID)).findings(&super::CHECK, &contract).is_empty());
        assert_eq!(play.wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
    }
}

//! `wire/refused-but-written`.

use super::broken_call;
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{of_call, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/refused-but-written",
    family: Family::Wire,
    title: "a broken request that is refused has written nothing",
    explanation: "A request that is refused for what is broken on the wire (its syntax, its charset, its framing) \
        leaves no effect in Dataverse. A service that executes first and looks at the rest of the message later tells \
        its caller a failure for work that is done; the caller mends the message and sends it again.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.effects.is_some()) else { return false };
    let Some((promised, call, run)) = broken_call(subject) else { return false };
    // A message with two IDs may be written under either.
    let Some(exchange) = run.last().filter(|e| e.status().is_some_and(|s| (400..500).contains(&s))) else {
        return false;
    };
    let effects = of_call(subject, call, run);
    if !effects.is_empty() {
        let mut finding = subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: promised.breakage.to_owned(),
                title: format!(
                    "{}: refused ({}), and written all the same",
                    subject.run.case.title,
                    in_words(exchange)
                ),
                expected: "no effects".to_owned(),
                actual: format!("{} effects", effects.len()),
                place: Some(behaviour.place("/effects")),
            },
        );
        finding.evidence.lines = story(effects);
        found.push(finding);
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};

    #[test]
    fn an_effect_of_a_refused_request_is_found() {
        let contract = with_behaviour();
        let wanted = Wanted::Refused;
        let promised = OnTheWire { breakage: "b", wanted, types: vec![], by_server: false, server_status: None };
        let play = || Play::new(CaseKind::Broken).call(Expect::Wire(promised.clone()));
        let refused = play().answered(failure(400, "validation_error"));
        assert!(refused.clone().findings(&super::CHECK, &contract).is_empty());
        assert_eq!(refused.wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
        assert!(play().answered(answer(200)).wrote("a", Some(ID)).findings(&super::CHECK, &contract).is_empty());
    }
}

//! `identity/token-effects`.

use crate::check::claim::Claim;
use crate::check::effect::{of_call, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Caller, Need, Via};

pub(in crate::check) const CHECK: Check = Check {
    id: "identity/token-effects",
    family: Family::Identity,
    title: "a call that may not be made writes nothing",
    explanation: "A call with a bad token, or past the gateway, has no effect in Dataverse. A refusal that comes after \
        the first write is no refusal.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.effects.is_some()) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let who = match (call.caller, call.via) {
            (Caller::Token(kind), _) if kind.is_good() || kind.is_open() => continue,
            (Caller::Token(kind), _) => kind.to_string(),
            (_, Via::Service) => "a way past the gateway".to_owned(),
            _ => continue,
        };
        concerned = true;
        let effects = of_call(subject, call, run);
        if effects.is_empty() {
            continue;
        }
        let mut finding = subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: who.clone(),
                title: format!("a call with {who} wrote to Dataverse"),
                expected: "no effects".to_owned(),
                actual: format!("{} effects", effects.len()),
                place: Some(behaviour.place("/identity")),
            },
        );
        finding.evidence.lines = story(effects);
        found.push(finding);
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, failure, with_behaviour};
    use crate::generate::{Caller, CaseKind, Expect, Probe, TokenKind};

    #[test]
    fn an_effect_of_a_refused_call_is_found() {
        let play = Play::new(CaseKind::Probe(Probe::Identity)).call(Expect::Refused(vec![]));
        let play =
            play.caller(Caller::Token(TokenKind::None)).items(&[("a", 1)]).answered(failure(401, "unauthorized"));
        let contract = with_behaviour();
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        assert_eq!(play.wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
    }
}

//! `limits/effects`.

use crate::check::claim::Claim;
use crate::check::effect::{of_call, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/effects",
    family: Family::Limits,
    title: "what is beyond a limit writes nothing",
    explanation: "A call that is to be refused for its size, its number of items or its media type has no effect in \
        Dataverse, whatever it was answered.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let probes = [Probe::BodyOverLimit, Probe::BodyWithoutLength, Probe::TooManyItems, Probe::MediaType];
    let Some(behaviour) = subject.behaviour().filter(|b| b.effects.is_some()) else { return false };
    if !probes.iter().any(|probe| subject.is_probe(*probe)) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| matches!(call.expect, Expect::Refused(_))) {
        concerned = true;
        let effects = of_call(subject, call, run);
        if !effects.is_empty() {
            let mut finding = subject.finding(
                &CHECK,
                run.last(),
                Claim {
                    what: call.role.to_owned(),
                    title: "a call beyond a limit wrote to Dataverse".to_owned(),
                    expected: "no effects".to_owned(),
                    actual: format!("{} effects", effects.len()),
                    place: Some(behaviour.place("/limits")),
                },
            );
            finding.evidence.lines = story(effects);
            found.push(finding);
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn an_effect_is_found() {
        let contract = with_behaviour();
        let play = Play::new(CaseKind::Probe(Probe::TooManyItems)).call(Expect::Refused(vec![])).items(&[("a", 1)]);
        let play = play.answered(failure(400, "too_many_items"));
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        assert_eq!(play.wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
    }
}

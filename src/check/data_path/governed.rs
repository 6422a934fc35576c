//! `data-path/governed`.

use super::{astray, claim};
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "data-path/governed",
    family: Family::DataPath,
    title: "Dataverse is reached the promised way only",
    explanation: "With `data_path: governed`, the service's way to Dataverse leads through the gateway, where a \
        policy allows tables and operations, a controlled identity is used, and each call is logged. With \
        `flow_commits` the service only answers, and the flow writes; with `direct` the service writes with its own \
        identity. Which way a call came is told by the identity that made it. A call that came another way is a \
        finding even where Dataverse refused it: somebody tried.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(path) = behaviour.data_path else { return false };
    let wrong = astray(behaviour, &subject.run.ledger);
    if !wrong.is_empty() {
        let shown = subject.run.calls.first().and_then(crate::observe::CallRun::last);
        let mut finding = subject.finding(&CHECK, shown, claim(behaviour, path, &wrong));
        finding.evidence.lines = story(wrong);
        found.push(finding);
    }
    !subject.run.ledger.is_empty()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, with, with_behaviour};
    use crate::contract::behaviour::DataPath;
    use crate::generate::{CaseKind, Expect};

    #[test]
    fn an_attempt_around_the_gateway_is_found() {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200)).wrote("a", Some(ID));
        assert!(play.clone().findings(&super::CHECK, &with_behaviour()).is_empty());
        let around = play.entry(|e| {
            e.way = crate::observe::Way::Direct;
            e.outcome = crate::observe::Outcome::Refused { status: 403, code: "wrong way".into() };
        });
        assert_eq!(around.clone().findings(&super::CHECK, &with_behaviour()).len(), 1);
        let promising = |path| with(|b| b.data_path = Some(path));
        assert!(around.clone().findings(&super::CHECK, &promising(DataPath::Direct)).is_empty());
        assert_eq!(around.findings(&super::CHECK, &promising(DataPath::FlowCommits)).len(), 1);
    }
}

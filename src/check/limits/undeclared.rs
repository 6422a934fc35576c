//! `limits/undeclared`.

use super::found::Found;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/undeclared",
    family: Family::Limits,
    title: "which limits there are beside the declared ones",
    explanation: "Every server has a limit for header fields and for nesting. Where the behaviour file says nothing of \
        it, what was found by bisection is told for information: no promise is broken, and the number can be written \
        into `limits`.",
    level: Level::Information,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, into: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let mut concerned = false;
    for found in Found::all(subject).into_iter().filter(|found| found.search.declared.is_none()) {
        concerned = true;
        let Some(limit) = found.run.exact() else { continue };
        let (name, unit) = (found.search.knob.name(), found.search.knob.unit());
        into.push(subject.finding(
            &CHECK,
            found.shown(),
            Claim {
                what: name.to_owned(),
                title: format!("a limit that is not declared: {name}, {limit} {unit}"),
                expected: format!("nothing; `limits.{name}: {limit}` would declare it"),
                actual: found.in_words(),
                place: Some(behaviour.place("/limits")),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::Level;
    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn a_limit_that_was_found_is_told_for_information() {
        let contract = with_behaviour();
        let found = |declared, refused| {
            let play = Play::new(CaseKind::Probe(Probe::ExactLimit)).call(Expect::Nothing).answered(answer(200));
            play.searched(declared, Some(700), refused).findings(&super::CHECK, &contract)
        };
        assert_eq!(found(None, Some(701))[0].level, Level::Information);
        assert!(found(None, None).is_empty() && found(Some(700), Some(701)).is_empty());
    }
}

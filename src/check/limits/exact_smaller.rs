//! `limits/exact-smaller`.

use super::found::Found;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/exact-smaller",
    family: Family::Limits,
    title: "what is declared passes, to the last byte and item",
    explanation: "A call of exactly the declared size is accepted. Where the gateway counts kilobytes of 1000, or the service \
        behind it has a smaller limit of its own, the last part of what is promised is refused; a flow that fills its \
        batches to the brim finds out in production.\n\nThe limit is found by bisection, each size under a \
        correlation ID of its own. Judged only where the smallest size was accepted.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, into: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let mut concerned = false;
    for found in Found::all(subject) {
        let Some(declared) = found.search.declared else { continue };
        concerned = true;
        let Some(refused) = found.run.refused.filter(|refused| *refused <= declared) else { continue };
        let (what, title) = (
            "smaller",
            format!("{refused} {unit} are refused, {declared} are declared", unit = found.search.knob.unit()),
        );
        into.push(subject.finding(
            &CHECK,
            found.shown(),
            Claim {
                what: format!("{} {what}", found.pointer()),
                title,
                expected: format!("{declared} {} and not one more", found.search.knob.unit()),
                actual: found.in_words(),
                place: Some(behaviour.place(&found.pointer())),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn a_limit_that_is_smaller_than_declared_is_found() {
        let contract = with_behaviour();
        let findings = |accepted, refused| {
            let play = Play::new(CaseKind::Probe(Probe::ExactLimit)).call(Expect::Nothing).answered(answer(200));
            play.searched(Some(1000), accepted, refused).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(findings(Some(999), Some(1000)), 1, "the declared size is refused");
        assert_eq!(findings(Some(1000), Some(1001)), 0);
        assert_eq!(findings(Some(2000), None), 0, "that is another check");
    }

    #[test]
    fn nothing_is_said_where_the_smallest_size_was_refused() {
        let play = Play::new(CaseKind::Probe(Probe::ExactLimit)).call(Expect::Nothing).answered(answer(403));
        let play = play.searched(Some(1000), Some(2000), Some(2001));
        assert!(play.findings(&super::CHECK, &with_behaviour()).is_empty());
    }
}

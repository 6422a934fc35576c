//! `idempotency/sequence-effects`.

use super::model::{Kind, report};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/sequence-effects",
    family: Family::Idempotency,
    title: "a sequence under one ID leaves the effects that were asked for",
    explanation: "Plays sequences of calls under one correlation ID (duplicates one after the other and at once, \
        other spellings of the same content, new items, calls whose client left, faults behind the service, restarts, \
        time that passes, other principals and versions) beside a model of what the behaviour file promises, and \
        counts what was committed for each item. The model keeps bounds, not numbers: after a lost answer an item may \
        have been written or not, and both are right; told as done and not written is not, and neither is written \
        twice.\n\nWhat the file leaves open is not judged: other content where nothing is declared for it, a \
        repetition after the window.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    report(&CHECK, &[Kind::Excess, Kind::Lost], subject, found)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    fn twice() -> Play {
        let first = Play::new(CaseKind::Sequence).call(Expect::Nothing).items(&[("a", 1)]).answered(answer(200));
        first.wrote("a", Some(ID)).call(Expect::Nothing).role("duplicate").items(&[("a", 1)])
    }

    #[test]
    fn a_second_effect_is_found_with_its_step() {
        let contract = with_behaviour();
        assert!(twice().answered(answer(200)).findings(&super::CHECK, &contract).is_empty());
        let found = twice().answered(answer(200)).wrote("a", Some(ID)).findings(&super::CHECK, &contract);
        assert_eq!(found.len(), 1);
        assert!(found[0].title.contains("`duplicate`"), "{}", found[0].title);
        assert!(found[0].evidence.lines.iter().any(|line| line.starts_with("→ call 2")), "{found:#?}");
    }

    #[test]
    fn an_effect_of_a_call_that_was_only_refused_is_found() {
        let refused = Play::new(CaseKind::Sequence).call(Expect::Nothing).items(&[("a", 1)]);
        let refused = refused.answered(failure(400, "validation_error")).wrote("a", Some(ID));
        assert_eq!(refused.findings(&super::CHECK, &with_behaviour()).len(), 1);
    }

    /// A call that failed has written; the row is then as `left` says, and the
    /// next call writes again.
    fn written_again_over(left: &str) -> usize {
        let call = |play: Play| play.call(Expect::Nothing).items(&[("a", 1)]);
        let failed = call(Play::new(CaseKind::Sequence)).answered(failure(503, "downstream_unavailable"));
        let again = call(failed.wrote("a", Some(ID))).answered(answer(200)).wrote("a", Some(ID));
        let again = again.entry(|entry| {
            entry.columns.iter_mut().for_each(|column| column.before = column.after.clone());
            entry.columns[1].before = left.into();
        });
        again.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn a_row_that_somebody_else_wrote_meanwhile_may_be_written_again() {
        assert_eq!(written_again_over("6f0d2f7e-0000-4000-8000-000000000001"), 0);
        assert_eq!(written_again_over(ID), 1);
    }
}

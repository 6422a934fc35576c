//! `idempotency/sequence-stuck`.

use super::model::{Kind, report};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/sequence-stuck",
    family: Family::Idempotency,
    title: "at the end of a sequence everything can be finished",
    explanation: "Each sequence ends with the same calls again, sent patiently, when nothing is in the way any more: \
        what had failed is now done, what was under way has ended. A call that is refused as running or failed for \
        ever waits for something that nobody does: a claim that outlived its holder (a client that left, a failure, \
        a restart), or a failure that was remembered as the answer.\n\nJudged only where nothing else behind the \
        service failed.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    report(&CHECK, &[Kind::Stuck], subject, found)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, Manner};
    use crate::wire::FailureKind;

    fn found(last: Answer) -> usize {
        let gone = Play::new(CaseKind::Sequence).call(Expect::Nothing).items(&[("a", 1)]);
        let again = gone.answered(silence(FailureKind::Left)).call(Expect::Nothing).role("again").items(&[("a", 1)]);
        let again = again.but(|call| call.manner = Manner { retries: 2, ..Manner::default() });
        let again = again.answered(failure(503, "in_progress")).answered(failure(503, "in_progress"));
        again.answered(last).findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn a_call_that_never_ends_is_found() {
        assert_eq!(found(answer(200)), 0);
        assert_eq!(found(failure(429, "throttled")), 0);
        assert_eq!(found(failure(503, "in_progress")), 1);
    }
}

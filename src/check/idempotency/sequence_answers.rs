//! `idempotency/sequence-answers`.

use super::model::{Kind, report};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/sequence-answers",
    family: Family::Idempotency,
    title: "each call of a sequence is answered as its history demands",
    explanation: "The same sequences as `idempotency/sequence-effects`, judged by their answers. A repetition is \
        answered as the first time, but for what is volatile; however its members are ordered and its numbers \
        written. Other content of an item that is done is refused as declared, and nothing else is refused so. A call \
        is refused as running only while something may run. Of calls released together none fails with what nothing \
        behind the service explains: that is a collision which the database noticed.\n\nWhere both may be true, both \
        answers are right.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

const KINDS: [Kind; 5] = [Kind::OtherContentTaken, Kind::NoConflict, Kind::NotRunning, Kind::Differs, Kind::Collision];

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    report(&CHECK, &KINDS, subject, found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    fn found(content: u64, second: Answer) -> Vec<String> {
        let body = answer(200).json(&json!({"batchId": 1}));
        let play = Play::new(CaseKind::Sequence).call(Expect::Nothing).items(&[("a", 1)]).answered(body);
        let play = play.wrote("a", Some(ID)).call(Expect::Nothing).items(&[("a", content)]).answered(second);
        play.findings(&super::CHECK, &with_behaviour()).into_iter().map(|finding| finding.title).collect()
    }

    #[test]
    fn what_the_history_does_not_explain_is_found() {
        let right = || answer(200).json(&json!({"batchId": 1}));
        assert_eq!(found(1, right()), [""; 0]);
        assert_eq!(found(2, failure(409, "idempotency_conflict")), [""; 0]);
        assert_eq!(found(1, failure(429, "throttled")), [""; 0]);
        for (content, wrong) in [
            (1, answer(200).json(&json!({"batchId": 2}))),
            (1, failure(409, "idempotency_conflict")),
            (1, failure(503, "in_progress")),
            (2, right()),
        ] {
            assert_eq!(found(content, wrong).len(), 1);
        }
    }
}

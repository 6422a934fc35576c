//! `callback/once`.

use super::received::{Received, story};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Step};

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/once",
    family: Family::Callback,
    title: "a call back that was accepted is never sent again",
    explanation: "Each call that the flow accepts begins a run. After a 2xx the same job is not told again, whatever happens to the caller. A call whose answer was lost was not accepted, as far as the service can \
        know: that one is sent again. Cases that restart the service are not judged: a crash after the answer loses it \
        too.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject) else { return false };
    // A service that dies between an answer and its record of it has lost that
    // answer, and may send again.
    if subject.run.case.steps.iter().any(|step| matches!(step, Step::Restart)) {
        return false;
    }
    for (job, calls) in received.by_job() {
        let Some(first) = calls.iter().position(|call| received.is_accepted(call)) else { continue };
        if first + 1 == calls.len() {
            continue;
        }
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: "again".to_owned(),
                title: "a job was called back again after the call was accepted".to_owned(),
                expected: format!("no call about job {job} after the one that was accepted"),
                actual: format!("{} more", calls.len() - first - 1),
                place: Some(received.behaviour.place("/callback/once_per")),
            },
        );
        finding.evidence.lines = story(calls.iter().copied());
        found.push(finding);
    }
    !received.calls.is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, called_back_by, job};
    use crate::generate::{CaseKind, Expect, Probe, Step};

    fn play() -> Play {
        let play = Play::new(CaseKind::Probe(Probe::CallbackFault)).call(Expect::Success);
        play.answered(answer(202).header("Location", "/bulk-update/v1/batches/7"))
            .polled(answer(200).json(&json!({"status": "completed"})))
    }

    #[test]
    fn a_call_after_the_accepted_one_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        let told = || play().called_back(&job("7", "completed"), Some(503)).called_back(&job("7", "completed"), None);
        let told = told().called_back(&job("7", "completed"), Some(202));
        assert_eq!(found(told.clone()), 0);
        let again = told.called_back(&job("7", "completed"), Some(202));
        assert_eq!(found(again.clone()), 1);
        assert_eq!(found(again.step(Step::Restart)), 0, "the crash may have lost the answer");
    }
}

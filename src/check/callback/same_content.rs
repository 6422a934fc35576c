//! `callback/same-content`.

use super::received::{Received, story, taken};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/same-content",
    family: Family::Callback,
    title: "a call back that is sent again names the same job and says the same",
    explanation: "Whoever receives a call back twice tells it by the job that it names. Sent again under another one, or with other content, it is another event: a second run begins, about a job that does not exist. Not judged where \
        a call of the case got no answer: it may have begun a job that nobody knows.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject) else { return false };
    // A call without an answer may have begun a job that the case can't know.
    let unanswered = subject.run.calls.iter().flat_map(|call| &call.exchanges).any(|e| e.response().is_none());
    if unanswered {
        return false;
    }
    let jobs = taken(subject);
    let told = received.by_job();
    // What came under one of the case's IDs names a job of the case.
    let ids: Vec<String> = subject.calls().filter_map(|(call, _)| call.correlation.clone()).collect();
    let is_ours = |call: &crate::observe::ReceivedCall| {
        call.headers.values().any(|value| ids.iter().any(|id| id.eq_ignore_ascii_case(value)))
    };
    let other_job = told.iter().find(|(job, calls)| !jobs.contains_key(*job) && calls.iter().any(|call| is_ours(call)));
    let other_content = told.values().find(|calls| calls.windows(2).any(|pair| pair[0].json() != pair[1].json()));
    let claim = match (other_job, other_content) {
        (Some((job, calls)), _) => Some(("another job", format!("a call about {job}"), calls)),
        (None, Some(calls)) => Some(("other content", "other content".to_owned(), calls)),
        (None, None) => None,
    };
    if let Some((what, actual, calls)) = claim.filter(|_| !jobs.is_empty()) {
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: what.to_owned(),
                title: format!("a call back came with {what}"),
                expected: "the same job and the same content each time".to_owned(),
                actual,
                place: Some(received.behaviour.place("/callback/resend")),
            },
        );
        finding.evidence.lines = story(calls.iter().copied());
        found.push(finding);
    }
    received.calls.len() > 1
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, called_back_by, job};
    use crate::generate::{CaseKind, Expect, Probe};

    fn play() -> Play {
        let play = Play::new(CaseKind::Probe(Probe::CallbackFault)).call(Expect::Success);
        play.answered(answer(202).header("Location", "/bulk-update/v1/batches/7"))
            .polled(answer(200).json(&json!({"status": "completed"})))
    }

    #[test]
    fn another_job_and_other_content_are_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        let first = || play().called_back(&job("7", "completed"), Some(503));
        assert_eq!(found(first().called_back(&job("7", "completed"), Some(202))), 0);
        assert_eq!(found(first().called_back(&job("8", "completed"), Some(202))), 1);
        assert_eq!(found(first().called_back(&job("7", "failed"), Some(202))), 1);
    }
}

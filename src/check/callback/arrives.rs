//! `callback/arrives`.

use super::received::{Received, has_ended, story, taken};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{CaseKind, Need, Probe, Step};

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/arrives",
    family: Family::Callback,
    title: "a job that has ended is called back until the call is accepted",
    explanation: "After a lost answer, and after the answers that `callback.resend` lists, the same call is sent again until it is accepted, within the time that is declared. A service that gives up after the first failure leaves the flow waiting for ever.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject) else { return false };
    let waited = subject.run.case.steps.iter().any(|step| matches!(step, Step::AwaitCallbacks));
    // The probe of the address has a check of its own.
    if !waited || subject.run.case.key.kind == CaseKind::Probe(Probe::CallbackAddress) {
        return false;
    }
    let (jobs, told) = (taken(subject), received.by_job());
    let ended = jobs.iter().filter(|(_, (_, run))| has_ended(run));
    let mut concerned = false;
    for (job, _) in ended {
        concerned = true;
        let calls = told.get(job).map(Vec::as_slice).unwrap_or_default();
        let last = calls.last().map(|call| call.status);
        let again = last.is_none_or(|status| received.callback.is_sent_again(status));
        if !again || calls.iter().any(|call| received.is_accepted(call)) {
            continue;
        }
        let (what, after) = match last {
            None => ("never", "it was never called back".to_owned()),
            Some(None) => ("lost answer", "the answer to the last call was lost".to_owned()),
            Some(Some(status)) => ("refused", format!("the last call was answered {status}")),
        };
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: what.to_owned(),
                title: format!("a job has ended, and no call back was accepted: {after}"),
                expected: "the same call again until it is accepted".to_owned(),
                actual: format!("{} calls about job {job}", calls.len()),
                place: Some(received.behaviour.place("/callback/resend")),
            },
        );
        finding.evidence.lines = story(calls.iter().copied());
        found.push(finding);
    }
    concerned
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
    fn who_gives_up_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        let play = || play().step(crate::generate::Step::AwaitCallbacks);
        assert_eq!(found(play()), 1, "never");
        let refused = play().called_back(&job("7", "completed"), Some(503));
        assert_eq!(found(refused.clone()), 1);
        assert_eq!(found(refused.called_back(&job("7", "completed"), Some(202))), 0);
        assert_eq!(found(play().called_back(&job("7", "completed"), Some(401))), 0, "not to be sent again");
    }
}

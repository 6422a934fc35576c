//! `callback/address`.

use super::received::{Received, has_ended, story, taken};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/address",
    family: Family::Callback,
    title: "where a job is called back is configuration",
    explanation: "A request that could say where it is called back would let anybody who may call the service send it, with its token, wherever he likes. With `callback.address: configured` nothing in a request changes the address: a job whose request names another one is called back at the configured one all the same.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject).filter(|received| received.callback.address_configured) else {
        return false;
    };
    if !subject.is_probe(Probe::CallbackAddress) {
        return false;
    }
    let (jobs, told) = (taken(subject), received.by_job());
    let mut ended = jobs.iter().filter(|(_, (_, run))| has_ended(run)).peekable();
    let concerned = ended.peek().is_some();
    let moved =
        ended.find(|(job, _)| !told.get(*job).is_some_and(|calls| calls.iter().any(|c| received.is_accepted(c))));
    if let Some((job, (_, run))) = moved {
        let mut finding = subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: "moved".to_owned(),
                title: "a request that named another address was not called back at the configured one".to_owned(),
                expected: "a call at the configured address, whatever the request says".to_owned(),
                actual: format!("no accepted call about job {job}"),
                place: Some(received.behaviour.place("/callback/address")),
            },
        );
        finding.evidence.lines = story(received.calls);
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
    fn a_call_back_that_moved_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        let case = || Play::new(CaseKind::Probe(Probe::CallbackAddress)).call(Expect::Success);
        let case = || case().answered(answer(202).header("Location", "/x/7")).polled(answer(200).json(&json!({})));
        assert_eq!(found(case()), 1);
        assert_eq!(found(case().called_back(&job("7", "completed"), Some(202))), 0);
        assert_eq!(found(play()), 0, "another probe");
    }
}

//! `callback/correlation`.

use super::received::{Received, story, taken};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/correlation",
    family: Family::Callback,
    title: "a call back carries the correlation ID of the call that began the job",
    explanation: "The flow that waits knows its run by the correlation ID. A call back under another one can't be joined with the run that it belongs to, neither by the flow nor in the logs.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject) else { return false };
    let Some(correlation) = &received.behaviour.correlation else { return false };
    let jobs = taken(subject);
    let mut concerned = false;
    for call in received.calls {
        let Some((began, _)) = received.job(call).and_then(|job| jobs.get(&job)) else { continue };
        let Some(expected) = began.correlation.as_deref() else { continue };
        concerned = true;
        let carried = call.headers.get(&correlation.header.to_ascii_lowercase()).map(String::as_str);
        if carried.is_some_and(|carried| carried.eq_ignore_ascii_case(expected)) {
            continue;
        }
        let what = if carried.is_some() { "another ID" } else { "no ID" };
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: what.to_owned(),
                title: format!("a job was called back under {what}"),
                expected: format!("{}: {expected}", correlation.header),
                actual: carried.map_or_else(|| "no such header".to_owned(), str::to_owned),
                place: Some(received.behaviour.place("/correlation")),
            },
        );
        finding.evidence.lines = story([call]);
        found.push(finding);
        break;
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
    fn another_id_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        assert_eq!(found(play().called_back(&job("7", "completed"), Some(202))), 0);
        let other = |id: &str| {
            let id = id.to_owned();
            play().called_back(&job("7", "completed"), Some(202)).received(|c| {
                c.headers.insert("x-correlation-id".into(), id);
            })
        };
        assert_eq!(found(other("another")), 1);
    }
}

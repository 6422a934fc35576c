//! `jobs/ends`.

use super::state::{accepted, told};
use crate::check::answer::{in_words, was_throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/ends",
    family: Family::Jobs,
    title: "a job comes to an end within the time that is declared",
    explanation: "Who polls a job has to learn its end. A job that is told as running for ever, or as a state that is neither at work nor final, keeps the flow waiting until it is cut off; a job that fails each time must end as failed after some deliveries.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(jobs) = &behaviour.jobs else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some((began, _)) = accepted(run) else { continue };
        let Some(last) = run.polls.last().filter(|poll| !was_throttled(poll)) else { continue };
        let Some(response) = last.response() else { continue };
        concerned = true;
        let state = told(response, &jobs.status);
        let ran = last.done_at.since(began.done_at);
        let late = jobs.ends_within.filter(|within| response.status == 202 && ran >= *within);
        let unknown = response.status == 200 && !state.as_ref().is_some_and(|state| jobs.ends.contains(state));
        let (what, title, actual) = if let Some(within) = late {
            let title = format!("a job still ran after {}", format_duration(within));
            ("runs on", title, format!("{} after {}", in_words(last), format_duration(ran)))
        } else if unknown {
            let state = state.unwrap_or_else(|| "no state".to_owned());
            ("unknown state", format!("a job was told as done in a state that is not final: {state}"), state)
        } else {
            continue;
        };
        found.push(subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: format!("{} {what}", call.role),
                title,
                expected: format!("one of `{}`", jobs.ends.join("`, `")),
                actual,
                place: Some(behaviour.place("/jobs/ends")),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, with_jobs};
    use crate::generate::{CaseKind, Expect, Probe};

    fn taken(kind: CaseKind) -> Play {
        let play = Play::new(kind).call(Expect::Success).items(&[("a", 1)]);
        play.answered(answer(202).header("Location", "/jobs/7").header("Retry-After", "1"))
    }

    #[test]
    fn a_job_that_runs_on_and_an_unknown_state_are_found() {
        let kind = CaseKind::Probe(Probe::JobPoisoned);
        let found = |play: Play| play.findings(&super::CHECK, &with_jobs()).len();
        let state = |status: u16, state: &str| answer(status).json(&json!({ "status": state }));
        assert_eq!(found(taken(kind).polled(state(200, "completed"))), 0);
        assert_eq!(found(taken(kind).polled(state(200, "doing"))), 1);
        assert_eq!(found(taken(kind).polled(state(202, "running"))), 0, "not yet");
        assert_eq!(found(taken(kind).wait("PT4M").polled(state(202, "running"))), 1);
    }
}

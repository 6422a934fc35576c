//! `jobs/pace`.

use super::state::accepted;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::wire::{Exchange, Response};

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/pace",
    family: Family::Jobs,
    title: "a running job says when to ask again",
    explanation: "A 202 and each poll of a job that still runs carry `Retry-After`, no shorter than `jobs.poll_at_least`. Without it a flow asks again at its own pace, which is slower than needed or fast enough to be throttled.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(least) = behaviour.jobs.as_ref().and_then(|jobs| jobs.poll_at_least) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        if accepted(run).is_none() {
            continue;
        }
        let running = |exchange: &Exchange| exchange.response().is_some_and(|response| response.status == 202);
        let first = run.last().map(|exchange| ("accepted", exchange));
        let polls = run.polls.iter().map(|exchange| ("running", exchange));
        for (what, exchange) in first.into_iter().chain(polls).filter(|(_, exchange)| running(exchange)) {
            concerned = true;
            let told = exchange.response().and_then(pace);
            if told.is_some_and(|seconds| seconds >= least.as_secs()) {
                continue;
            }
            found.push(subject.finding(
                &CHECK,
                Some(exchange),
                Claim {
                    what: format!("{} {what}", call.role),
                    title: format!("a job that was told as {what} does not say when to ask again"),
                    expected: format!("`Retry-After` of {} or more", least.as_secs()),
                    actual: told.map_or_else(|| "no `Retry-After`".to_owned(), |s| format!("`Retry-After: {s}`")),
                    place: Some(behaviour.place("/jobs/poll_at_least")),
                },
            ));
            break;
        }
    }
    concerned
}

/// `Retry-After` in seconds; a date counts as long enough.
fn pace(response: &Response) -> Option<u64> {
    let text = response.headers.get("retry-after")?.trim();
    text.parse().ok().or(Some(u64::MAX))
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
    fn a_poll_without_retry_after_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &with_jobs()).len();
        let taken = || taken(CaseKind::Probe(Probe::JobPoisoned));
        let running = || answer(202).json(&json!({ "status": "running" }));
        assert_eq!(found(taken().polled(running().header("Retry-After", "1"))), 0);
        assert_eq!(found(taken().polled(running())), 1);
        assert_eq!(found(taken().polled(running().header("Retry-After", "0"))), 1);
        assert_eq!(found(taken().polled(answer(200))), 0, "it has ended");
    }
}

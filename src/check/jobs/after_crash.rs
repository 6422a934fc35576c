//! `jobs/after-crash`.

use super::state::{accepted, ended};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, is_key_of, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Call, Need, Probe};
use crate::observe::CallRun;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/after-crash",
    family: Family::Jobs,
    title: "a job that a crash left in the middle is done, and done once",
    explanation: "A job that was accepted is stored. When the process dies in the middle of it, the job is delivered again: its address still knows it, what was written stays written once, and the rest is executed. Who keeps jobs in the process loses them; who begins from the beginning writes twice.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects, Need::Restart],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(jobs) = &behaviour.jobs else { return false };
    // Other sequences may ask for one row more than once.
    if !subject.is_probe(Probe::JobCrash) {
        return false;
    }
    let calls: Vec<(&Call, &CallRun)> = subject.calls().collect();
    let Some((first, _)) = calls.iter().find(|(_, run)| accepted(run).is_some()) else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let Some(id) = first.correlation.as_deref() else { return false };
    let twice = first.items.iter().find_map(|item| {
        let written: Vec<_> = effects.under(id).filter(|entry| is_key_of(entry, item)).collect();
        (written.len() > 1).then_some(written)
    });
    let claim = |what: &str, title: &str, actual: String| Claim {
        what: what.to_owned(),
        title: title.to_owned(),
        expected: "the job goes on where it was: what was done stays done, the rest is executed".to_owned(),
        actual,
        place: Some(behaviour.place("/idempotency/unfinished")),
    };
    if let Some(written) = twice {
        let actual = format!("row {}: {} effects", written[0].key, written.len());
        let mut finding = subject.finding(
            &CHECK,
            None,
            claim("twice", "a job that a crash cut was begun from the beginning", actual),
        );
        finding.evidence.lines = story(written);
        found.push(finding);
    }
    let Some((_, last)) = calls.iter().rev().find(|(call, run)| call.items == first.items && !run.polls.is_empty())
    else {
        return true;
    };
    let lost = last.polls.iter().find(|poll| matches!(poll.status(), Some(404 | 410)));
    if let Some(poll) = lost {
        found.push(subject.finding(
            &CHECK,
            Some(poll),
            claim("lost", "a job that a crash cut is lost", in_words(poll)),
        ));
        return true;
    }
    let missing = first.items.iter().filter(|item| !effects.iter().any(|entry| is_key_of(entry, item))).count();
    if let Some((exchange, _, state)) =
        ended(jobs, last).filter(|(_, _, state)| missing > 0 && !jobs.failed.contains(state))
    {
        let actual = format!("`{state}`, and {missing} of {} rows were never written", first.items.len());
        let claim = claim("undone", "a job that a crash cut was told as done, and is not", actual);
        found.push(subject.finding(&CHECK, Some(exchange), claim));
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{ID, Play, answer, failure, with_jobs};
    use crate::generate::{CaseKind, Expect, Probe};

    fn crashed() -> Play {
        let call = |play: Play| play.call(Expect::Success).items(&[("a", 1), ("b", 1)]);
        let taken = || answer(202).header("Location", "/jobs/7").header("Retry-After", "1");
        let first = call(Play::new(CaseKind::Probe(Probe::JobCrash))).answered(taken()).wrote("a", Some(ID));
        call(first.step(crate::generate::Step::Restart)).answered(taken())
    }

    #[test]
    fn a_job_that_is_lost_or_done_twice_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &with_jobs()).len();
        let done = || answer(200).json(&json!({ "status": "completed" }));
        assert_eq!(found(crashed().wrote("b", Some(ID)).polled(done())), 0);
        assert_eq!(found(crashed().wrote("a", Some(ID)).wrote("b", Some(ID)).polled(done())), 1);
        assert_eq!(found(crashed().polled(failure(404, "not_found"))), 1);
        assert_eq!(found(crashed().polled(done())), 1, "b was never written");
    }
}

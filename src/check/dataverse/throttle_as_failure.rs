//! `dataverse/throttle-as-failure`.

use super::{asked, is_throttled, overlaps};
use crate::check::answer::{in_words, was_throttled};
use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::LedgerEntry;
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/throttle-as-failure",
    family: Family::Dataverse,
    title: "Dataverse's throttling is passed on as what it is",
    explanation: "Dataverse answers 429: nothing is wrong with the call, only the moment. A service that can't wait \
        says 429 or 503, with `Retry-After`, and a flow comes again by itself. One that says 500 makes an error of \
        it, one that says 4xx a mistake of the caller.\n\nJudged where 429 was all that Dataverse refused a call \
        with.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    if overlaps(&subject.run.case) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let entries = asked(subject, call, run);
        let refused: Vec<&LedgerEntry> = entries.iter().copied().filter(|entry| !entry.committed()).collect();
        if refused.is_empty() || !refused.iter().all(|entry| is_throttled(entry)) {
            continue;
        }
        concerned = true;
        let Some(last) = run.last().filter(|last| last.tier != Some(Tier::Gateway) && !was_throttled(last)) else {
            continue;
        };
        // Who did not answer in time is judged by `dataverse/slept-past`.
        if !last.status().is_some_and(|status| status >= 400 && !matches!(status, 503 | 504)) {
            continue;
        }
        let mut finding = subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: "throttle".to_owned(),
                title: "Dataverse's throttling was answered as another failure".to_owned(),
                expected: "a success after the wait, or 503 with Retry-After".to_owned(),
                actual: in_words(last),
                place: Some(behaviour.place("/errors/types")),
            },
        );
        finding.evidence.lines = story(refused);
        found.push(finding);
        break;
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::Outcome;

    fn found(told: Answer) -> usize {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(told).wrote("a", None);
        let play = play.entry(|entry| {
            entry.outcome = Outcome::Refused { status: 429, code: "0x80072322".into() };
            entry.headers.insert("x-correlation-id".into(), ID.into());
            entry.columns.clear();
        });
        play.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn another_failure_is_found() {
        assert_eq!(found(failure(500, "internal")), 1);
        assert_eq!(found(failure(400, "validation_error")), 1);
    }

    #[test]
    fn patience_and_503_are_not() {
        assert_eq!(found(answer(200)), 0);
        assert_eq!(found(failure(503, "downstream_unavailable")), 0);
    }
}

//! `dataverse/slept-past`.

use super::{overlaps, throttle};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::Need;
use crate::wire::FailureKind;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/slept-past",
    family: Family::Dataverse,
    title: "a wait that is longer than the caller's is passed on",
    explanation: "Dataverse may ask for minutes. A service that sleeps through them while a flow waits answers \
        nobody: the gateway or the flow has given up, and comes again. It should answer at once, and tell the wait in \
        its own `Retry-After`.\n\nJudged where the wait that Dataverse told is longer than `answer_within`, by the \
        shared clock.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Faults],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(within) = behaviour.limits.as_ref().and_then(|limits| limits.answer_within) else { return false };
    let Some((told, _)) = throttle(&subject.run.case).filter(|(told, _)| *told > within) else { return false };
    if overlaps(&subject.run.case) {
        return false;
    }
    for (_, run) in subject.calls() {
        let Some(last) = run.last() else { continue };
        let given_up = match &last.outcome {
            Ok(response) => response.status == 504,
            Err(failure) => failure.kind == FailureKind::Timeout,
        };
        let took = last.done_at.since(last.sent_at);
        if !given_up && took < within {
            continue;
        }
        found.push(subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: "slept".to_owned(),
                title: "the service waited for Dataverse longer than its caller waits".to_owned(),
                expected: format!(
                    "an answer within {}, for Dataverse asked for {}",
                    format_duration(within),
                    format_duration(told)
                ),
                actual: format!("{} after {}", in_words(last), format_duration(took)),
                place: Some(behaviour.place("/limits/answer_within")),
            },
        ));
        break;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Step};
    use crate::wire::{Fault, FaultKind};

    fn found(wait: u64, told: Answer) -> usize {
        let throttle = Step::Inject(Fault::new(FaultKind::Throttled { retry_after: wait }));
        let play = Play::new(CaseKind::Conforming).call(Expect::SuccessOrRetryable).answered(told);
        play.step(throttle).findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn who_sleeps_longer_than_the_caller_waits_is_found() {
        let late = Duration::from_secs(100);
        assert_eq!(found(150, failure(504, "timeout").took(late)), 1);
        assert_eq!(found(150, answer(200).took(late)), 1);
        assert_eq!(found(150, failure(503, "downstream_unavailable")), 0);
        assert_eq!(found(50, failure(504, "timeout").took(late)), 0, "that was not the wait");
    }
}

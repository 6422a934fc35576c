//! `idempotency/stuck`.

use super::again::{again, is_done, is_gateways_throttling, kind_of};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::RunningPolicy;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/stuck",
    family: Family::Idempotency,
    title: "after a failure the same call goes on",
    explanation: "When a call failed in the middle and the reason is gone, the same call again succeeds: what was \
        done stays done, the rest is executed (`unfinished: resumed`). A service that marks an item as in progress \
        and does not let go of it on every way out answers `in_progress` for ever.\n\nThe same failure as before is \
        `idempotency/failure-remembered`.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Faults],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(idempotency) = behaviour.idempotency.as_ref().filter(|i| i.unfinished_resumed) else { return false };
    let Some(again) = again(subject) else { return false };
    let Some(last) = again.run.result().filter(|e| !is_gateways_throttling(e)) else { return false };
    if last.response().is_none() || is_done(last, again.call) {
        return last.response().is_some();
    }
    let (now, before) = (kind_of(last), kind_of(again.failed));
    let running = matches!(
        (&idempotency.while_running, &now),
        (Some(RunningPolicy::Type(t)), Some((_, Some(name)))) if t == name
    );
    if now != before || running || last.status() < Some(400) {
        found.push(subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: in_words(last),
                title: format!("after a failure the same call again is answered {}", in_words(last)),
                expected: "a success: items done stay done, the rest is executed".to_owned(),
                actual: if last.status() < Some(400) {
                    format!("{}, which leaves items undone", in_words(last))
                } else {
                    format!("{} (before: {})", in_words(last), in_words(again.failed))
                },
                place: Some(behaviour.place("/idempotency/unfinished")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Answer, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe, Step};
    use crate::wire::{FailureKind, Fault, FaultKind};

    fn play(first: Answer, again: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::AfterFailure)).step(Step::Inject(Fault::new(FaultKind::Reset)));
        let play = play.call(Expect::SuccessOrRetryable).items(&[("a", 1)]).answered(first);
        play.step(Step::ClearFaults).call(Expect::Success).items(&[("a", 1)]).answered(again)
    }

    #[test]
    fn in_progress_for_ever_is_found() {
        let contract = with_behaviour();
        let busy = || failure(503, "downstream_unavailable");
        let running = || failure(503, "in_progress");
        assert_eq!(play(busy(), running()).findings(&super::CHECK, &contract).len(), 1);
        assert_eq!(play(running(), running()).findings(&super::CHECK, &contract).len(), 1);
        assert_eq!(
            play(silence(FailureKind::Timeout), failure(500, "internal")).findings(&super::CHECK, &contract).len(),
            1
        );
        assert!(play(busy(), answer(200)).findings(&super::CHECK, &contract).is_empty());
        assert!(play(busy(), failure(429, "throttled")).findings(&super::CHECK, &contract).is_empty());
        assert!(play(busy(), busy()).findings(&super::CHECK, &contract).is_empty(), "remembered, not stuck");
    }

    #[test]
    fn items_that_stay_undone_are_found() {
        let contract = with_behaviour();
        let told = |outcome: &str| answer(200).json(&json!({"records": [{"id": "a", "outcome": outcome}]}));
        assert_eq!(play(told("failed"), told("failed")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(told("failed"), told("updated")).findings(&super::CHECK, &contract).is_empty());
    }
}

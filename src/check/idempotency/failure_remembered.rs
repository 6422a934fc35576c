//! `idempotency/failure-remembered`.

use super::again::{again, is_done, is_gateways_throttling, kind_of};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/failure-remembered",
    family: Family::Idempotency,
    title: "a failure that passes is not the remembered answer",
    explanation: "A type under `not_remembered` (as a rule everything that flows retry) is never stored as the answer \
        for its ID. The case lets Dataverse fail, takes the fault away, waits as it is told and sends the same call \
        again: if the same failure comes back, it was remembered, and every retry of the flow reads it until the \
        window ends.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Faults],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(idempotency) = &behaviour.idempotency else { return false };
    let Some(again) = again(subject) else { return false };
    let Some(last) = again.run.result().filter(|e| !is_gateways_throttling(e)) else { return false };
    let Some((status, name)) = kind_of(last) else { return false };
    let same = kind_of(again.failed) == Some((status, name.clone()));
    let passes = match &name {
        Some(name) => idempotency.not_remembered.contains(name),
        None => status >= 500 || status == 429,
    };
    // `in_progress` again is a claim that nobody let go of: `idempotency/stuck`.
    if same && passes && !is_done(last, again.call) && !is_running(idempotency.while_running.as_ref(), name.as_ref()) {
        found.push(subject.finding(
            &CHECK,
            Some(last),
            Claim {
                what: in_words(last),
                title: format!("{} was remembered as the answer", in_words(last)),
                expected: "the same call again is executed once the fault is gone".to_owned(),
                actual: format!("{} again, after the fault was taken away", in_words(last)),
                place: Some(behaviour.place("/idempotency/not_remembered")),
            },
        ));
    }
    true
}

fn is_running(
    running: Option<&crate::contract::behaviour::RunningPolicy>,
    name: Option<&crate::contract::behaviour::TypeName>,
) -> bool {
    matches!((running, name), (Some(crate::contract::behaviour::RunningPolicy::Type(t)), Some(n)) if t == n)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe, Step};
    use crate::wire::{Fault, FaultKind, Tier};

    fn play(first: Answer, again: Answer) -> Play {
        let play =
            Play::new(CaseKind::Probe(Probe::AfterThrottle)).step(Step::Inject(Fault::new(FaultKind::Unavailable)));
        let play = play.call(Expect::SuccessOrRetryable).items(&[("a", 1)]).answered(first);
        play.step(Step::ClearFaults).call(Expect::Success).items(&[("a", 1)]).answered(again)
    }

    #[test]
    fn the_same_failure_again_is_found() {
        let contract = with_behaviour();
        let busy = || failure(503, "downstream_unavailable");
        assert_eq!(play(busy(), busy()).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(busy(), answer(200)).findings(&super::CHECK, &contract).is_empty());
        assert!(play(answer(200), answer(200)).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn a_429_of_the_service_is_judged_and_the_gateways_own_is_not() {
        let contract = with_behaviour();
        let throttled = || failure(429, "throttled");
        assert!(play(throttled(), throttled()).findings(&super::CHECK, &contract).is_empty());
        let service = || throttled().tier(Tier::Service);
        assert_eq!(play(service(), service()).findings(&super::CHECK, &contract).len(), 1);
    }
}

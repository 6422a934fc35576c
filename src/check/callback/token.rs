//! `callback/token`.

use super::received::{Received, story};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Step};
use crate::observe::ReceivedCall;

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/token",
    family: Family::Callback,
    title: "an API that is called back gets a token made for it",
    explanation: "The called API demands a token of its own: its issuer, its audience, its role, still good. A call without one, or with the token that the service has at hand for something else, is refused, and the flow that waits is never told.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject).filter(|r| r.behaviour.identity.is_some()) else { return false };
    // A call back that was under way when the clock jumped has lost its token's time on the way.
    let jumped = subject.run.case.steps.iter().any(|step| matches!(step, Step::Advance(_) | Step::AdvanceTo(_)));
    let refusal =
        |call: &ReceivedCall| call.refused.clone().filter(|why| !(jumped && *why == ReceivedCall::TOKEN_OVER));
    if let Some((call, why)) = received.calls.iter().find_map(|call| Some((call, refusal(call)?))) {
        let audience = received.behaviour.identity.as_ref().map(|i| i.audience.clone()).unwrap_or_default();
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: why.clone(),
                title: format!("{} was called back with {why}", received.callee.id),
                expected: format!("a good token for the audience {audience}"),
                actual: why,
                place: Some(received.behaviour.place("/identity")),
            },
        );
        finding.evidence.lines = story([call]);
        found.push(finding);
    }
    !received.calls.is_empty()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use crate::check::synthetic::{Play, answer, called_back_by, job};
    use crate::generate::{CaseKind, Expect, Probe, Step};
    use crate::observe::ReceivedCall;

    fn play() -> Play {
        let play = Play::new(CaseKind::Probe(Probe::CallbackFault)).call(Expect::Success);
        play.answered(answer(202).header("Location", "/bulk-update/v1/batches/7"))
            .polled(answer(200).json(&json!({"status": "completed"})))
    }

    #[test]
    fn a_call_without_a_token_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        assert_eq!(found(play().called_back(&job("7", "completed"), Some(202))), 0);
        let without =
            play().called_back(&job("7", "completed"), Some(401)).received(|c| c.refused = Some("no token".into()));
        assert_eq!(found(without), 1);
        let over = || {
            let call = play().called_back(&job("7", "completed"), Some(401));
            call.received(|c| c.refused = Some(ReceivedCall::TOKEN_OVER.into()))
        };
        assert_eq!(found(over()), 1);
        assert_eq!(found(over().step(Step::Advance(Duration::from_hours(1)))), 0, "it was good when it left");
    }
}

//! `identity/past-gateway`.

use crate::check::answer::{accepted, in_words};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Via};

pub(in crate::check) const CHECK: Check = Check {
    id: "identity/past-gateway",
    family: Family::Identity,
    title: "the service refuses calls that came past the gateway",
    explanation: "With `through_gateway_only`, a call that goes straight to the service is refused with 401 or 403. \
        Whoever reaches the service past the gateway has no rate limit, no body limit, no log row and no token \
        check. A service that can't be reached at all refuses too.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::DirectService],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    if call.via != Via::Service || !behaviour.identity.as_ref().is_some_and(|i| i.through_gateway_only) {
        return false;
    }
    let Some(response) = subject.exchange.response() else { return true };
    if !matches!(response.status, 401 | 403) {
        let let_in = accepted(response);
        let title = if let_in {
            "the service accepted a call that came past the gateway".to_owned()
        } else {
            format!("the service answered a call past the gateway with {}", in_words(subject.exchange))
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: if let_in { "accepted" } else { "refused otherwise" }.to_owned(),
                title,
                expected: "401 or 403".to_owned(),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place("/identity/through_gateway_only")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe, Via};
    use crate::wire::FailureKind;

    #[test]
    fn acceptance_is_found_and_refusal_is_not() {
        let contract = with_behaviour();
        let found = |answer: Answer| {
            let play = Play::new(CaseKind::Probe(Probe::PastGateway)).call(Expect::Refused(vec![]));
            play.but(|call| call.via = Via::Service).answered(answer).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(answer(200)), 1);
        assert_eq!(found(failure(500, "internal")), 1);
        assert_eq!(found(failure(403, "forbidden")), 0);
        assert_eq!(found(silence(FailureKind::Connect)), 0);
    }
}

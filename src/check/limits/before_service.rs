//! `limits/before-service`.

use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need, Probe};
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/before-service",
    family: Family::Limits,
    title: "what the gateway must refuse never reaches the service",
    explanation: "Where the declared type of a refusal names the gateway as its tier, a body over the limit, one \
        without a length, or of another media type is not answered by the service: the gateway stops it. Judged only \
        where the tier that answered can be told.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let probes = [Probe::BodyOverLimit, Probe::BodyWithoutLength, Probe::MediaType];
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let (Expect::Refused(types), Some(tier)) = (&call.expect, subject.exchange.tier) else { return false };
    if !probes.iter().any(|probe| subject.is_probe(*probe)) || types.is_empty() {
        return false;
    }
    let at_gateway = |name| behaviour.error(name).is_some_and(|t| t.tier == Some(Tier::Gateway));
    if !types.iter().all(at_gateway) {
        return false;
    }
    if tier != Tier::Gateway {
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: "reached".to_owned(),
                title: "a request beyond a limit of the gateway reached the service".to_owned(),
                expected: "an answer of the gateway".to_owned(),
                actual: format!("{} from behind it", in_words(subject.exchange)),
                place: Some(behaviour.place("/limits")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect, Probe};
    use crate::wire::Tier;

    #[test]
    fn an_answer_of_the_service_is_found() {
        let contract = with_behaviour();
        let found = |answer: Answer| {
            let expect = Expect::Refused(vec![TypeName::new("payload_too_large")]);
            let play = Play::new(CaseKind::Probe(Probe::BodyOverLimit)).call(expect).answered(answer);
            play.findings(&super::CHECK, &contract).len()
        };
        let refused = failure(413, "payload_too_large");
        assert_eq!(found(refused.clone().tier(Tier::Service)), 1);
        assert_eq!(found(refused.clone().tier(Tier::Gateway)), 0);
        assert_eq!(found(refused), 0);
    }
}

//! `correlation/missing`.

use crate::check::answer::{accepted, failure_type, in_words};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/missing",
    family: Family::Correlation,
    title: "a call without correlation ID is refused",
    explanation: "Where the behaviour file names a failure type for a missing correlation ID, a call without one, or \
        with one that has not the declared format, is refused with that type. A service that invents an ID instead \
        never recognises the retry, and nobody finds the call in the logs.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if !subject.is_probe(Probe::CorrelationMissing) {
        return false;
    }
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let Some(correlation) = behaviour.correlation.as_ref() else { return false };
    let (Some(wanted), Expect::Refused(_)) = (&correlation.missing, &call.expect) else { return false };
    let Some(response) = subject.exchange.response().filter(|r| r.status != 429) else { return false };
    let status = behaviour.error(wanted).map_or(400, |t| t.status);
    if response.status != status || failure_type(response).is_some_and(|name| name != *wanted) {
        let sent = if subject.correlation.is_some() { "an ID of the wrong format" } else { "no ID" };
        let verb = if accepted(response) { "accepted" } else { "not refused as declared" };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{sent} {verb}"),
                title: format!("a call with {sent} in {} was {verb}", correlation.header),
                expected: format!("{status} {wanted}"),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place("/correlation/missing")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn acceptance_and_another_type_are_found() {
        let contract = with_behaviour();
        let found = |answer: Answer| {
            let expect = Expect::Refused(vec![TypeName::new("correlation_id_missing")]);
            let play = Play::new(CaseKind::Probe(Probe::CorrelationMissing)).call(expect).id(None);
            play.answered(answer).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(answer(200)), 1);
        assert_eq!(found(failure(400, "validation_error")), 1);
        assert_eq!(found(failure(400, "correlation_id_missing")), 0);
        assert_eq!(found(failure(429, "throttled")), 0);
    }
}

//! `limits/body`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/body",
    family: Family::Limits,
    title: "a body over the limit is refused",
    explanation: "A body that is longer than the contract allows, sent with its length, is refused with the declared type. A gateway that lets it through spends its own memory, the service's and the caller's time before anybody says no.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::BodyOverLimit, sent: "a body over the declared limit", pointer: "/limits/body" };

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    refusal::judge(&CHECK, &LIMIT, subject, found)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn acceptance_and_another_refusal_are_found() {
        let contract = with_behaviour();
        let found = |kind, answer: Answer| {
            let expect = Expect::Refused(vec![TypeName::new("payload_too_large")]);
            Play::new(kind).call(expect).answered(answer).findings(&super::CHECK, &contract).len()
        };
        let kind = CaseKind::Probe(Probe::BodyOverLimit);
        assert_eq!(found(kind, answer(200)), 1);
        assert_eq!(found(kind, failure(409, "idempotency_conflict")), 1);
        assert_eq!(found(kind, failure(500, "internal")), 1);
        assert_eq!(found(kind, failure(413, "payload_too_large")), 0);
        assert_eq!(found(kind, failure(429, "throttled")), 0);
        assert_eq!(found(CaseKind::Conforming, answer(200)), 0);
    }
}

//! `limits/length`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/length",
    family: Family::Limits,
    title: "a body without a length is refused",
    explanation: "API Management can judge a body's size only by its Content-Length. A body in chunks has none, so a contract with a body limit refuses it: otherwise leaving out one header field is the way around the limit.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::BodyWithoutLength, sent: "a body in chunks, without its length,", pointer: "/limits/body" };

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
            let expect = Expect::Refused(vec![TypeName::new("length_required")]);
            Play::new(kind).call(expect).answered(answer).findings(&super::CHECK, &contract).len()
        };
        let kind = CaseKind::Probe(Probe::BodyWithoutLength);
        assert_eq!(found(kind, answer(200)), 1);
        assert_eq!(found(kind, failure(409, "idempotency_conflict")), 1);
        assert_eq!(found(kind, failure(500, "internal")), 1);
        assert_eq!(found(kind, failure(411, "length_required")), 0);
        assert_eq!(found(kind, failure(429, "throttled")), 0);
        assert_eq!(found(CaseKind::Conforming, answer(200)), 0);
    }
}

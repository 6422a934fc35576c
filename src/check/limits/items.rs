//! `limits/items`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/items",
    family: Family::Limits,
    title: "more items than allowed are refused",
    explanation: "A list that is longer than the contract allows is refused as a whole, with the declared type. A service that takes the first of them and drops the rest tells a success for work it never did.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::TooManyItems, sent: "one item more than is allowed", pointer: "/limits/items" };

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
            let expect = Expect::Refused(vec![TypeName::new("too_many_items")]);
            Play::new(kind).call(expect).answered(answer).findings(&super::CHECK, &contract).len()
        };
        let kind = CaseKind::Probe(Probe::TooManyItems);
        assert_eq!(found(kind, answer(200)), 1);
        assert_eq!(found(kind, failure(409, "idempotency_conflict")), 1);
        assert_eq!(found(kind, failure(500, "internal")), 1);
        assert_eq!(found(kind, failure(400, "too_many_items")), 0);
        assert_eq!(found(kind, failure(429, "throttled")), 0);
        assert_eq!(found(CaseKind::Conforming, answer(200)), 0);
    }
}

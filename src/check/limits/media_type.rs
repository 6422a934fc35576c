//! `limits/media-type`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/media-type",
    family: Family::Limits,
    title: "another media type is refused",
    explanation: "A body whose Content-Type the contract does not list is refused with the declared type, before anybody guesses what it may mean.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::MediaType, sent: "a body of an undeclared media type", pointer: "/limits/content_types" };

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
            let expect = Expect::Refused(vec![TypeName::new("unsupported_media_type")]);
            Play::new(kind).call(expect).answered(answer).findings(&super::CHECK, &contract).len()
        };
        let kind = CaseKind::Probe(Probe::MediaType);
        assert_eq!(found(kind, answer(200)), 1);
        assert_eq!(found(kind, failure(409, "idempotency_conflict")), 1);
        assert_eq!(found(kind, failure(500, "internal")), 1);
        assert_eq!(found(kind, failure(415, "unsupported_media_type")), 0);
        assert_eq!(found(kind, failure(429, "throttled")), 0);
        assert_eq!(found(CaseKind::Conforming, answer(200)), 0);
    }
}

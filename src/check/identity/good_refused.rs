//! `identity/good-refused`.

use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Caller, Need};

pub(in crate::check) const CHECK: Check = Check {
    id: "identity/good-refused",
    family: Family::Identity,
    title: "a good token is accepted, however its scheme is written",
    explanation: "The name of an authentication scheme is read without regard to case (RFC 9110 §11.1): `bearer` is \
        `Bearer`. A gateway that compares letter by letter refuses clients whose library writes it otherwise, with an \
        error that sends everybody to look at the token.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let (Caller::Token(kind), Some(response)) = (call.caller, subject.exchange.response()) else { return false };
    if !kind.is_good() {
        return false;
    }
    if matches!(response.status, 401 | 403) && !response.headers.contains("retry-after") {
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: kind.to_string(),
                title: format!("a call with {kind} was refused"),
                expected: "what the same token is answered under `Bearer`".to_owned(),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place("/identity")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, failure, with_behaviour};
    use crate::generate::{Caller, CaseKind, Expect, Probe, TokenKind};

    #[test]
    fn a_refusal_is_found_and_an_answer_is_not() {
        let contract = with_behaviour();
        let found = |kind, answer| {
            let play = Play::new(CaseKind::Probe(Probe::Identity)).call(Expect::Success);
            play.caller(Caller::Token(kind)).answered(answer).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(TokenKind::LowerCaseScheme, failure(401, "unauthorized")), 1);
        assert_eq!(found(TokenKind::LowerCaseScheme, answer(200)), 0);
        assert_eq!(found(TokenKind::LowerCaseScheme, failure(404, "not_found")), 0);
        assert_eq!(found(TokenKind::Expired, failure(401, "unauthorized")), 0);
    }
}

//! `identity/token-refused`.

use crate::check::answer::{accepted, failure_type, in_words, one_of};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Caller, Expect, Need, TokenKind};

pub(in crate::check) const CHECK: Check = Check {
    id: "identity/token-refused",
    family: Family::Identity,
    title: "a token that isn't good is refused",
    explanation: "A call without a token, with one that has expired, is meant for another audience, comes from a \
        foreign issuer or tenant, was tampered with, is signed by a key that the issuer does not publish or not at \
        all, is a user's or an ID token, or lacks the role, is refused with 401 or 403 and a declared type, before \
        anything else is looked at; so is a good one that stands where it should not. Where the gateway checks only \
        that a token is there, any tenant's application may call.\n\nA kind is tried only where the behaviour file \
        rules it out: a missing role where one is demanded, version 1 where version 2 is declared, a token without a \
        client where the client matters.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let (Caller::Token(kind), Some(response)) = (call.caller, subject.exchange.response()) else { return false };
    if response.status == 429 || kind.is_good() || kind.is_open() {
        return false;
    }
    // A server may refuse so long a field before anybody reads it as a token.
    if kind == TokenKind::Oversized && matches!(response.status, 400 | 413 | 431) {
        return true;
    }
    let types = match &call.expect {
        Expect::Refused(types) => types.as_slice(),
        _ => &[],
    };
    let right_type = types.is_empty() || failure_type(response).is_none_or(|name| types.contains(&name));
    if !(matches!(response.status, 401 | 403) && right_type) {
        let title = if accepted(response) {
            format!("a call with {kind} was accepted")
        } else {
            format!("a call with {kind} was refused as {}", in_words(subject.exchange))
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{kind} {}", if accepted(response) { "accepted" } else { "refused otherwise" }),
                title,
                expected: format!("401 or 403 with {}", one_of(types)),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place("/identity")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{Caller, CaseKind, Expect, Probe, TokenKind};

    #[test]
    fn acceptance_and_the_wrong_refusal_are_found() {
        let contract = with_behaviour();
        let found = |answer: Answer| {
            let expect = Expect::Refused(vec![TypeName::new("unauthorized"), TypeName::new("forbidden")]);
            let play = Play::new(CaseKind::Probe(Probe::Identity)).call(expect);
            let play = play.caller(Caller::Token(TokenKind::Expired)).answered(answer);
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(answer(200)), 1);
        assert_eq!(found(failure(500, "internal")), 1);
        assert_eq!(found(failure(400, "validation_error")), 1);
        assert_eq!(found(failure(401, "unauthorized")), 0);
        assert_eq!(found(failure(403, "forbidden")), 0);
        assert_eq!(found(failure(429, "throttled")), 0);
    }
}

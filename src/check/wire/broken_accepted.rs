//! `wire/broken-accepted`.

use super::{broken_call, place};
use crate::check::answer::{failure_type, in_words, one_of, succeeded, throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Wanted;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/broken-accepted",
    family: Family::Wire,
    title: "what is broken on the wire is refused",
    explanation: "JSON that ends in its middle, bytes after its end, bytes that are no UTF-8, content that is shorter \
        than its length says: none of them is the message that the contract describes (RFC 8259, RFC 9112), so none \
        is answered with a success. A reader that repairs what it gets executes something that nobody sent.\n\nWhat \
        readers may take as an extension of JSON (RFC 8259 §9: comments, NaN, single quotes) is a warning; a byte \
        order mark or a member that comes twice is left to the service. A refusal with a type that means something \
        else is told as well. In a plain document, what readers may extend and framing that HTTP forbids are no more \
        than worth knowing: nobody promised anything about them, and the server in front may have put them right.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, call, run)) = broken_call(subject) else { return false };
    let level = match promised.wanted {
        Wanted::Refused => Level::Error,
        Wanted::Doubtful if subject.contract.behaviour.is_none() => Level::Information,
        Wanted::Doubtful => Level::Warning,
        Wanted::Accepted | Wanted::Either | Wanted::NoOperation => return false,
    };
    let Some(exchange) = run.last() else { return false };
    let Some(response) = exchange.response() else { return false };
    if throttled(response) || matches!(response.status, 401 | 403 | 410) {
        return false;
    }
    let title = &subject.run.case.title;
    let name = failure_type(response);
    let otherwise = (400..500).contains(&response.status)
        && !promised.by_server
        && !promised.types.is_empty()
        && name.is_some_and(|name| !promised.types.contains(&name));
    let verb = if succeeded(exchange) {
        "accepted"
    } else if otherwise && level == Level::Error {
        "refused as something else"
    } else {
        return true;
    };
    let mut finding = subject.finding(
        &CHECK,
        Some(exchange),
        Claim {
            what: format!("{} {verb}", promised.breakage),
            title: format!("{title}: {verb} by {}", call.operation),
            expected: match promised.types.as_slice() {
                [] => "a refusal with a status from 400 to 499".to_owned(),
                types => format!("a refusal with {}", one_of(types)),
            },
            actual: in_words(exchange),
            place: place(subject, call),
        },
    );
    finding.level = level;
    found.push(finding);
    true
}

#[cfg(test)]
mod tests {
    use crate::check::Level;
    use crate::check::synthetic::{Play, answer, failure, plain, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};

    fn play(wanted: Wanted) -> Play {
        let types = vec![TypeName::new("validation_error")];
        let promised = OnTheWire { breakage: "b", wanted, types, by_server: false, server_status: None };
        Play::new(CaseKind::Broken).call(Expect::Wire(promised))
    }

    #[test]
    fn acceptance_and_another_type_are_found_and_a_refusal_is_not() {
        let contract = with_behaviour();
        let found = |wanted, answer| play(wanted).answered(answer).findings(&super::CHECK, &contract);
        assert_eq!(found(Wanted::Refused, answer(200))[0].level, Level::Error);
        assert_eq!(found(Wanted::Doubtful, answer(202))[0].level, Level::Warning);
        assert_eq!(found(Wanted::Refused, failure(409, "idempotency_conflict")).len(), 1);
        let in_plain = play(Wanted::Doubtful).answered(answer(202)).findings(&super::CHECK, &plain());
        assert_eq!(in_plain[0].level, Level::Information);
        assert!(found(Wanted::Either, answer(200)).is_empty());
        for silent in [failure(400, "validation_error"), failure(429, "throttled"), answer(400), answer(401)] {
            assert!(found(Wanted::Refused, silent).is_empty());
        }
    }
}

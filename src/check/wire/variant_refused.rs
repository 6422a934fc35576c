//! `wire/variant-refused`.

use super::{broken_call, place};
use crate::check::answer::{in_words, succeeded, throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Wanted;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/variant-refused",
    family: Family::Wire,
    title: "another spelling of the same message is accepted",
    explanation: "Media types compare without regard to case, parameters may be quoted, and charset=utf-8 says what \
        JSON is anyway (RFC 9110 §8.3). A flow's HTTP action sends `application/json; charset=utf-8` whether its \
        maker wants it or not; a gateway that compares the whole value with `application/json` refuses it.\n\nJudged \
        only where the same message in its plain form was accepted right after it.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, call, run)) = broken_call(subject).filter(|(p, _, _)| p.wanted == Wanted::Accepted) else {
        return false;
    };
    let plain = subject.calls().find(|(call, _)| call.role == "plain").and_then(|(_, run)| run.last());
    let Some(exchange) = run.last().filter(|_| plain.is_some_and(succeeded)) else { return false };
    let Some(response) = exchange.response() else { return false };
    if response.status < 400 || throttled(response) || response.status >= 500 {
        return response.status < 400;
    }
    let media = exchange.request.headers.get("content-type").unwrap_or_default();
    found.push(subject.finding(
        &CHECK,
        Some(exchange),
        Claim {
            what: promised.breakage.to_owned(),
            title: format!("{}: refused by {}", subject.run.case.title, call.operation),
            expected: "what the plain form is answered: a declared success".to_owned(),
            actual: format!("{} for {media}", in_words(exchange)),
            place: place(subject, call),
        },
    ));
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, plain};
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};

    #[test]
    fn a_refusal_is_found_where_the_plain_form_is_accepted() {
        let found = |variant: Answer, plain_form: Answer| {
            let wanted = Wanted::Accepted;
            let promised = OnTheWire { breakage: "b", wanted, types: vec![], by_server: false, server_status: None };
            let play = Play::new(CaseKind::Broken).call(Expect::Wire(promised)).answered(variant);
            let play = play.call(Expect::Nothing).role("plain").answered(plain_form);
            play.findings(&super::CHECK, &plain()).len()
        };
        assert_eq!(found(failure(415, "unsupported_media_type"), answer(200)), 1);
        assert_eq!(found(answer(400), answer(202)), 1);
        assert_eq!(found(answer(200), answer(200)), 0);
        assert_eq!(found(answer(415), answer(415)), 0, "the plain form is refused as well");
        assert_eq!(found(answer(429), answer(200)), 0);
    }
}

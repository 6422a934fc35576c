//! `response/gone-after-delete`.

use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Probe;
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/gone-after-delete",
    family: Family::Response,
    title: "what was deleted is gone",
    explanation: "After a DELETE that was answered 200 or 204, a GET of the same is not answered with a success: the \
        service has said that it is gone (RFC 9110 §9.3.5). A resource that can still be read is still used: its \
        data leaves the house after somebody asked for it to be removed.\n\nNot judged: 202, which only promises to \
        delete later, a repeated DELETE, which may be answered either way, and contracts with a behaviour file.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if !subject.is_probe(Probe::Created) {
        return false;
    }
    let calls: Vec<_> = subject.calls().collect();
    let [_, (_, before), (delete, deleted), (read, after)] = calls.as_slice() else { return false };
    let gone = deleted.last().and_then(Exchange::status).is_some_and(|status| matches!(status, 200 | 204));
    let Some(exchange) = after.last().filter(|e| e.response().is_some()) else { return false };
    if !gone || !before.last().is_some_and(succeeded) {
        return false;
    }
    if succeeded(exchange) {
        let operation = subject.contract.openapi.operation(&read.operation);
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: read.operation.to_string(),
                title: format!("{} still finds what {} has deleted", read.operation, delete.operation),
                expected: "404 or 410".to_owned(),
                actual: format!("{} for {}", in_words(exchange), exchange.request.target),
                place: operation.map(|o| o.place.clone()),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, plain};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn what_can_still_be_read_is_found_and_what_is_gone_is_not() {
        let found = |deleted: u16, read: u16| {
            let play = Play::new(CaseKind::Probe(Probe::Created)).call(Expect::Nothing).answered(answer(201));
            let play = play.call(Expect::Nothing).answered(answer(200));
            let play =
                play.call(Expect::Nothing).answered(answer(deleted)).call(Expect::Nothing).answered(answer(read));
            play.findings(&super::CHECK, &plain()).len()
        };
        assert_eq!([found(204, 200), found(200, 200)], [1, 1]);
        assert_eq!([found(204, 404), found(204, 410), found(202, 200), found(403, 200), found(204, 429)], [0; 5]);
    }
}

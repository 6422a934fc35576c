//! `response/created-available`.

use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Probe;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/created-available",
    family: Family::Response,
    title: "what was made can be read",
    explanation: "A POST that answers with a success and an ID has made something: the GET that the document has for \
        it, with this ID, finds it. A caller that reads at once what it has just made and meets 404 makes it \
        again.\n\nOnly 404 and 410 are findings. Not judged: answers without the ID, 202 (it may not be there yet), \
        and contracts with a behaviour file, whose effects are looked at.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if !subject.is_probe(Probe::Created) {
        return false;
    }
    let calls: Vec<_> = subject.calls().collect();
    let [(_, made), (read, run), ..] = calls.as_slice() else { return false };
    let Some(exchange) = run.last() else { return false };
    if !made.last().is_some_and(|e| succeeded(e) && e.status() != Some(202)) || exchange.response().is_none() {
        return false;
    }
    if matches!(exchange.status(), Some(404 | 410)) {
        let operation = subject.contract.openapi.operation(&read.operation);
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: read.operation.to_string(),
                title: format!("{} does not find what was made just before", read.operation),
                expected: "what was made, under the ID that the answer told".to_owned(),
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
    fn what_is_not_there_is_found_and_what_is_there_is_not() {
        let play = |made: u16, read: u16| {
            let play = Play::new(CaseKind::Probe(Probe::Created)).call(Expect::Nothing).answered(answer(made));
            play.call(Expect::Nothing).answered(answer(read)).findings(&super::CHECK, &plain()).len()
        };
        assert_eq!([play(201, 404), play(201, 410)], [1, 1]);
        assert_eq!([play(201, 200), play(201, 403), play(201, 429), play(202, 404), play(400, 404)], [0; 5]);
    }
}

//! `response/credentials-ignored`.

use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Probe;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/credentials-ignored",
    family: Family::Response,
    title: "credentials that nobody gave out let nobody in",
    explanation: "An operation for which the document demands credentials does not answer with a success to a call \
        that carries wrong ones. Whoever reads the document takes the operation for protected.\n\nAny refusal will \
        do: 401, 403, or 404 where even existence is told to nobody. Not judged: operations whose credentials are a \
        certificate of the connection, and contracts with a behaviour file, where `identity/*` judges.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if !subject.is_probe(Probe::WrongCredentials) {
        return false;
    }
    let Some((call, run)) = subject.calls().next() else { return false };
    let Some(exchange) = run.last().filter(|e| e.response().is_some()) else { return false };
    if succeeded(exchange) {
        let operation = subject.contract.openapi.operation(&call.operation);
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: call.operation.to_string(),
                title: format!("{} lets in whoever comes with wrong credentials", call.operation),
                expected: "a refusal: 401 or 403".to_owned(),
                actual: in_words(exchange),
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
    fn a_success_is_found_and_any_refusal_is_not() {
        let found = |status: u16| {
            let play = Play::new(CaseKind::Probe(Probe::WrongCredentials)).call(Expect::Nothing);
            play.answered(answer(status)).findings(&super::CHECK, &plain()).len()
        };
        assert_eq!([found(200), found(204)], [1, 1]);
        assert_eq!([401, 403, 404, 422, 429].map(found), [0; 5]);
    }
}

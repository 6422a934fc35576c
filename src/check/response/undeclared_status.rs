//! `response/undeclared-status`.

use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/undeclared-status",
    family: Family::Response,
    title: "every status is declared",
    explanation: "A flow, a generated client and a custom connector branch on the statuses that the OpenAPI document \
        declares for an operation. A status that is not declared, neither exactly nor as a class (`4XX`) nor by \
        `default`, meets code that was never written.\n\nNot judged: 429 where no behaviour file speaks of \
        throttling, a server error of a plain document (that is `response/server-error`), and answers to paths and \
        methods that the document does not have.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(operation), Some(response)) = (subject.operation, subject.exchange.response()) else {
        return false;
    };
    let plain = subject.behaviour().is_none();
    if operation.responses.is_empty() || (plain && (response.status == 429 || response.status >= 500)) {
        return false;
    }
    if operation.response(response.status).is_none() {
        let declared: Vec<String> = operation.responses.keys().map(ToString::to_string).collect();
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: response.status.to_string(),
                title: format!("{} answered {}, which the document does not declare", operation.id, response.status),
                expected: format!("one of the declared statuses: {}", declared.join(", ")),
                actual: in_words(subject.exchange),
                place: Some(operation.place.clone()),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain, with_behaviour};

    #[test]
    fn an_undeclared_status_is_found_and_a_declared_one_is_not() {
        let contract = with_behaviour();
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(418)).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
        assert!(exchange_findings(&super::CHECK, &contract, answer(503)).is_empty());
        assert!(exchange_findings(&super::CHECK, &plain(), answer(429)).is_empty());
    }
}

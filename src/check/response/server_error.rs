//! `response/server-error`.

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::openapi::StatusKey;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/server-error",
    family: Family::Response,
    title: "no server error",
    explanation: "Without a behaviour file nothing promises which failures are part of the contract, so every 5xx is \
        one: whatever was sent, the server should have known what to say. A status other than 500 that the document \
        declares exactly (`503`) is taken as meant.\n\nWith a behaviour file the taxonomy decides instead: \
        `taxonomy/client-mistake` and `response/refused-conforming`.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (None, Some(response)) = (subject.behaviour(), subject.exchange.response()) else {
        return false;
    };
    let status = response.status;
    let meant = status != 500 && subject.operation.is_some_and(|o| o.responses.contains_key(&StatusKey::Exact(status)));
    if status >= 500 && !meant {
        let sent = if subject.conforming { "a request that keeps the contract" } else { "a request" };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: status.to_string(),
                title: format!("{sent} was answered {status}"),
                expected: "an answer that the server chose: a success, or a 4xx that says what is wrong".to_owned(),
                actual: format!("status {status}"),
                place: subject.operation.map(|o| o.place.clone()),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain, with_behaviour};

    #[test]
    fn a_server_error_of_a_plain_document_is_found() {
        assert_eq!(exchange_findings(&super::CHECK, &plain(), answer(500)).len(), 1);
        assert!(exchange_findings(&super::CHECK, &plain(), answer(400)).is_empty());
        assert!(exchange_findings(&super::CHECK, &plain(), answer(503)).is_empty(), "declared");
        assert!(exchange_findings(&super::CHECK, &with_behaviour(), answer(500)).is_empty());
    }
}

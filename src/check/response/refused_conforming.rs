//! `response/refused-conforming`.

use crate::check::answer::{declared, in_words, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::Retry;
use crate::generate::{CaseKind, Expect, Probe};
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "response/refused-conforming",
    family: Family::Response,
    title: "what keeps the contract is accepted",
    explanation: "A request that keeps every limit of the contract, and names only what exists, is answered with a \
        success. A refusal means that the service knows a rule that its contract keeps from the caller.\n\nNeutral: \
        429 and a quota's 403, whoever asks; 401, 403, 404 and 409 of a plain document, where identities, rights and \
        state are unknown; 404 of a safe operation with path parameters; a version after its sunset. A declared \
        failure that flows retry (503) is a warning: once it may happen.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (true, Some(response)) = (expects_success(subject), subject.exchange.response()) else {
        return false;
    };
    if response.status < 400 || throttled(response) || neutral(subject, response) {
        return response.status < 400;
    }
    let retried = subject.behaviour().and_then(|b| declared(b, response)).is_some_and(|t| t.retry == Retry::Policy);
    let mut finding = subject.finding(
        &CHECK,
        Claim {
            what: response.status.to_string(),
            title: format!("a request that keeps the contract was refused with {}", in_words(subject.exchange)),
            expected: "a declared success".to_owned(),
            actual: format!("{}: {}", in_words(subject.exchange), beginning(response)),
            place: subject.operation.map(|o| o.place.clone()),
        },
    );
    if retried && response.status != 500 {
        finding.level = Level::Warning;
    }
    found.push(finding);
    true
}

/// Under load duplicates, redeliveries and faults are meant, and nobody tells
/// which exchange was to succeed: there only the refusals that no state of the
/// service explains are judged.
fn expects_success(subject: &ExchangeSubject<'_>) -> bool {
    match subject.call {
        Some(call) => {
            // Sequences have checks of their own, which know what went before.
            let alone = matches!(
                subject.kind(),
                Some(CaseKind::Conforming | CaseKind::Boundary | CaseKind::Probe(Probe::Lifecycle))
            );
            alone && subject.conforming && matches!(call.expect, Expect::Success | Expect::Nothing)
        }
        None => subject.conforming && subject.kind().is_none(),
    }
}

fn neutral(subject: &ExchangeSubject<'_>, response: &Response) -> bool {
    let status = response.status;
    let looked_up = subject.operation.is_none_or(|o| o.is_safe() && o.path.contains('{'));
    let unknown_state = subject.behaviour().is_none() && (matches!(status, 401 | 403 | 404 | 409) || status >= 500);
    let under_load = subject.call.is_none() && (matches!(status, 401 | 403 | 404 | 408 | 409) || status >= 500);
    unknown_state || under_load || (status == 404 && looked_up) || subject.after_sunset()
}

/// The first words of a body, for a reader who wants to know why.
fn beginning(response: &Response) -> String {
    let text = String::from_utf8_lossy(&response.body);
    let mut beginning: String = text.chars().take(200).collect();
    if beginning.len() < text.len() {
        beginning.push('…');
    }
    beginning
}

#[cfg(test)]
mod tests {
    use crate::check::Level;
    use crate::check::synthetic::{answer, exchange_findings, failure, plain, with_behaviour};

    #[test]
    fn a_refusal_is_found_and_a_success_is_not() {
        let contract = with_behaviour();
        let found = exchange_findings(&super::CHECK, &contract, failure(400, "validation_error"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].level, Level::Error);
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
        let busy = exchange_findings(&super::CHECK, &contract, failure(503, "downstream_unavailable"));
        assert_eq!(busy[0].level, Level::Warning);
        let broken = exchange_findings(&super::CHECK, &contract, failure(500, "internal"));
        assert_eq!(broken[0].level, Level::Error);
    }

    #[test]
    fn throttling_is_neutral_and_so_is_unknown_state_of_a_plain_document() {
        let contract = with_behaviour();
        assert!(exchange_findings(&super::CHECK, &contract, failure(429, "throttled")).is_empty());
        let spent = failure(403, "quota_exceeded").header("Retry-After", "60");
        assert!(exchange_findings(&super::CHECK, &contract, spent).is_empty());
        for status in [401, 403, 404, 409, 429, 500] {
            assert!(exchange_findings(&super::CHECK, &plain(), answer(status)).is_empty(), "{status}");
        }
        assert_eq!(exchange_findings(&super::CHECK, &plain(), answer(400)).len(), 1);
    }
}

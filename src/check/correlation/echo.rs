//! `correlation/echo`.

use crate::check::answer::well_formed;
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Via};

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/echo",
    family: Family::Correlation,
    title: "every answer brings the correlation ID back",
    explanation: "With `echo: true`, each answer of either tier, errors too, carries the correlation ID of its \
        request in the same header field. It is what a maker pastes into a ticket.\n\nNot judged: IDs that break \
        their own format, and calls past the gateway.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(correlation) = behaviour.correlation.as_ref().filter(|c| c.echo) else { return false };
    let (Some(sent), Some(response)) = (subject.correlation, subject.exchange.response()) else { return false };
    if !well_formed(correlation, sent) || subject.call.is_some_and(|call| call.via == Via::Service) {
        return false;
    }
    let received = response.headers.get(&correlation.header);
    if !received.is_some_and(|received| received.eq_ignore_ascii_case(sent)) {
        let (header, class) = (&correlation.header, response.status / 100);
        let (title, actual) = match received {
            None => (format!("an answer {} lacks {header}", response.status), "no such field".to_owned()),
            Some(other) => (format!("an answer {} carries another {header}", response.status), other.to_owned()),
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{class}xx {}", if received.is_some() { "differs" } else { "missing" }),
                title,
                expected: format!("{header}: {sent}"),
                actual,
                place: Some(behaviour.place("/correlation/echo")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{OTHER_ID, answer, exchange_findings, load_findings, with, with_behaviour};

    #[test]
    fn a_missing_and_another_id_are_found() {
        let contract = with_behaviour();
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
        let without = answer(503).without("X-Correlation-Id");
        assert_eq!(exchange_findings(&super::CHECK, &contract, without.clone()).len(), 1);
        assert_eq!(load_findings(&super::CHECK, &contract, without.clone()).len(), 1);
        let other = answer(200).header("X-Correlation-Id", OTHER_ID);
        assert_eq!(exchange_findings(&super::CHECK, &contract, other).len(), 1);
        let silent = with(|b| b.correlation.as_mut().unwrap().echo = false);
        assert!(exchange_findings(&super::CHECK, &silent, without).is_empty());
    }
}

//! `taxonomy/client-mistake`.

use super::failed;
use crate::check::answer::{failure_type, in_words, one_of};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Expect, Need};

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/client-mistake",
    family: Family::Taxonomy,
    title: "a client's mistake is never a server error",
    explanation: "A call that the contract promises to refuse is refused with a 4xx. As a 5xx it is repeated by every \
        flow that sent it, alarms the wrong team, and hides what the client should change. That a 500 is declared \
        does not make it right for a client's mistake.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(Expect::Refused(types)) = subject.call.map(|call| &call.expect) else { return false };
    let Some((behaviour, response)) = failed(subject) else { return false };
    let meant = failure_type(response).is_some_and(|name| types.contains(&name));
    if response.status >= 500 && !meant {
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: in_words(subject.exchange),
                title: format!("a client's mistake was answered {}", in_words(subject.exchange)),
                expected: format!("{} with a status from 400 to 499", one_of(types)),
                actual: in_words(subject.exchange),
                place: Some(match types.first().and_then(|name| behaviour.error(name)) {
                    Some(of_type) => behaviour.place(&of_type.pointer()),
                    None => behaviour.place("/errors/types"),
                }),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, exchange_findings, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect};

    #[test]
    fn a_server_error_for_broken_data_is_found() {
        let contract = with_behaviour();
        let refused = |status, name| {
            let expect = Expect::Refused(vec![TypeName::new("validation_error")]);
            let play = Play::new(CaseKind::Violating).call(expect).answered(failure(status, name));
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(refused(500, "internal"), 1);
        assert_eq!(refused(503, "downstream_unavailable"), 1);
        assert_eq!(refused(400, "validation_error"), 0);
        assert!(exchange_findings(&super::CHECK, &contract, failure(500, "internal")).is_empty());
    }
}

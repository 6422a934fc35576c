//! `latency/answer-within`.

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::{Need, Via};
use crate::wire::FailureKind;

pub(in crate::check) const CHECK: Check = Check {
    id: "latency/answer-within",
    family: Family::Latency,
    title: "an answer comes in time",
    explanation: "Every exchange is over within the contract's `answer_within`, in real time from the instant it was \
        sent. A flow's HTTP action waits two minutes, an Azure load balancer four: an answer that comes later is \
        made for nobody.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(bound) = behaviour.limits.as_ref().and_then(|l| l.answer_within) else { return false };
    if subject.call.is_some_and(|call| call.via == Via::Service) {
        return false;
    }
    let waited = match &subject.exchange.outcome {
        Ok(_) => true,
        Err(failure) => failure.kind == FailureKind::Timeout,
    };
    let took = subject.exchange.service_time();
    if waited && took > bound {
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: "late".to_owned(),
                title: "an answer did not come in time".to_owned(),
                expected: format!("an answer within {}", format_duration(bound)),
                actual: format!("after {}", format_duration(took)),
                place: Some(behaviour.place("/limits/answer_within")),
            },
        ));
    }
    waited
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{answer, exchange_findings, silence, with_behaviour};
    use crate::wire::FailureKind;

    #[test]
    fn a_late_answer_is_found() {
        let contract = with_behaviour();
        let late = Duration::from_secs(101);
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(200).took(late)).len(), 1);
        let given_up = silence(FailureKind::Timeout).took(late);
        assert_eq!(exchange_findings(&super::CHECK, &contract, given_up).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
        assert!(exchange_findings(&super::CHECK, &contract, silence(FailureKind::Reset).took(late)).is_empty());
    }
}

//! `lifecycle/after-sunset`.

use crate::check::answer::{failure_type, in_words, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::{AfterSunset, LifecycleStatus};
use crate::generate::{Caller, Need, Via};

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/after-sunset",
    family: Family::Lifecycle,
    title: "after its sunset a version answers as declared",
    explanation: "Once the sunset has passed, or where the contract calls the version retired, each call is answered \
        with the type that `after_sunset` names, as a rule 410. A version that still works after its announced end \
        teaches its callers that announcements can wait.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(lifecycle) = &behaviour.lifecycle else { return false };
    let Some(AfterSunset::Type(wanted)) = &lifecycle.after_sunset else { return false };
    let Some(response) = subject.exchange.response() else { return false };
    let retired = lifecycle.status == LifecycleStatus::Retired || subject.after_sunset();
    let ordinary = subject.call.is_none_or(|c| c.via == Via::Gateway && !matches!(c.caller, Caller::Token(_)));
    if !retired
        || !ordinary
        || subject.operation.is_none()
        || throttled(response)
        || matches!(response.status, 401 | 403)
    {
        return false;
    }
    if failure_type(response).as_ref() != Some(wanted) {
        let status = behaviour.error(wanted).map_or(410, |t| t.status);
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: if response.status < 400 { "answers" } else { "another refusal" }.to_owned(),
                title: format!("after its sunset the version was answered {}", in_words(subject.exchange)),
                expected: format!("{status} {wanted}"),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place("/lifecycle/after_sunset")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, failure, with, with_behaviour};
    use crate::clock::Timestamp;

    #[test]
    fn a_success_after_the_sunset_is_found() {
        let gone = with(|b| b.lifecycle.as_mut().unwrap().sunset = Timestamp::parse("2026-08-31"));
        assert_eq!(exchange_findings(&super::CHECK, &gone, answer(200)).len(), 1);
        assert!(exchange_findings(&super::CHECK, &gone, failure(410, "gone")).is_empty());
        assert!(exchange_findings(&super::CHECK, &gone, failure(429, "throttled")).is_empty());
        assert!(exchange_findings(&super::CHECK, &with_behaviour(), answer(200)).is_empty());
    }
}

//! `throttling/retry-after-missing`.

use crate::check::answer::failure_type;
use crate::check::claim::Claim;
use crate::check::taxonomy::retry_after::readable;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, ErrorType};
use crate::generate::Need;
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/retry-after-missing",
    family: Family::Throttling,
    title: "a throttled client is told when to come back",
    explanation: "Each 429, and each refusal for a spent quota, whose declared type says `retry_after: required`, \
        carries `Retry-After`. Without it a flow repeats by its own default, four times within minutes, and fails.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(behaviour), Some(response)) = (subject.behaviour(), subject.exchange.response()) else { return false };
    let Some(of_type) = throttling_type(behaviour, response) else { return false };
    if !readable(response) {
        let actual = response.headers.get("retry-after").map_or_else(
            || format!("{} without Retry-After", response.status),
            |text| format!("Retry-After: {text}, neither seconds nor an HTTP-date"),
        );
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: response.status.to_string(),
                title: format!("an answer {} does not say when to come back", response.status),
                expected: format!("Retry-After on every `{}`", of_type.name),
                actual,
                place: Some(behaviour.place(&format!("{}/retry_after", of_type.pointer()))),
            },
        ));
    }
    true
}

/// The type that demands the field: by name, or the one that is declared for
/// 429 where the answer names none.
fn throttling_type<'b>(behaviour: &'b Behaviour, response: &Response) -> Option<&'b ErrorType> {
    if !matches!(response.status, 403 | 429) {
        return None;
    }
    let of_type = match failure_type(response) {
        Some(name) => behaviour.error(&name),
        None => behaviour.errors.iter().find(|t| response.status == 429 && t.status == 429),
    };
    of_type.filter(|t| t.retry_after)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, failure, load_findings, with_behaviour};

    #[test]
    fn a_429_and_a_spent_quota_without_the_field_are_found() {
        let contract = with_behaviour();
        let throttled = failure(429, "throttled");
        assert!(exchange_findings(&super::CHECK, &contract, throttled.clone()).is_empty());
        let without = throttled.without("Retry-After");
        assert_eq!(exchange_findings(&super::CHECK, &contract, without.clone()).len(), 1);
        assert_eq!(load_findings(&super::CHECK, &contract, without).len(), 1);
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(429)).len(), 1);
        assert_eq!(exchange_findings(&super::CHECK, &contract, failure(403, "quota_exceeded")).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, failure(403, "forbidden")).is_empty());
    }
}

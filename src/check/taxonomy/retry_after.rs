//! `taxonomy/retry-after`.

use super::failed;
use crate::check::answer::{declared, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::clock::Timestamp;
use crate::generate::Need;
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/retry-after",
    family: Family::Taxonomy,
    title: "Retry-After where it is promised",
    explanation: "A failure type with `retry_after: required` always carries `Retry-After` (RFC 9110 §10.2.3), as \
        whole seconds or an HTTP-date. Without it a flow falls back to its own intervals and comes back too early, or \
        hours too late.\n\n429 and a spent quota are judged by `throttling/retry-after-missing`.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    let Some(of_type) = declared(behaviour, response).filter(|t| t.retry_after && t.status != 429) else {
        return false;
    };
    if throttled(response) || (behaviour.throttling.is_some() && of_type.status == 403) {
        return false;
    }
    if !readable(response) {
        let name = &of_type.name;
        let actual = response.headers.get("retry-after").map_or_else(
            || "no Retry-After".to_owned(),
            |text| format!("Retry-After: {text}, neither seconds nor an HTTP-date"),
        );
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: name.to_string(),
                title: format!("`{name}` does not say when to come back"),
                expected: format!("Retry-After on every `{name}`"),
                actual,
                place: Some(behaviour.place(&format!("{}/retry_after", of_type.pointer()))),
            },
        ));
    }
    true
}

/// Whether the field is there and one of its two forms.
pub(in crate::check) fn readable(response: &Response) -> bool {
    response.retry_after_seconds().is_some()
        || response.headers.get("retry-after").and_then(Timestamp::parse_http_date).is_some()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{exchange_findings, failure, with_behaviour};

    #[test]
    fn a_missing_or_unreadable_field_is_found() {
        let contract = with_behaviour();
        let busy = failure(503, "in_progress");
        assert!(exchange_findings(&super::CHECK, &contract, busy.clone()).is_empty());
        let dated = busy.clone().header("Retry-After", "Thu, 31 Dec 2026 23:59:59 GMT");
        assert!(exchange_findings(&super::CHECK, &contract, dated).is_empty());
        assert_eq!(exchange_findings(&super::CHECK, &contract, busy.clone().without("Retry-After")).len(), 1);
        assert_eq!(exchange_findings(&super::CHECK, &contract, busy.header("Retry-After", "soon")).len(), 1);
        let plain = failure(504, "timeout");
        assert!(exchange_findings(&super::CHECK, &contract, plain).is_empty(), "not required");
    }
}

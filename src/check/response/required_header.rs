//! `response/required-header`.

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/required-header",
    family: Family::Response,
    title: "every required header field is there",
    explanation: "A header field that the document marks `required` for a status is in each answer with that status. \
        The asynchronous pattern of flows lives on it: a 202 without `Location` can't be polled.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(operation), Some(response)) = (subject.operation, subject.exchange.response()) else {
        return false;
    };
    let Some(spec) = operation.response(response.status) else { return false };
    let mut concerned = false;
    for header in spec.headers.iter().filter(|header| header.required) {
        // What throttling and life cycle promise has checks of its own, which
        // know when a field is due.
        if subject.behaviour().is_some() && judged_elsewhere(subject, &header.name) {
            continue;
        }
        concerned = true;
        if !response.headers.contains(&header.name) {
            found.push(subject.finding(
                &CHECK,
                Claim {
                    what: format!("{} {}", response.status, header.name.to_ascii_lowercase()),
                    title: format!("an answer {} lacks the header field {}", response.status, header.name),
                    expected: format!("{} in every answer {}", header.name, response.status),
                    actual: "the field is missing".to_owned(),
                    place: Some(spec.place.clone()),
                },
            ));
        }
    }
    concerned
}

fn judged_elsewhere(subject: &ExchangeSubject<'_>, name: &str) -> bool {
    let correlation = subject.behaviour().and_then(|b| b.correlation.as_ref());
    let known = ["retry-after", "deprecation", "sunset", "link"];
    let failed = subject.exchange.status().is_some_and(|status| status >= 400);
    correlation.is_some_and(|c| c.header.eq_ignore_ascii_case(name))
        || (known.iter().any(|k| k.eq_ignore_ascii_case(name)) && (failed || !name.eq_ignore_ascii_case("retry-after")))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain};

    #[test]
    fn a_missing_field_is_found_and_a_present_one_is_not() {
        let contract = plain();
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(202)).len(), 1);
        let right = answer(202).header("location", "/jobs/1");
        assert!(exchange_findings(&super::CHECK, &contract, right).is_empty());
    }
}

//! `lifecycle/sunset`.

use super::{announced, deprecation, is_same};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::clock::Timestamp;
use crate::contract::behaviour::LifecycleStatus;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/sunset",
    family: Family::Lifecycle,
    title: "a deprecated version tells when it ends",
    explanation: "Where the contract declares `sunset`, each success of the deprecated version carries `Sunset` (RFC \
        8594) as an HTTP-date that equals it, and that is not before the date of `Deprecation` (RFC 9745 §4).",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, lifecycle, response)) = announced(subject, LifecycleStatus::Deprecated) else {
        return false;
    };
    let Some(sunset) = lifecycle.sunset else { return false };
    let text = response.headers.get("sunset").map(str::trim);
    let told = text.and_then(Timestamp::parse_http_date);
    let deprecated = response.headers.get("deprecation").and_then(deprecation::parse);
    let (what, title) = match (text, told) {
        (None, _) => ("missing", "a deprecated version does not tell when it ends"),
        (Some(_), None) => ("malformed", "Sunset is no HTTP-date"),
        (_, Some(told)) if !is_same(sunset, told) => ("differs", "Sunset names another day than the contract"),
        (_, Some(told)) if deprecated.is_some_and(|since| told < since) => ("early", "Sunset is before Deprecation"),
        _ => return true,
    };
    found.push(subject.finding(
        &CHECK,
        Claim {
            what: what.to_owned(),
            title: title.to_owned(),
            expected: format!("Sunset: {}", sunset.http_date()),
            actual: text.map_or_else(|| "no such field".to_owned(), |text| format!("Sunset: {text}")),
            place: Some(behaviour.place("/lifecycle/sunset")),
        },
    ));
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, with, with_behaviour};

    #[test]
    fn a_missing_malformed_or_other_date_is_found() {
        let contract = with_behaviour();
        let right = answer(200).header("Sunset", "Wed, 31 Mar 2027 23:59:59 GMT");
        assert!(exchange_findings(&super::CHECK, &contract, right.clone()).is_empty());
        for wrong in ["Thu, 01 Apr 2027 00:00:00 GMT", "2027-03-31", "@1806364800"] {
            let found = exchange_findings(&super::CHECK, &contract, answer(200).header("Sunset", wrong));
            assert_eq!(found.len(), 1, "{wrong}");
        }
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(200)).len(), 1);
        let early = right.header("Deprecation", "@1900000000");
        assert_eq!(exchange_findings(&super::CHECK, &contract, early).len(), 1);
        let none = with(|b| b.lifecycle.as_mut().unwrap().sunset = None);
        assert!(exchange_findings(&super::CHECK, &none, answer(200)).is_empty());
    }
}

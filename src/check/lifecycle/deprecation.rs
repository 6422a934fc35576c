//! `lifecycle/deprecation`.

use super::{announced, is_same};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::clock::Timestamp;
use crate::contract::behaviour::LifecycleStatus;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/deprecation",
    family: Family::Lifecycle,
    title: "a deprecated version says so",
    explanation: "Each success of a deprecated version carries `Deprecation: @<seconds>` (RFC 9745), with the instant \
        of the contract's `since`. The older forms `true` and `?1`, and an HTTP-date, are invalid: clients that \
        follow the RFC ignore them.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, lifecycle, response)) = announced(subject, LifecycleStatus::Deprecated) else {
        return false;
    };
    let text = response.headers.get("deprecation").map(str::trim);
    let (what, title) = match text {
        None => ("missing", "a deprecated version does not say so".to_owned()),
        Some(text) => match (parse(text), lifecycle.since) {
            (None, _) => ("malformed", format!("Deprecation has {}", wrong_form(text))),
            (Some(told), Some(since)) if !is_same(since, told) => {
                ("differs", "Deprecation names another day than the contract".to_owned())
            }
            _ => return true,
        },
    };
    let expected = lifecycle.since.map_or_else(|| "@<seconds>".to_owned(), |since| format!("@{}", since.seconds()));
    found.push(subject.finding(
        &CHECK,
        Claim {
            what: what.to_owned(),
            title,
            expected: format!("Deprecation: {expected}"),
            actual: text.map_or_else(|| "no such field".to_owned(), |text| format!("Deprecation: {text}")),
            place: Some(behaviour.place("/lifecycle/since")),
        },
    ));
    true
}

/// A Structured Fields Date (RFC 9651 §3.3.7); parameters are passed over.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let bare = text.split(';').next()?.trim();
    bare.strip_prefix('@')?.parse().ok().map(Timestamp::from_seconds)
}

fn wrong_form(text: &str) -> &'static str {
    if matches!(text, "true" | "?1") {
        "the form of an old draft (`true`), which RFC 9745 does not know"
    } else if Timestamp::parse_http_date(text).is_some() {
        "an HTTP-date, where RFC 9745 wants `@` and seconds"
    } else {
        "a form that RFC 9745 does not know"
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, failure, with_behaviour};

    #[test]
    fn a_missing_malformed_or_other_date_is_found() {
        let contract = with_behaviour();
        let told = |text: &str| {
            let found = exchange_findings(&super::CHECK, &contract, answer(200).header("Deprecation", text));
            found.into_iter().map(|f| f.title).next()
        };
        assert_eq!(told("@1782777600"), None);
        assert_eq!(told("@1782777601"), None, "the same day");
        assert!(told("true").is_some_and(|t| t.contains("old draft")));
        assert!(told("Tue, 30 Jun 2026 00:00:00 GMT").is_some_and(|t| t.contains("HTTP-date")));
        assert!(told("@1782000000").is_some_and(|t| t.contains("another day")));
        assert_eq!(exchange_findings(&super::CHECK, &contract, answer(200)).len(), 1);
        assert!(exchange_findings(&super::CHECK, &contract, failure(400, "validation_error")).is_empty());
    }
}

//! `response/media-type`.

use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};

pub(in crate::check) const CHECK: Check = Check {
    id: "response/media-type",
    family: Family::Response,
    title: "every answer has a declared media type",
    explanation: "The `Content-Type` of an answer with content is one of those that the document declares for its \
        status; ranges such as `application/*` count. Power Automate parses a body by its media type: JSON that is \
        labelled `text/plain` arrives in a flow as text.\n\nNot judged: answers without content, and statuses for \
        which the document declares no content at all.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(operation), Some(response)) = (subject.operation, subject.exchange.response()) else {
        return false;
    };
    let Some(spec) = operation.response(response.status) else { return false };
    if spec.content.is_empty() || response.body.is_empty() {
        return false;
    }
    let received = response.media_type();
    if received.as_deref().and_then(|name| spec.media_type(name)).is_none() {
        let declared: Vec<&str> = spec.content.iter().map(|m| m.name.as_str()).collect();
        let status = response.status;
        let (title, actual) = match &received {
            Some(name) => (format!("an answer {status} came as {name}"), format!("Content-Type: {name}")),
            None => (format!("an answer {status} came without a media type"), "no Content-Type".to_owned()),
        };
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{status} {}", received.as_deref().unwrap_or("none")),
                title,
                expected: declared.join(" or "),
                actual,
                place: Some(spec.place.clone()),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{answer, exchange_findings, plain};

    #[test]
    fn another_media_type_is_found_and_the_declared_one_is_not() {
        let contract = plain();
        let wrong = answer(200).header("Content-Type", "text/plain").text("{}");
        assert_eq!(exchange_findings(&super::CHECK, &contract, wrong).len(), 1);
        let right = answer(200).json(&serde_json::json!({})).header("Content-Type", "application/json; charset=utf-8");
        assert!(exchange_findings(&super::CHECK, &contract, right).is_empty());
        assert!(exchange_findings(&super::CHECK, &contract, answer(200)).is_empty());
    }
}

//! `taxonomy/shape`.

use super::failed;
use crate::check::answer::{Problem, well_formed};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::ErrorShape;
use crate::generate::Need;
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/shape",
    family: Family::Taxonomy,
    title: "one shape of errors from both tiers",
    explanation: "With `shape: problem+json`, each answer from 400 up is `application/problem+json` (RFC 9457) with \
        the members `status`, equal to the status on the wire, `failureType`, and `correlationId`, equal to the one \
        that was sent. A flow parses an error with one schema, whichever tier made it; an HTML page from a gateway \
        breaks the very branch that was to handle it.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((behaviour, response)) = failed(subject) else { return false };
    if behaviour.error_shape != Some(ErrorShape::ProblemJson) || response.truncated {
        return false;
    }
    for (what, expected, actual) in faults(subject, response) {
        let status = response.status;
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{status} {what}"),
                title: format!("an error {status} has not the agreed shape: {what}"),
                expected,
                actual,
                place: Some(behaviour.place("/errors/shape")),
            },
        ));
    }
    true
}

/// What is wrong, what was expected, what came.
fn faults(subject: &ExchangeSubject<'_>, response: &Response) -> Vec<(&'static str, String, String)> {
    let media = response.media_type().unwrap_or_else(|| "none".to_owned());
    let mut faults = Vec::new();
    if media != "application/problem+json" {
        faults.push(("media type", "application/problem+json".to_owned(), media));
    }
    let Some(problem) = Problem::read(response) else {
        let beginning: String = String::from_utf8_lossy(&response.body).chars().take(120).collect();
        faults.push(("content", "a JSON object".to_owned(), beginning));
        return faults;
    };
    if problem.status != Some(u64::from(response.status)) {
        let actual = problem.status.map_or_else(|| "no such number".to_owned(), |s| s.to_string());
        faults.push(("member status", format!("{}, as on the wire", response.status), actual));
    }
    if problem.failure_type.is_none() {
        faults.push(("member failureType", "a text".to_owned(), "no such text".to_owned()));
    }
    // An ID that breaks its own format need not come back.
    let correlation = subject.behaviour().and_then(|b| b.correlation.as_ref()).filter(|c| c.echo);
    if let (Some(correlation), Some(sent)) = (correlation, subject.correlation)
        && well_formed(correlation, sent)
        && problem.correlation.as_deref() != Some(sent)
    {
        let actual = problem.correlation.unwrap_or_else(|| "no such text".to_owned());
        faults.push(("member correlationId", format!("{sent}, as it was sent"), actual));
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{answer, exchange_findings, failure, with_behaviour};

    #[test]
    fn a_page_a_wrong_status_and_a_missing_member_are_found() {
        let contract = with_behaviour();
        let titles = |answer| -> Vec<String> {
            exchange_findings(&super::CHECK, &contract, answer).into_iter().map(|f| f.title).collect()
        };
        assert!(titles(failure(503, "in_progress")).is_empty());
        assert!(titles(answer(200)).is_empty());
        let page = answer(502).text("<html>").header("Content-Type", "text/html");
        assert_eq!(titles(page).len(), 2);
        let body = json!({"status": 400, "failureType": "not_found", "correlationId": crate::check::synthetic::ID});
        let wrong = answer(404).json(&body).header("Content-Type", "application/problem+json");
        assert_eq!(titles(wrong), ["an error 404 has not the agreed shape: member status"]);
        let bare = answer(404).json(&json!({"status": 404})).header("Content-Type", "application/problem+json");
        assert_eq!(titles(bare).len(), 2);
    }
}

//! `callback/schema`.

use super::received::{Received, story};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::ReceivedCall;

pub(in crate::check) const CHECK: Check = Check {
    id: "callback/schema",
    family: Family::Callback,
    title: "what is sent to an API that is called back keeps its schema",
    explanation: "The content of a call back is a request to somebody else's API: it is judged by that API's OpenAPI document. A state or a member that it does not have breaks the flow that waits, after the work is done.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Callbacks],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(received) = Received::of(subject) else { return false };
    let broken = received.calls.iter().find_map(|call| Some((call, fault(&received, call)?)));
    if let Some((call, why)) = broken {
        let place = received.callee.openapi.operations.first().map(|operation| operation.place.clone());
        let mut finding = subject.finding(
            &CHECK,
            None,
            Claim {
                what: why.0.clone(),
                title: format!("a call back of {} breaks its schema: {}", received.callee.id, why.0),
                expected: "content that keeps the schema of the operation that is called".to_owned(),
                actual: why.1,
                place,
            },
        );
        finding.evidence.lines = story([call]);
        found.push(finding);
    }
    !received.calls.is_empty()
}

/// What is wrong with the content, in a few words and in full.
fn fault(received: &Received<'_>, call: &ReceivedCall) -> Option<(String, String)> {
    let operation = received.callee.openapi.operations.iter().find(|o| o.method.as_str() == call.method)?;
    let media_type = call.headers.get("content-type").map_or("", String::as_str);
    let declared = operation.request.as_ref()?.content.first()?;
    let sent = media_type.split(';').next().unwrap_or_default().trim();
    if !sent.eq_ignore_ascii_case(&declared.name) {
        return Some(("media type".to_owned(), format!("`{sent}` instead of `{}`", declared.name)));
    }
    let validator = received.callee.openapi.validator(declared.schema.as_ref()?).ok()?;
    let Some(content) = call.json() else { return Some(("no JSON".to_owned(), "the content is no JSON".to_owned())) };
    let error = validator.iter_errors(&content).next()?;
    Some((format!("at {}", error.instance_path()), format!("at {}: {error}", error.instance_path())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Play, answer, called_back_by, job};
    use crate::generate::{CaseKind, Expect, Probe};

    fn play() -> Play {
        let play = Play::new(CaseKind::Probe(Probe::CallbackFault)).call(Expect::Success);
        play.answered(answer(202).header("Location", "/bulk-update/v1/batches/7"))
            .polled(answer(200).json(&json!({"status": "completed"})))
    }

    #[test]
    fn content_off_schema_is_found() {
        let found = |play: Play| play.findings(&super::CHECK, &called_back_by()).len();
        assert_eq!(found(play().called_back(&job("7", "completed"), Some(202))), 0);
        assert_eq!(found(play().called_back(&job("7", "done"), Some(202))), 1);
        let text = play().called_back(&job("7", "completed"), Some(202)).received(|c| c.body = "x".into());
        assert_eq!(found(text), 1);
    }
}

//! `wire/desynchronised`.

use super::broken_call;
use crate::check::answer::{Problem, in_words};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::observe::CallRun;
use crate::wire::{Exchange, FailureKind};

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/desynchronised",
    family: Family::Wire,
    title: "each request on a connection gets its own answer",
    explanation: "After a broken request the server closes the connection, or goes on with the next one. The request \
        that follows on the same connection is answered for itself: not with what was meant for the broken one, not \
        with its correlation ID, and with HTTP. Two ends that disagree about where a request ends let one caller's \
        bytes become another's request (request smuggling), and one caller read another's answer.\n\nA connection \
        that is closed, or an answer that never comes, is no finding. Which answer it is is told by the correlation \
        ID in the header field and in the problem body.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, call, _)) = broken_call(subject) else { return false };
    let Some((next, run)) = subject.calls().find(|(call, _)| matches!(call.role, "next" | "plain")) else {
        return false;
    };
    let Some(exchange) = run.last() else { return false };
    let confused = match &exchange.outcome {
        Err(failure) if failure.kind == FailureKind::Protocol => Some("something that is no HTTP".to_owned()),
        Err(_) => return false,
        Ok(_) => {
            let first = call.correlation.as_deref().filter(|first| Some(*first) != next.correlation.as_deref());
            first.and_then(|first| anothers(subject, run, first))
        }
    };
    if let Some(confused) = confused {
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: promised.breakage.to_owned(),
                title: format!("after {}, the next request on the connection got {confused}", subject.run.case.title),
                expected: "the answer to that request, or a closed connection".to_owned(),
                actual: in_words(exchange),
                place: super::place(subject, call),
            },
        ));
    }
    true
}

/// Whether an answer names the ID of the request before.
fn anothers(subject: &CaseSubject<'_>, run: &CallRun, first: &str) -> Option<String> {
    let exchange: &Exchange = run.last()?;
    let response = exchange.response()?;
    let header = &subject.behaviour()?.correlation.as_ref()?.header;
    let in_field = response.headers.get(header).is_some_and(|id| id.eq_ignore_ascii_case(first));
    let in_body = Problem::read(response).and_then(|p| p.correlation).is_some_and(|id| id.eq_ignore_ascii_case(first));
    match (in_field, in_body) {
        (true, _) => Some(format!("the broken one's ID in {header}")),
        (_, true) => Some("an answer with the broken one's correlation ID".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{Answer, ID, OTHER_ID, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};
    use crate::wire::FailureKind;

    #[test]
    fn an_answer_of_somebody_else_is_found() {
        let contract = with_behaviour();
        let found = |next: Answer| {
            let wanted = Wanted::Either;
            let promised = OnTheWire { breakage: "b", wanted, types: vec![], by_server: false, server_status: None };
            let play = Play::new(CaseKind::Broken).call(Expect::Wire(promised)).answered(answer(400));
            let play = play.call(Expect::Nothing).role("next").id(Some(OTHER_ID)).answered(next);
            play.findings(&super::CHECK, &contract).len()
        };
        let own = || failure(404, "not_found").header("X-Correlation-Id", OTHER_ID);
        assert_eq!(found(own()), 1, "the body names the broken one's ID");
        assert_eq!(found(own().json(&json!({ "correlationId": OTHER_ID }))), 0);
        assert_eq!(found(answer(200).header("X-Correlation-Id", ID)), 1);
        assert_eq!(found(silence(FailureKind::Protocol)), 1);
        assert_eq!(found(silence(FailureKind::Reset)), 0);
    }
}

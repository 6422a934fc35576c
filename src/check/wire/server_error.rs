//! `wire/server-error`.

use super::broken_call;
use crate::check::answer::{declared, in_words};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::Retry;
use crate::generate::Call;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/server-error",
    family: Family::Wire,
    title: "a broken request is no server error",
    explanation: "Whatever is broken on the wire is the sender's mistake, and is answered as one: 400, 413, 415, 431, \
        404, 405, or the connection's end. A 5xx says that the service failed; every flow repeats it, somebody is \
        woken, and whoever can send a byte can make a service look ill.\n\nNot counted: 501 for a method or coding \
        that nobody knows and 505 for a version, which HTTP has for them; 503, and failures that the behaviour file \
        declares for flows to retry, but for 500; and what the same call is answered when nothing is broken, which other \
        checks tell.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, call, run)) = broken_call(subject) else { return false };
    let Some(exchange) = run.last() else { return false };
    let Some(response) = exchange.response() else { return false };
    let status = response.status;
    let retried = subject.behaviour().and_then(|b| declared(b, response)).is_some_and(|t| t.retry == Retry::Policy);
    let meant = promised.server_status == Some(status) || status == 503 || (retried && status != 500);
    if status >= 500 && !meant && !is_usual(subject, call, status) {
        found.push(subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: format!("{} {status}", promised.breakage),
                title: format!("a request that is broken on the wire ({}) was answered {status}", promised.breakage),
                expected: "a status from 400 to 499, or the connection's end".to_owned(),
                actual: in_words(exchange),
                place: super::place(subject, call),
            },
        ));
    }
    true
}

/// Whether the operation answers so when nothing is broken.
fn is_usual(subject: &CaseSubject<'_>, broken: &Call, status: u16) -> bool {
    let mut whole = subject.calls().filter(|(call, _)| super::promise(call).is_none());
    whole.any(|(call, run)| {
        call.operation == broken.operation && run.last().and_then(crate::wire::Exchange::status) == Some(status)
    })
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, silence, with_behaviour};
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};
    use crate::wire::FailureKind;

    #[test]
    fn a_server_error_is_found_and_what_http_has_for_it_is_not() {
        let contract = with_behaviour();
        let found = |answer: Answer, server_status| {
            let promised =
                OnTheWire { breakage: "b", wanted: Wanted::Either, types: vec![], by_server: true, server_status };
            let play = Play::new(CaseKind::Broken).call(Expect::Wire(promised)).answered(answer);
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(failure(500, "internal"), None), 1);
        assert_eq!(found(answer(501), None), 1);
        assert_eq!(found(answer(502), Some(501)), 1);
        assert_eq!(found(answer(501), Some(501)), 0);
        assert_eq!(found(failure(503, "downstream_unavailable"), None), 0);
        assert_eq!(found(answer(400), None), 0);
        assert_eq!(found(silence(FailureKind::Reset), None), 0);
    }

    #[test]
    fn what_the_same_call_is_answered_unbroken_is_not_blamed_on_the_breakage() {
        let contract = with_behaviour();
        let promised =
            OnTheWire { breakage: "b", wanted: Wanted::Either, types: vec![], by_server: true, server_status: None };
        let play = |next: Answer| {
            let broken = Play::new(CaseKind::Broken).call(Expect::Wire(promised.clone()));
            let next = broken.answered(failure(500, "internal")).call(Expect::Success).answered(next);
            next.findings(&super::CHECK, &contract).len()
        };
        assert_eq!((play(answer(200)), play(failure(500, "internal"))), (1, 0));
    }
}

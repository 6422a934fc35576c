//! `wire/server-error`.

use super::broken;
use crate::check::answer::{declared, in_words};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::Retry;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/server-error",
    family: Family::Wire,
    title: "a broken request is no server error",
    explanation: "Whatever is broken on the wire is the sender's mistake, and is answered as one: 400, 413, 415, 431, \
        404, 405, or the connection's end. A 5xx says that the service failed; every flow repeats it, somebody is \
        woken, and whoever can send a byte can make a service look ill.\n\nNot counted: 501 for a method or coding \
        that nobody knows and 505 for a version, which HTTP has for them; 503, and failures that the behaviour file \
        declares for flows to retry, but for 500.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, exchange)) = broken(subject) else { return false };
    let Some(response) = exchange.response() else { return false };
    let status = response.status;
    let retried = subject.behaviour().and_then(|b| declared(b, response)).is_some_and(|t| t.retry == Retry::Policy);
    let meant = promised.server_status == Some(status) || status == 503 || (retried && status != 500);
    if status >= 500 && !meant {
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{} {status}", promised.breakage),
                title: format!("a request that is broken on the wire ({}) was answered {status}", promised.breakage),
                expected: "a status from 400 to 499, or the connection's end".to_owned(),
                actual: in_words(exchange),
                place: subject.operation.map(|o| o.place.clone()),
            },
        ));
    }
    true
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
}

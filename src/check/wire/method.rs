//! `wire/method`.

use super::broken;
use crate::check::answer::{failure_type, in_words, one_of, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::TypeName;
use crate::generate::{OnTheWire, Wanted};
use crate::wire::Response;

pub(in crate::check) const CHECK: Check = Check {
    id: "wire/method",
    family: Family::Wire,
    title: "a method or path that no operation has is not answered as if there were one",
    explanation: "What the document does not have is refused: 404, 405, or 501 for a method that nobody knows, with \
        the type that the behaviour file declares for it. A 405 names the methods there are in `Allow` (RFC 9110 \
        §15.5.6). A path that answers every method hides a caller's mistake, and perhaps an operation that nobody \
        reviewed.",
    level: Level::Error,
    needs: &[],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some((promised, exchange)) = broken(subject) else { return false };
    let method_or_path = promised.breakage.starts_with("method-") || promised.breakage.starts_with("path-unknown");
    let Some(response) = exchange.response().filter(|r| method_or_path && !throttled(r)) else { return false };
    let Some((what, expected)) = fault(promised, response) else { return true };
    let method = &exchange.request.method;
    found.push(subject.finding(
        &CHECK,
        Claim {
            what: format!("{} {what}", promised.breakage),
            title: format!("{method} where no operation has it: {what}"),
            expected,
            actual: in_words(exchange),
            place: subject.operation.map(|o| o.place.clone()),
        },
    ));
    true
}

/// What is wrong, and what was expected.
fn fault(promised: &OnTheWire, response: &Response) -> Option<(&'static str, String)> {
    let allow = response.headers.contains("allow");
    if response.status == 405 && !allow {
        return Some(("405 without Allow", "405 with `Allow`".to_owned()));
    }
    if promised.wanted != Wanted::NoOperation || matches!(response.status, 401 | 403 | 410) || response.status >= 500 {
        return None;
    }
    let expected = || match promised.types.as_slice() {
        [] => "404 or 405".to_owned(),
        types => one_of(types),
    };
    if response.status < 300 {
        return Some(("answered with a success", expected()));
    }
    let declared = |name: TypeName| promised.types.is_empty() || promised.types.contains(&name);
    let other = failure_type(response).is_some_and(|name| !declared(name));
    other.then(|| ("refused as something else", expected()))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect, OnTheWire, Wanted};

    #[test]
    fn a_success_another_type_and_a_missing_allow_are_found() {
        let contract = with_behaviour();
        let found = |answer: Answer, wanted| {
            let types = vec![TypeName::new("not_found")];
            let promised = OnTheWire { breakage: "method-head", wanted, types, by_server: false, server_status: None };
            let play = Play::new(CaseKind::Broken).call(Expect::Wire(promised)).answered(answer);
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(found(answer(200), Wanted::NoOperation), 1);
        assert_eq!(found(answer(405), Wanted::Either), 1);
        assert_eq!(found(failure(400, "validation_error"), Wanted::NoOperation), 1);
        assert_eq!(found(failure(404, "not_found"), Wanted::NoOperation), 0);
        assert_eq!(found(answer(405).header("Allow", "GET"), Wanted::NoOperation), 0);
        assert_eq!(found(answer(204), Wanted::Either), 0);
    }
}

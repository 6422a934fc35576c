//! `taxonomy/unexpected-type`.

use super::failed;
use crate::check::answer::{failure_type, in_words, one_of, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::contract::behaviour::ErrorType;
use crate::generate::{CaseKind, Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "taxonomy/unexpected-type",
    family: Family::Taxonomy,
    title: "a mistake is named for what it is",
    explanation: "Broken data, and a path or method that does not exist, are refused with the type that the contract \
        declares for it. Named as something else (a validation error as `idempotency_conflict`), the mistake is \
        looked for in the wrong place.\n\nProbes of identity, limits, correlation and idempotency have checks of \
        their own.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let judged = matches!(
        subject.kind(),
        Some(CaseKind::Violating | CaseKind::Boundary | CaseKind::Probe(Probe::PartlyInvalid | Probe::Routing))
    );
    let Some(Expect::Refused(types)) = subject.call.map(|call| &call.expect).filter(|_| judged) else { return false };
    let Some((behaviour, response)) = failed(subject) else { return false };
    if types.is_empty() || response.status >= 500 || throttled(response) || subject.after_sunset() {
        return false;
    }
    let Some(name) = failure_type(response) else { return false };
    if !types.contains(&name) {
        let first = types.first().and_then(|name| behaviour.error(name));
        found.push(subject.finding(
            &CHECK,
            Claim {
                what: format!("{name} for {}", one_of(types)),
                title: format!("a mistake was refused as `{name}` where {} is promised", one_of(types)),
                expected: one_of(types),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place(&first.map_or_else(|| "/errors/types".to_owned(), ErrorType::pointer))),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect};

    #[test]
    fn another_type_is_found() {
        let contract = with_behaviour();
        let refused = |status, name| {
            let expect = Expect::Refused(vec![TypeName::new("validation_error")]);
            let play = Play::new(CaseKind::Violating).call(expect).answered(failure(status, name));
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!(refused(409, "idempotency_conflict"), 1);
        assert_eq!(refused(400, "validation_error"), 0);
        assert_eq!(refused(429, "throttled"), 0);
    }
}

//! A call beyond a limit, and whether it was refused as declared.

use crate::check::answer::{failure_type, in_words, one_of, throttled};
use crate::check::claim::Claim;
use crate::check::{Check, ExchangeSubject, Finding};
use crate::generate::{Expect, Probe};

/// What is judged: a probe, what it sends in words, and where the limit
/// stands.
pub(super) struct Limit {
    /// The probe.
    pub(super) probe: Probe,
    /// What was sent.
    pub(super) sent: &'static str,
    /// The promise, as a JSON Pointer into the behaviour file.
    pub(super) pointer: &'static str,
}

/// Judges the exchanges of the probe.
pub(super) fn judge(check: &Check, limit: &Limit, subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let (Some(call), Some(behaviour)) = (subject.call, subject.behaviour()) else { return false };
    let (true, Expect::Refused(types)) = (subject.is_probe(limit.probe), &call.expect) else { return false };
    let Some(response) = subject.exchange.response() else { return false };
    if throttled(response) || subject.after_sunset() {
        return false;
    }
    let name = failure_type(response);
    let as_declared = types.is_empty() || name.is_some_and(|name| types.contains(&name));
    let refused = (400..500).contains(&response.status);
    if !(refused && as_declared) {
        let verb = if refused || response.status >= 500 { "not refused as declared" } else { "accepted" };
        found.push(subject.finding(
            check,
            Claim {
                what: verb.to_owned(),
                title: format!("{} was {verb}", limit.sent),
                expected: one_of(types),
                actual: in_words(subject.exchange),
                place: Some(behaviour.place(limit.pointer)),
            },
        ));
    }
    true
}

/// Whether a check demands the declared refusal, and nothing of other cases.
#[cfg(test)]
pub(super) fn is_demanded(check: &'static Check, limit: &Limit, status: u16, declared: &str) {
    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::contract::behaviour::TypeName;
    use crate::generate::{CaseKind, Expect};

    let contract = with_behaviour();
    let found = |kind, answer: Answer| {
        let expect = Expect::Refused(vec![TypeName::new(declared)]);
        Play::new(kind).call(expect).answered(answer).findings(check, &contract).len()
    };
    let kind = CaseKind::Probe(limit.probe);
    assert_eq!(found(kind, answer(200)), 1);
    assert_eq!(found(kind, failure(409, "idempotency_conflict")), 1);
    assert_eq!(found(kind, failure(500, "internal")), 1);
    assert_eq!(found(kind, failure(status, declared)), 0);
    assert_eq!(found(kind, failure(429, "throttled")), 0);
    assert_eq!(found(CaseKind::Conforming, answer(200)), 0);
}

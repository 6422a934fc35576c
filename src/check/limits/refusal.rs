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

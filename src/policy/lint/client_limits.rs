//! `client-limits`: each client has a rate and a quota of its own.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{always, limits_quota, limits_rate, text};
use crate::policy::statement::{Action, Given, GivenText, Section};

pub(super) const RULE: Rule = Rule {
    name: "client-limits",
    means: "Each client has a rate limit and a quota of its own.",
    why: "One flow in a loop takes from all others what they need.",
    check: Check::Effective(check),
};

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let inbound = subject.effective.section(Section::Inbound);
    if !always(inbound, &limits_rate) {
        let remedy = "put `rate-limit-by-key` with the token's client as `counter-key` into inbound";
        findings.add(&subject.place, "no rate limit holds for every call", remedy);
    }
    if !always(inbound, &limits_quota) {
        let remedy = "put `quota-by-key` with the token's client as `counter-key` into inbound";
        findings.add(&subject.place, "no quota holds for every call", remedy);
    }
    for step in subject.steps(Section::Inbound) {
        let key = match &step.statement.action {
            Action::RateLimitByKey(policy) => &policy.counter_key,
            Action::QuotaByKey(policy) => &policy.counter_key,
            _ => continue,
        };
        if let Some((what, remedy)) = shared(key) {
            findings.add(&step.statement.place, what, remedy);
        }
    }
}

/// Why a key tells clients not apart, if it doesn't.
fn shared(key: &GivenText) -> Option<(&'static str, &'static str)> {
    if let Given::Fixed(_) = key {
        return Some(("all clients share one counter", "make `counter-key` an expression that tells clients apart"));
    }
    let key = text(key);
    let others = ["Variables", "Headers", "Subscription", "User", "Jwt", "Certificate", "Query"];
    if key.contains("IpAddress") && !others.iter().any(|other| key.contains(other)) {
        return Some((
            "clients are counted by their address",
            "flows of one region share a few addresses: count by the token's client instead",
        ));
    }
    let names_somebody = key.contains("IpAddress") || others.iter().any(|other| key.contains(other));
    (!names_somebody).then_some(("the counter's key names no client", "add the token's client to `counter-key`"))
}

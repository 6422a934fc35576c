//! `limits/body`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/body",
    family: Family::Limits,
    title: "a body over the limit is refused",
    explanation: "A body that is longer than the contract allows, sent with its length, is refused with the declared type. A gateway that lets it through spends its own memory, the service's and the caller's time before anybody says no.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::BodyOverLimit, sent: "a body over the declared limit", pointer: "/limits/body" };

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    refusal::judge(&CHECK, &LIMIT, subject, found)
}

#[cfg(test)]
mod tests {
    use super::super::refusal::is_demanded;

    #[test]
    fn acceptance_and_another_refusal_are_found() {
        is_demanded(&super::CHECK, &super::LIMIT, 413, "payload_too_large");
    }
}

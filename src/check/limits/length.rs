//! `limits/length`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/length",
    family: Family::Limits,
    title: "a body without a length is refused",
    explanation: "API Management can judge a body's size only by its Content-Length. A body in chunks has none, so a contract with a body limit refuses it: otherwise leaving out one header field is the way around the limit.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::BodyWithoutLength, sent: "a body in chunks, without its length,", pointer: "/limits/body" };

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    refusal::judge(&CHECK, &LIMIT, subject, found)
}

#[cfg(test)]
mod tests {
    use super::super::refusal::is_demanded;

    #[test]
    fn acceptance_and_another_refusal_are_found() {
        is_demanded(&super::CHECK, &super::LIMIT, 411, "length_required");
    }
}

//! `limits/items`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/items",
    family: Family::Limits,
    title: "more items than allowed are refused",
    explanation: "A list that is longer than the contract allows is refused as a whole, with the declared type. A service that takes the first of them and drops the rest tells a success for work it never did.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::TooManyItems, sent: "one item more than is allowed", pointer: "/limits/items" };

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    refusal::judge(&CHECK, &LIMIT, subject, found)
}

#[cfg(test)]
mod tests {
    use super::super::refusal::is_demanded;

    #[test]
    fn acceptance_and_another_refusal_are_found() {
        is_demanded(&super::CHECK, &super::LIMIT, 400, "too_many_items");
    }
}

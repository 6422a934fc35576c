//! `limits/media-type`.

use super::refusal::{self, Limit};
use crate::check::{Check, ExchangeSubject, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/media-type",
    family: Family::Limits,
    title: "another media type is refused",
    explanation: "A body whose Content-Type the contract does not list is refused with the declared type, before anybody guesses what it may mean.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Exchange(judge),
};

const LIMIT: Limit =
    Limit { probe: Probe::MediaType, sent: "a body of an undeclared media type", pointer: "/limits/content_types" };

fn judge(subject: &ExchangeSubject<'_>, found: &mut Vec<Finding>) -> bool {
    refusal::judge(&CHECK, &LIMIT, subject, found)
}

#[cfg(test)]
mod tests {
    use super::super::refusal::is_demanded;

    #[test]
    fn acceptance_and_another_refusal_are_found() {
        is_demanded(&super::CHECK, &super::LIMIT, 415, "unsupported_media_type");
    }
}

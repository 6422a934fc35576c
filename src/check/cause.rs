//! One cause for many findings: a target that answers everything the same way,
//! and the same broken promise at several operations.

use std::collections::BTreeMap;

use super::{Finding, Level};
use crate::contract::ContractId;

/// How calls that keep the contract were answered: by contract and status; 0:
/// not at all. Its size does not grow with the number of calls.
#[derive(Clone, Debug, Default)]
pub struct Answered(BTreeMap<ContractId, BTreeMap<u16, u64>>);

/// From so many conforming calls on, one answer to all of them is a cause.
const ENOUGH: u64 = 5;

/// So large a share of them is all of them: unknown paths and the like are
/// answered otherwise in spite of the cause.
const SHARE: f64 = 0.95;

impl Answered {
    /// Counts the answer to a call that keeps the contract.
    pub fn count(&mut self, contract: &ContractId, status: Option<u16>) {
        let of = match self.0.get_mut(contract) {
            Some(of) => of,
            None => self.0.entry(contract.clone()).or_default(),
        };
        *of.entry(status.unwrap_or(0)).or_default() += 1;
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        for (contract, statuses) in &other.0 {
            let of = self.0.entry(contract.clone()).or_default();
            for (status, count) in statuses {
                *of.entry(*status).or_default() += count;
            }
        }
    }

    /// The status that nearly every conforming call of a contract was answered
    /// with, where that is a failure. Redirections count by their class. 429
    /// says that there were too many, not that something is wrong.
    fn failure(&self, contract: &ContractId) -> Option<u16> {
        let of = self.0.get(contract)?;
        let all: u64 = of.values().sum();
        let mut classes: BTreeMap<u16, u64> = BTreeMap::new();
        for (status, count) in of.iter().filter(|(status, _)| !(200..300).contains(*status) && **status != 429) {
            *classes.entry(class(*status)).or_default() += count;
        }
        let (status, count) = classes.into_iter().max_by_key(|(_, count)| *count)?;
        (all >= ENOUGH && count as f64 >= SHARE * all as f64).then_some(status)
    }
}

/// A redirection is one whatever its number.
fn class(status: u16) -> u16 {
    if (300..400).contains(&status) { 300 } else { status }
}

/// Puts findings below the one that names their cause, and the same broken
/// promise at several operations below the first: `under` is set in those.
/// What remains on top is what a person has to act on.
pub fn group(findings: &mut [Finding], answered: &Answered) {
    let contracts: Vec<ContractId> = answered.0.keys().cloned().collect();
    for contract in contracts {
        if let Some(status) = answered.failure(&contract) {
            name_cause(findings, &contract, status);
        }
    }
    let mut first: BTreeMap<(String, String, String, Level), String> = BTreeMap::new();
    for finding in findings.iter_mut().filter(|finding| finding.more.under.is_none() && !finding.is_known()) {
        let contract = finding.contract.as_ref().map(ToString::to_string).unwrap_or_default();
        let key = (finding.check.to_owned(), contract, finding.title.clone(), finding.level);
        match first.get(&key) {
            Some(leader) => finding.more.under = Some(leader.clone()),
            None => drop(first.insert(key, finding.fingerprint.clone())),
        }
    }
}

/// The heaviest finding that shows the cause is called by it; whatever shows
/// the same answer, or no exchange at all, goes below it.
fn name_cause(findings: &mut [Finding], contract: &ContractId, status: u16) {
    let seen = |finding: &Finding| {
        let exchange = finding.evidence.exchange.as_ref();
        exchange.map(|exchange| class(exchange.status().unwrap_or(0)))
    };
    let mine: Vec<usize> = (0..findings.len())
        .filter(|i| findings[*i].contract.as_ref() == Some(contract) && !findings[*i].is_known())
        .filter(|i| seen(&findings[*i]).is_none_or(|seen| seen == status))
        .collect();
    let Some(leader) = mine.iter().copied().find(|i| seen(&findings[*i]) == Some(status)) else { return };
    let fingerprint = findings[leader].fingerprint.clone();
    for index in mine.iter().copied().filter(|index| *index != leader) {
        findings[index].more.under = Some(fingerprint.clone());
    }
    let (title, hint) = in_words(status);
    let first = findings[leader].title.clone();
    let leader = &mut findings[leader];
    leader.title = format!("{contract}: {title}");
    leader.evidence.lines.insert(0, hint.to_owned());
    leader.evidence.lines.insert(1, format!("what showed it: {first}"));
}

/// What it means that everything is answered so, and what to look at.
fn in_words(status: u16) -> (String, &'static str) {
    let (what, hint) = match status {
        0 => ("no call is answered", "Is this the right address, and does something listen there?"),
        401 => (
            "every call is answered 401: nobody is let in",
            "Look at the token or key: missing, expired, or for another audience.",
        ),
        403 => (
            "every call is answered 403: nobody is permitted",
            "Look at the caller's roles and at what may reach the target.",
        ),
        404 => (
            "every call is answered 404: nothing stands there",
            "Look at the address and the path in front of the operations (`servers`, `--url`).",
        ),
        300 => (
            "every call is redirected",
            "A redirection is no acceptance. Look at `Location`: another scheme or host, or a page to sign in.",
        ),
        405 => {
            ("every call is answered 405: no method is allowed", "Look at the address: something else may stand there.")
        }
        500..=599 => ("every call fails at the target", "Look at the target's log: it answers nothing else."),
        _ => ("every call is refused alike", "Look at what all calls have in common: headers, content, address."),
    };
    let numbered = matches!(status, 405..=499 | 400 | 402 | 500..=599) && !what.contains("405");
    (if numbered { format!("{what}, with {status}") } else { what.to_owned() }, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::check::{CaseSubject, Judging, Selection};
    use crate::generate::{CaseKind, Expect};

    /// The findings of a contract that answers 418 with another content type.
    fn findings(status: u16) -> (ContractId, Vec<Finding>) {
        let contract = with_behaviour();
        let mut judging = Judging::new(&Selection::all(), &[].into());
        let run = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(status)).run(&contract);
        judging.case(&CaseSubject { contract: &contract, run: &run });
        (contract.id.clone(), judging.finish().findings)
    }

    #[test]
    fn what_follows_from_one_cause_stands_below_it() {
        for status in [401, 302, 404, 418] {
            let (contract, mut found) = findings(status);
            assert!(!found.is_empty(), "{status}");
            let mut answered = Answered::default();
            (0..20).for_each(|_| answered.count(&contract, Some(status)));
            answered.count(&contract, Some(200));
            group(&mut found, &answered);
            let top: Vec<&Finding> = found.iter().filter(|f| f.more.under.is_none()).collect();
            assert_eq!(top.len(), 1, "{status}: {top:#?}");
            assert!(top[0].title.contains("every call"), "{}", top[0].title);
        }
    }

    #[test]
    fn some_failures_among_many_answers_are_no_cause() {
        let (contract, mut found) = findings(418);
        let mut answered = Answered::default();
        (0..10).for_each(|_| answered.count(&contract, Some(418)));
        (0..10).for_each(|_| answered.count(&contract, Some(200)));
        let titles: Vec<String> = found.iter().map(|f| f.title.clone()).collect();
        group(&mut found, &answered);
        assert_eq!(found.iter().map(|f| f.title.clone()).collect::<Vec<_>>(), titles);
        let mut throttled = Answered::default();
        (0..20).for_each(|_| throttled.count(&contract, Some(429)));
        assert_eq!(throttled.failure(&contract), None);
    }

    #[test]
    fn the_same_at_several_operations_stands_below_the_first() {
        let (_, found) = findings(418);
        let mut two = vec![found[0].clone(), found[0].clone()];
        two[1].operation = Some("other".into());
        two[1].fingerprint = "other".to_owned();
        group(&mut two, &Answered::default());
        assert_eq!(two[1].more.under.as_ref(), Some(&two[0].fingerprint));
        assert_eq!(two[0].more.under, None);
    }
}

//! `throttling/effects`.

use std::collections::HashSet;

use crate::check::answer::was_throttled;
use crate::check::claim::Claim;
use crate::check::effect::{is_key_of, names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::Behaviour;
use crate::generate::{Need, Probe};
use crate::observe::{CallRun, LedgerEntry};
use crate::wire::{Exchange, Tier};

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/effects",
    family: Family::Throttling,
    title: "a throttled call writes nothing",
    explanation: "A call that was answered 429, or refused for a spent quota, and never admitted later, has no \
        effect: it was refused before the service saw it.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.throttling.is_some() && b.effects.is_some()) else {
        return false;
    };
    let Some(header) = behaviour.correlation.as_ref().map(|c| c.header.as_str()) else { return false };
    let exchanges = || subject.run.calls.iter().flat_map(|run| &run.exchanges);
    // Without an answer nobody knows whether it was admitted.
    let admitted: HashSet<&str> = exchanges().filter(|e| !was_throttled(e)).filter_map(|e| id(e, header)).collect();
    let refused = || exchanges().filter(|e| was_throttled(e) && e.tier != Some(Tier::Service));
    let mut concerned = refused_calls(subject, behaviour, found);
    for exchange in refused() {
        let Some(id) = id(exchange, header).filter(|id| !admitted.contains(id)) else { continue };
        concerned = true;
        let effects: Vec<&LedgerEntry> =
            subject.run.ledger.iter().filter(|entry| entry.committed() && names(entry, id)).collect();
        if effects.is_empty() {
            continue;
        }
        found.push(written(subject, behaviour, exchange, effects));
        break;
    }
    concerned
}

/// The calls of a probe of the rate share an ID: each that was never admitted
/// is told from the others by its items, or by when it was served.
fn refused_calls(subject: &CaseSubject<'_>, behaviour: &Behaviour, found: &mut Vec<Finding>) -> bool {
    let never = |run: &CallRun| run.exchanges.iter().all(|e| was_throttled(e) && e.tier != Some(Tier::Service));
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, run)| !call.items.is_empty() && never(run)) {
        let (Some(first), Some(last), true) = (run.exchanges.first(), run.last(), subject.is_probe(Probe::Rate)) else {
            continue;
        };
        let Some(id) = call.correlation.as_deref() else { continue };
        concerned = true;
        let during = |entry: &LedgerEntry| entry.at >= first.sent_at && entry.at <= last.done_at;
        let its = |entry: &LedgerEntry| call.items.iter().any(|item| is_key_of(entry, item)) || during(entry);
        let ledger = subject.run.ledger.iter().filter(|entry| entry.committed() && names(entry, id));
        let effects: Vec<&LedgerEntry> = ledger.filter(|entry| its(entry)).collect();
        if !effects.is_empty() {
            found.push(written(subject, behaviour, last, effects));
            break;
        }
    }
    concerned
}

fn written(
    subject: &CaseSubject<'_>,
    behaviour: &Behaviour,
    exchange: &Exchange,
    effects: Vec<&LedgerEntry>,
) -> Finding {
    let mut finding = subject.finding(
        &CHECK,
        Some(exchange),
        Claim {
            what: "written".to_owned(),
            title: "a call that was throttled wrote to Dataverse".to_owned(),
            expected: "no effects".to_owned(),
            actual: format!("{} effects", effects.len()),
            place: Some(behaviour.place("/throttling")),
        },
    );
    finding.evidence.lines = story(effects);
    finding
}

fn id<'e>(exchange: &'e Exchange, header: &str) -> Option<&'e str> {
    exchange.request.headers.get(header)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn an_effect_of_a_throttled_call_is_found() {
        let contract = with_behaviour();
        let play = Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing).answered(failure(429, "throttled"));
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        assert_eq!(play.clone().wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
        let admitted_later = play.answered(answer(200)).wrote("a", Some(ID));
        assert!(admitted_later.findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn another_call_under_the_same_id_that_was_admitted_hides_nothing() {
        let contract = with_behaviour();
        let refused = Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing).items(&[("a", 1)]);
        let both = refused.answered(failure(429, "throttled")).call(Expect::Success).items(&[("b", 1)]);
        let both = both.answered(answer(200));
        assert!(both.clone().wrote("b", Some(ID)).findings(&super::CHECK, &contract).is_empty());
        assert_eq!(both.wrote("a", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
    }
}

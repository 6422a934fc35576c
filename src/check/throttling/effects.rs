//! `throttling/effects`.

use std::collections::HashSet;

use crate::check::answer::was_throttled;
use crate::check::claim::Claim;
use crate::check::effect::{names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::LedgerEntry;
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
    let mut concerned = false;
    for exchange in refused() {
        let Some(id) = id(exchange, header).filter(|id| !admitted.contains(id)) else { continue };
        concerned = true;
        let effects: Vec<&LedgerEntry> =
            subject.run.ledger.iter().filter(|entry| entry.committed() && names(entry, id)).collect();
        if effects.is_empty() {
            continue;
        }
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
        found.push(finding);
        break;
    }
    concerned
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
}

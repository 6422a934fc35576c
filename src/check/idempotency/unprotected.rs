//! `idempotency/unprotected`.

use std::collections::{HashMap, HashSet};

use crate::check::claim::Claim;
use crate::check::effect::Effects;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::{Item, Need};
use crate::observe::mark;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/unprotected",
    family: Family::Idempotency,
    title: "duplicates that no ID can recognise",
    explanation: "With a correlation ID per run, a redelivered trigger or a copied flow sends the same item with the \
        same content under another ID, and it is written a second time. The contract keeps its word: it promises \
        nothing across IDs. This tells how often it happened, as information; a declared `business_key`, or an ID \
        from the trigger's event, would protect.",
    level: Level::Information,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if subject.interim {
        return false;
    }
    let mut concerned = false;
    for contract in subject.contracts {
        concerned |= judge_contract(subject, contract, found);
    }
    concerned
}

/// About how many calls' items are looked at together.
const ROUND: u64 = 1 << 19;

/// Items by the marks of their identities and contents: under which ID first, and
/// whether under another one too.
type Executed = HashMap<(u64, u64), (u64, bool)>;

fn judge_contract(subject: &PhaseSubject<'_>, contract: &Contract, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = contract.behaviour.as_deref().filter(|b| b.idempotency.is_some()) else { return false };
    if behaviour.effects.as_ref().is_none_or(|e| e.business_key.is_some()) {
        return false;
    }
    // What is looked at together never grows with the run.
    let rounds = subject.run.calls.len() / ROUND + 1;
    let (mut concerned, mut twice) = (false, 0);
    for round in 0..rounds {
        let executed = executed(subject, contract, behaviour, |item| mark(&item.id) % rounds == round);
        concerned |= !executed.is_empty();
        twice += executed.values().filter(|(_, again)| *again).count() as u64;
    }
    if twice > 0 {
        let mut finding = subject.finding(
            &CHECK,
            Some(&contract.id),
            Claim {
                what: subject.run.scenario.to_string(),
                title: format!(
                    "{}: equal items under different correlation IDs were written again",
                    subject.run.scenario
                ),
                expected: "nothing: the contract declares no business key".to_owned(),
                actual: format!("{twice} items were executed under more than one ID"),
                place: Some(behaviour.place("/idempotency/request")),
            },
        );
        finding.occurrences = twice;
        found.push(finding);
    }
    concerned
}

/// Those of some items that were executed.
fn executed(
    subject: &PhaseSubject<'_>,
    contract: &Contract,
    behaviour: &Behaviour,
    wanted: impl Fn(&Item) -> bool,
) -> Executed {
    let mut executed = Executed::new();
    for part in subject.run.parts() {
        let Some(effects) = Effects::of(behaviour, &part.ledger) else { continue };
        let wrote: HashSet<u64> = effects.iter().filter_map(|e| effects.id(e)).map(mark).collect();
        for record in part.calls.iter().filter(|r| r.contract == contract.id && !r.poll) {
            let Some(id) = record.correlation.as_deref().map(mark) else { continue };
            if wrote.contains(&id) && record.status.is_some_and(|s| (200..300).contains(&s)) {
                for item in record.items.iter().filter(|item| wanted(item)) {
                    let (first, again) = executed.entry((mark(&item.id), item.content)).or_insert((id, false));
                    *again |= *first != id;
                }
            }
        }
    }
    executed
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::Level;
    use crate::check::synthetic::{effect, phase, phase_findings, record, with_behaviour};

    #[test]
    fn an_equal_item_under_two_ids_is_told_as_information() {
        let contract = with_behaviour();
        let mut copy = record(2, 5);
        copy.items = record(1, 0).items;
        let write = |sequence, id| effect(sequence, "key-1", Some(id), Duration::from_millis(3));
        let ledger = vec![write(1, "id-1"), write(2, "id-2")];
        let found = phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), copy], ledger.clone()));
        assert_eq!(found[0].level, Level::Information);
        assert!(phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), record(2, 5)], ledger)).is_empty());
    }
}

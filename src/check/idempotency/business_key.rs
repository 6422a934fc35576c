//! `idempotency/business-key`.

use std::collections::{BTreeMap, HashSet};

use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::Need;
use crate::observe::{LedgerEntry, mark};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/business-key",
    family: Family::Idempotency,
    title: "one business key is written once, whatever the ID",
    explanation: "A redelivered trigger, a resubmitted run and a copied flow bring the same business under a new \
        correlation ID, and no ID can tell. Where the contract declares `business_key`, the key does: a row is \
        written under one ID, and another ID with the same key has no effect.\n\nWithout a declared key the same \
        thing is no breach: see `idempotency/unprotected`.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let mut concerned = false;
    for contract in subject.contracts {
        concerned |= judge_contract(subject, contract, found);
    }
    concerned
}

fn judge_contract(subject: &PhaseSubject<'_>, contract: &Contract, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = contract.behaviour.as_deref() else { return false };
    if behaviour.effects.as_ref().is_none_or(|e| e.business_key.is_none()) {
        return false;
    }
    let mut rows: BTreeMap<String, (u64, bool)> = BTreeMap::new();
    each_effect(subject, (contract, behaviour), |entry, id| {
        let (first, again) = rows.entry(entry.key.clone()).or_insert((id, false));
        *again |= *first != id;
    });
    let twice: Vec<&String> = rows.iter().filter(|(_, (_, again))| *again).map(|(key, _)| key).collect();
    if let Some(key) = twice.first() {
        let mut entries: Vec<LedgerEntry> = Vec::new();
        each_effect(subject, (contract, behaviour), |entry, _| {
            entries.extend((entry.key == **key).then(|| entry.clone()));
        });
        entries.sort_by_key(|entry| entry.sequence);
        let mut finding = subject.finding(
            &CHECK,
            Some(&contract.id),
            Claim {
                what: subject.run.scenario.to_string(),
                title: "one business key was written under two correlation IDs".to_owned(),
                expected: "one effect for each business key, whatever the ID".to_owned(),
                actual: format!("row {key}: {} effects; {} such rows", entries.len(), twice.len()),
                place: Some(behaviour.place("/effects/business_key")),
            },
        );
        finding.occurrences = twice.len() as u64;
        finding.evidence.lines = story(&entries);
        found.push(finding);
    }
    !rows.is_empty()
}

/// All effects of the calls to a contract, with the marks of their IDs.
fn each_effect(
    subject: &PhaseSubject<'_>,
    (contract, behaviour): (&Contract, &Behaviour),
    mut take: impl FnMut(&LedgerEntry, u64),
) {
    for part in subject.run.parts() {
        let Some(effects) = Effects::of(behaviour, &part.ledger) else { return };
        let calls = part.calls.iter().filter(|record| record.contract == contract.id);
        let ids: HashSet<u64> = calls.filter_map(|record| record.correlation.as_deref().map(mark)).collect();
        for entry in effects.iter() {
            if let Some(id) = effects.id(entry).map(mark).filter(|id| ids.contains(id)) {
                take(entry, id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{effect, phase, phase_findings, record, selector, with, with_behaviour};

    #[test]
    fn a_key_under_two_ids_is_found_where_it_is_declared() {
        let calls = vec![record(1, 0), record(2, 5)];
        let write = |sequence, id| effect(sequence, "invoice", Some(id), Duration::from_millis(3));
        let declared = with(|b| {
            b.effects.as_mut().unwrap().business_key = Some(selector("body /*/invoiceNumber"));
        });
        let twice = phase(calls.clone(), vec![write(1, "id-1"), write(2, "id-2")]);
        assert_eq!(phase_findings(&super::CHECK, &declared, &twice).len(), 1);
        assert!(phase_findings(&super::CHECK, &with_behaviour(), &twice).is_empty());
        let once = phase(calls, vec![write(1, "id-1"), write(2, "id-1")]);
        assert!(phase_findings(&super::CHECK, &declared, &once).is_empty(), "that is a duplicate effect");
    }
}

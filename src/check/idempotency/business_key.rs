//! `idempotency/business-key`.

use std::collections::{BTreeMap, HashSet};

use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::generate::Need;
use crate::observe::LedgerEntry;

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
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let ids: HashSet<String> = subject
        .run
        .calls
        .iter()
        .filter(|record| record.contract == contract.id)
        .filter_map(|record| record.correlation.as_deref().map(str::to_ascii_lowercase))
        .collect();
    let mut rows: BTreeMap<&str, Vec<&LedgerEntry>> = BTreeMap::new();
    for entry in effects.iter() {
        if effects.id(entry).is_some_and(|id| ids.contains(&id.to_ascii_lowercase())) {
            rows.entry(&entry.key).or_default().push(entry);
        }
    }
    let twice: Vec<(&&str, &Vec<&LedgerEntry>)> = rows
        .iter()
        .filter(|(_, entries)| {
            let ids: HashSet<String> =
                entries.iter().filter_map(|e| effects.id(e)).map(str::to_ascii_lowercase).collect();
            ids.len() > 1
        })
        .collect();
    if let Some((key, entries)) = twice.first() {
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
        finding.evidence.lines = story(entries.iter().copied());
        found.push(finding);
    }
    !rows.is_empty()
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

//! `idempotency/lost-under-load`.

use std::collections::HashSet;

use super::execution::items_are_keys;
use crate::check::claim::Claim;
use crate::check::effect::Effects;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::{Item, Need};
use crate::observe::{CallRecord, Part};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/lost-under-load",
    family: Family::Idempotency,
    title: "under load, what is answered as done was done",
    explanation: "The same as `idempotency/lost-effect`, over a whole scenario: each row that a call answered 200 or \
        201 names was written under the call's correlation ID. Judged when the scenario is over, and only where the \
        ledger holds effects of it that carry their ID.",
    level: Level::Error,
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

fn judge_contract(subject: &PhaseSubject<'_>, contract: &Contract, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = contract.behaviour.as_deref().filter(|b| items_are_keys(b)) else { return false };
    let mut seen = Seen::default();
    for part in subject.run.parts() {
        seen.look(&part, contract, behaviour);
    }
    let Seen { written: true, concerned, lost, first } = seen else { return false };
    if let Some((record, item)) = first {
        let mut finding = subject.finding(
            &CHECK,
            Some(&contract.id),
            Claim {
                what: subject.run.scenario.to_string(),
                title: format!("{}: calls were answered as done and left no effect", subject.run.scenario),
                expected: "an effect on each row that a successful call names".to_owned(),
                actual: format!("{lost} calls without one, the first to {}", record.operation),
                place: Some(behaviour.place("/effects")),
            },
        );
        finding.occurrences = lost;
        finding
            .evidence
            .lines
            .push(format!("{} run {} attempt {}: row {}", record.sent_at, record.run, record.attempt, item.id));
        found.push(finding);
    }
    concerned
}

/// What was seen of calls that were answered as done.
#[derive(Default)]
struct Seen {
    /// Whether anything was written under the ID of one of them.
    written: bool,
    concerned: bool,
    lost: u64,
    first: Option<(CallRecord, Item)>,
}

impl Seen {
    fn look(&mut self, part: &Part, contract: &Contract, behaviour: &Behaviour) {
        let Some(effects) = Effects::of(behaviour, &part.ledger) else { return };
        let written: HashSet<(String, String)> = effects
            .iter()
            .filter_map(|entry| Some((effects.id(entry)?.to_ascii_lowercase(), entry.key.to_ascii_lowercase())))
            .collect();
        self.written |= !written.is_empty();
        let writes = |id: &str| contract.openapi.operations.iter().any(|o| *o.id == *id && !o.is_safe());
        let done = part.calls.iter().filter(|record| {
            record.contract == contract.id && !record.poll && matches!(record.status, Some(200 | 201))
        });
        for record in done.filter(|record| writes(&record.operation)) {
            let Some(id) = record.correlation.as_deref().map(str::to_ascii_lowercase) else { continue };
            self.concerned |= !record.items.is_empty();
            let missing = |item: &&Item| !written.contains(&(id.clone(), item.id.to_ascii_lowercase()));
            if let Some(item) = record.items.iter().find(missing) {
                self.lost += 1;
                self.first.get_or_insert_with(|| (record.clone(), item.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{effect, phase, phase_findings, record, selector, with};
    use crate::contract::behaviour::{Pool, PoolSource};

    #[test]
    fn a_success_without_effect_is_found() {
        let contract = with(|b| {
            b.pools = vec![Pool {
                name: "account_id".into(),
                applies_to: vec![selector("body /records/*/id")],
                operations: Vec::new(),
                source: PoolSource::Mock { table: "accounts".into(), column: "accountid".into() },
            }];
        });
        let calls = vec![record(1, 0), record(2, 5)];
        let mut ledger = vec![effect(1, "key-1", Some("id-1"), Duration::from_millis(3))];
        let found = phase_findings(&super::CHECK, &contract, &phase(calls.clone(), ledger.clone()));
        assert_eq!(found.len(), 1);
        ledger.push(effect(2, "key-2", Some("id-2"), Duration::from_millis(8)));
        assert!(phase_findings(&super::CHECK, &contract, &phase(calls, ledger)).is_empty());
    }
}

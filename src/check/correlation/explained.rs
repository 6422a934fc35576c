//! `correlation/explained-under-load`.

use std::collections::HashMap;

use super::reaches_effects::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::Need;
use crate::observe::{CallRecord, LedgerEntry, Part, Strays, mark};
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/explained-under-load",
    family: Family::Correlation,
    title: "under load, every effect belongs to a call",
    explanation: "When a scenario is over, each write to a table that a contract speaks of is explained by a call: it \
        carries the ID of one that was not refused, where that is declared. A write under no ID, or under one that nobody sent, is work that \
        nobody can trace: done by whom, how often, at whose request? A write under the ID of a call that was only \
        ever turned away (for its token, its form, its size or by a rate of the gateway) should not be there.\n\n\
        Not judged beside cases, whose writes can't be told apart, nor where a tracking table tells whose a row is.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Phase(judge),
};

/// So many entries are shown.
const SHOWN: usize = 10;

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if subject.interim {
        return false;
    }
    found.extend(subject.run.strays.iter().filter_map(|strays| nobodys(subject, strays)));
    let mut concerned = !subject.run.strays.is_empty();
    for contract in subject.contracts {
        concerned |= judge_contract(subject, contract, found);
    }
    concerned
}

/// Writes that nobody asked for.
fn nobodys(subject: &PhaseSubject<'_>, strays: &Strays) -> Option<Finding> {
    let of_table = |contract: &&Contract| effects_in(contract, &strays.table).is_some();
    let called = |contract: &&Contract| subject.run.latencies.iter().any(|latency| latency.contract == contract.id);
    let mut contracts = subject.contracts.iter().filter(of_table);
    let contract = contracts.clone().find(called).or_else(|| contracts.next())?;
    let behaviour = effects_in(contract, &strays.table)?;
    let carrier = in_words(behaviour.effects.as_ref().map(|effects| &effects.correlated_by));
    let ids = strays.first.iter().filter(|entry| id(behaviour, entry).is_some()).count();
    let mut finding = subject.finding(
        &CHECK,
        Some(&contract.id),
        Claim {
            what: strays.table.clone(),
            title: format!("{}: rows of {} were written that no call explains", subject.run.scenario, strays.table),
            expected: format!("the ID of a call in {carrier} of every write"),
            actual: match ids {
                0 => format!("{} writes under no ID", strays.count),
                _ => format!("{} writes under no ID, or under one that nobody sent", strays.count),
            },
            place: Some(behaviour.place("/effects/correlated_by")),
        },
    );
    finding.occurrences = strays.count;
    finding.evidence.lines = story(&strays.first);
    Some(finding)
}

fn effects_in<'c>(contract: &'c Contract, table: &str) -> Option<&'c Behaviour> {
    contract.behaviour.as_deref().filter(|b| b.effects.as_ref().is_some_and(|effects| effects.table == table))
}

fn id<'e>(behaviour: &'e Behaviour, entry: &'e LedgerEntry) -> Option<String> {
    let entries = std::slice::from_ref(entry);
    let effects = Effects::of(behaviour, entries)?;
    effects.iter().next().and_then(|entry| effects.id(entry)).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// Writes that don't carry their ID as is declared, and those of calls that were
/// turned away.
fn judge_contract(subject: &PhaseSubject<'_>, contract: &Contract, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = contract.behaviour.as_deref().filter(|b| b.effects.is_some()) else { return false };
    let (mut concerned, mut elsewhere, mut refused) = (false, Writes::default(), Writes::default());
    for part in subject.run.parts() {
        let Some(effects) = Effects::of(behaviour, &part.ledger) else { continue };
        let turned_away = turned_away(&part, contract);
        for entry in effects.iter() {
            let away = entry.carried().find_map(|text| turned_away.get(&mark(text)));
            concerned |= away.is_some();
            match (away, effects.id(entry)) {
                (Some(_), None | Some("")) => elsewhere.take(entry),
                (Some(true), _) => refused.take(entry),
                (None | Some(false), _) => {}
            }
        }
    }
    let scenario = &subject.run.scenario;
    let carrier = in_words(behaviour.effects.as_ref().map(|effects| &effects.correlated_by));
    let claims = [
        (
            elsewhere,
            Claim {
                what: "elsewhere".to_owned(),
                title: format!(
                    "{scenario}: rows don't carry the ID of the call that wrote them where that is declared"
                ),
                expected: format!("the call's ID in {carrier}"),
                actual: "it is elsewhere".to_owned(),
                place: Some(behaviour.place("/effects/correlated_by")),
            },
        ),
        (
            refused,
            Claim {
                what: "refused".to_owned(),
                title: format!("{scenario}: rows were written for calls that were refused"),
                expected: "no effect of a call that was turned away".to_owned(),
                actual: "they were written".to_owned(),
                place: Some(behaviour.place("/effects")),
            },
        ),
    ];
    for (writes, claim) in claims.into_iter().filter(|(writes, _)| writes.count > 0) {
        let claim = Claim { actual: format!("{} writes: {}", writes.count, claim.actual), ..claim };
        let mut finding = subject.finding(&CHECK, Some(&contract.id), claim);
        finding.occurrences = writes.count;
        finding.evidence.lines = story(&writes.first);
        found.push(finding);
    }
    concerned
}

/// Writes that a finding tells.
#[derive(Default)]
struct Writes {
    count: u64,
    first: Vec<LedgerEntry>,
}

impl Writes {
    fn take(&mut self, entry: &LedgerEntry) {
        self.count += 1;
        self.first.extend((self.first.len() < SHOWN).then(|| entry.clone()));
    }
}

/// The marks of the IDs that a contract was called with: whether all calls under
/// it were turned away before anything could be done.
fn turned_away(part: &Part, contract: &Contract) -> HashMap<u64, bool> {
    let mut ids = HashMap::new();
    for call in part.calls.iter().chain(&part.unknown).filter(|call| call.contract == contract.id) {
        if let Some(id) = call.correlation.as_deref() {
            *ids.entry(mark(id)).or_insert(true) &= is_turned_away(call);
        }
    }
    ids
}

/// Whether an answer says that nothing was even begun: the gateway's own refusal,
/// or the service's of who asks and of the request's form.
fn is_turned_away(call: &CallRecord) -> bool {
    match call.status {
        Some(408) => false,
        Some(400..500) if call.tier == Some(Tier::Gateway) => true,
        Some(401 | 403..=405 | 413..=415 | 431) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::synthetic::{effect, phase, phase_findings, record, with_behaviour};

    fn write(id: Option<&str>) -> LedgerEntry {
        effect(1, "key-1", id, Duration::from_millis(3))
    }

    #[test]
    fn what_nobody_asked_for_is_found() {
        let contract = with_behaviour();
        let told = |entry: Option<LedgerEntry>| {
            let mut run = phase(vec![record(1, 0)], vec![write(Some("id-1"))]);
            run.strays = entry
                .map(|entry| Strays { table: "accounts".into(), count: 3, first: vec![entry] })
                .into_iter()
                .collect();
            phase_findings(&CHECK, &contract, &run)
                .into_iter()
                .map(|finding| (finding.actual, finding.evidence))
                .collect::<Vec<_>>()
        };
        assert!(told(None).is_empty());
        for (id, says) in
            [(None, "3 writes under no ID"), (Some("x"), "3 writes under no ID, or under one that nobody sent")]
        {
            let found = told(Some(write(id)));
            assert_eq!((found.len(), found[0].0.as_str(), found[0].1.lines.len()), (1, says, 1));
        }
    }

    #[test]
    fn an_id_elsewhere_than_declared_is_found() {
        let contract = with_behaviour();
        let mut entry = write(None);
        let found = |entry: &LedgerEntry| {
            phase_findings(&CHECK, &contract, &phase(vec![record(1, 0)], vec![entry.clone()])).len()
        };
        assert_eq!(found(&entry), 0, "whose it is can't be told here");
        entry.tag = Some("id-1".into());
        assert_eq!(found(&entry), 1);
        assert_eq!(found(&write(Some("id-1"))), 0);
    }

    #[test]
    fn what_was_written_for_a_refused_call_is_found() {
        let contract = with_behaviour();
        let found = |answers: &[(u16, Tier)]| {
            let calls = answers.iter().map(|(status, tier)| CallRecord {
                status: Some(*status),
                tier: Some(*tier),
                ..record(1, 0)
            });
            phase_findings(&CHECK, &contract, &phase(calls.collect(), vec![write(Some("id-1"))])).len()
        };
        assert_eq!(found(&[(429, Tier::Gateway)]), 1);
        assert_eq!(found(&[(413, Tier::Service), (429, Tier::Gateway)]), 1);
        for may_have_been_done in
            [(200, Tier::Service), (429, Tier::Service), (503, Tier::Gateway), (408, Tier::Gateway)]
        {
            assert_eq!(found(&[(429, Tier::Gateway), may_have_been_done]), 0, "{may_have_been_done:?}");
        }
    }
}

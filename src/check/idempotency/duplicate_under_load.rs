//! `idempotency/duplicate-under-load`.

use super::ask::{Excess, excesses, of_calls};
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/duplicate-under-load",
    family: Family::Idempotency,
    title: "under load the same call twice is written once",
    explanation: "The same count as `idempotency/duplicate-effect`, over a whole scenario: retries, redeliveries and \
        copied flows that share a correlation ID write each row once. Races that no single case hits show here.",
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
    let (Some(idempotency), Some(declared)) = (&behaviour.idempotency, &behaviour.effects) else { return false };
    let (mut asked, mut rows, mut first) = (false, 0, None);
    for part in subject.run.parts() {
        let asks = of_calls(&part.calls, contract);
        asked |= !asks.is_empty();
        if let Some(effects) = Effects::of(behaviour, &part.ledger) {
            let excesses = excesses(&effects, &asks, idempotency, declared.once);
            rows += excesses.len() as u64;
            first = first.or_else(|| excesses.first().map(|excess| told(subject, contract, behaviour, excess)));
        }
    }
    if let Some(mut finding) = first {
        finding.occurrences = rows;
        finding.evidence.lines.push(format!("{rows} rows of the scenario were written too often"));
        found.push(finding);
    }
    asked
}

fn told(subject: &PhaseSubject<'_>, contract: &Contract, behaviour: &Behaviour, excess: &Excess<'_>) -> Finding {
    let claim = Claim {
        what: subject.run.scenario.to_string(),
        title: format!("{} wrote one row {} times", subject.run.scenario, excess.effects.len()),
        expected: format!("{} effect on each row for each call that is not a duplicate", excess.promised),
        actual: excess.in_words(),
        place: Some(behaviour.place("/effects/once")),
    };
    let mut finding = subject.finding(&CHECK, Some(&contract.id), claim);
    finding.evidence.lines = story(excess.effects.iter().copied());
    finding
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{effect, phase, phase_findings, record, with_behaviour};

    #[test]
    fn a_write_in_doubt_may_be_repeated_over_somebody_elses() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        let found = |fault: Option<&str>, held: &str| {
            let mut effects = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-1", Some("id-1"), at(9))];
            effects[0].fault = fault.map(str::to_owned);
            effects[1].columns[0].before = held.into();
            effects[1].columns[1].before = "id-1".into();
            phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), record(1, 5)], effects)).len()
        };
        assert_eq!(found(Some("answer_lost"), "somebody else's"), 0);
        assert_eq!(found(Some("answer_lost"), "x"), 1, "the row still held what the first write left");
        assert_eq!(found(None, "somebody else's"), 1, "nothing was in doubt");
    }

    #[test]
    fn what_one_part_of_a_batch_loses_is_lost_for_all_of_them() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        let found = |request: u64| {
            let mut effects = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-1", Some("id-1"), at(9))];
            effects[1].columns[0].before = "somebody else's".into();
            let mut other = effect(3, "key-3", Some("id-1"), at(3));
            (other.fault, other.request) = (Some("answer_lost".to_owned()), request);
            effects.push(other);
            phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), record(1, 5)], effects)).len()
        };
        assert_eq!((found(1), found(3)), (0, 1));
    }

    #[test]
    fn a_row_written_twice_under_one_id_is_found() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        // Run 1 was delivered twice, run 2 has an ID of its own.
        let calls = vec![record(1, 0), record(1, 5), record(2, 9)];
        let once = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-2", Some("id-2"), at(12))];
        assert!(phase_findings(&super::CHECK, &contract, &phase(calls.clone(), once.clone())).is_empty());
        let mut twice = once;
        twice.push(effect(3, "key-1", Some("id-1"), at(8)));
        assert_eq!(phase_findings(&super::CHECK, &contract, &phase(calls.clone(), twice.clone())).len(), 1);
        let mut steps = calls;
        steps[1].step = Some("second".into());
        assert!(phase_findings(&super::CHECK, &contract, &phase(steps, twice)).is_empty(), "another step");
    }
}

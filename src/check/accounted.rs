//! Operations of which nobody knows what became, looked up in the ledger.

use std::collections::{HashMap, HashSet};

use super::effect::Effects;
use super::idempotency::items_are_keys;
use crate::contract::Contract;
use crate::contract::behaviour::{Behaviour, CorrelationCarrier};
use crate::observe::{CallRecord, Part, PhaseRun, mark};

/// How many operations of a scenario of which nobody knows what became had been
/// done when it was over, and how many had not. Where a contract does not say how
/// that shows, or what was written may be another call's, it can't be told.
pub fn looked_up(contracts: &[Contract], run: &PhaseRun) -> (u64, u64) {
    let (mut done, mut undone) = (0, 0);
    if run.unknown.is_empty() {
        return (0, 0);
    }
    for part in run.parts().filter(|part| !part.unknown.is_empty()) {
        for contract in contracts {
            let Some(behaviour) = contract.behaviour.as_deref() else { continue };
            let Some(written) = Written::of(behaviour, &part) else { continue };
            let writes = |id: &str| contract.openapi.operations.iter().any(|o| *o.id == *id && !o.is_safe());
            let asked = part.unknown.iter().filter(|asked| asked.contract == contract.id && writes(&asked.operation));
            for asked in asked {
                match written.has(asked, &part) {
                    Some(true) => done += 1,
                    Some(false) => undone += 1,
                    None => {}
                }
            }
        }
    }
    (done, undone)
}

/// The rows that were written, by the marks of the IDs.
struct Written {
    rows: HashMap<u64, HashSet<u64>>,
    keyed: bool,
}

impl Written {
    fn of(behaviour: &Behaviour, part: &Part) -> Option<Self> {
        // Entries of what a tracking table speaks of are not in the part.
        let carrier = &behaviour.effects.as_ref()?.correlated_by;
        if matches!(carrier, CorrelationCarrier::Tracking(_)) {
            return None;
        }
        let effects = Effects::of(behaviour, &part.ledger)?;
        let mut rows: HashMap<u64, HashSet<u64>> = HashMap::new();
        for entry in effects.iter() {
            if let Some(id) = effects.id(entry) {
                rows.entry(mark(id)).or_default().insert(mark(&entry.key));
            }
        }
        Some(Self { rows, keyed: items_are_keys(behaviour) })
    }

    /// Whether what was asked for was written; `None`: that can't be told.
    fn has(&self, asked: &CallRecord, part: &Part) -> Option<bool> {
        let rows = self.rows.get(&mark(asked.correlation.as_deref()?));
        if self.keyed && !asked.items.is_empty() {
            let count = asked.items.iter().filter(|item| rows.is_some_and(|r| r.contains(&mark(&item.id)))).count();
            // Half of it is neither.
            return (count == 0 || count == asked.items.len()).then_some(count > 0);
        }
        match rows {
            None => Some(false),
            Some(_) => is_the_only_one(asked, part).then_some(true),
        }
    }
}

/// Whether nothing else was asked for under the same ID.
fn is_the_only_one(asked: &CallRecord, part: &Part) -> bool {
    let same = |other: &&CallRecord| other.correlation == asked.correlation;
    let alike = |other: &CallRecord| {
        (&other.operation, &other.step) == (&asked.operation, &asked.step) && (other.poll || other.items == asked.items)
    };
    part.calls.iter().filter(same).all(alike) && part.unknown.iter().filter(same).count() == 1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::check::synthetic::{effect, phase, record, selector, with};
    use crate::contract::behaviour::{Pool, PoolSource};
    use crate::wire::FailureKind;

    fn contract(keyed: bool) -> Contract {
        let pool = Pool {
            name: "account_id".into(),
            applies_to: vec![selector("body /records/*/id")],
            operations: Vec::new(),
            source: PoolSource::Mock { table: "accounts".into(), column: "accountid".into() },
        };
        with(|b| b.pools = if keyed { vec![pool] } else { Vec::new() })
    }

    fn unanswered(run: u64) -> CallRecord {
        CallRecord { status: None, failure: Some(FailureKind::Timeout), ..record(run, 0) }
    }

    #[test]
    fn what_nobody_knows_of_is_looked_up() {
        let write = |sequence, run: u64| {
            let (key, id) = (format!("key-{run}"), format!("id-{run}"));
            effect(sequence, &key, Some(&id), Duration::from_millis(3))
        };
        for keyed in [true, false] {
            let mut run = phase(vec![unanswered(1), unanswered(2), record(3, 0)], vec![write(1, 1), write(2, 3)]);
            assert_eq!(looked_up(&[contract(keyed)], &run), (0, 0), "nothing is unknown");
            // The fourth was under way when all ended, and left no record.
            run.unknown = [1, 2, 4].map(unanswered).into_iter().map(|call| (call.mark(), call)).collect();
            assert_eq!(looked_up(&[contract(keyed)], &run), (1, 2));
        }
    }

    #[test]
    fn what_may_be_another_calls_is_not_told() {
        let write = effect(1, "key-9", Some("id-1"), Duration::from_millis(3));
        let mut other = record(1, 5);
        other.step = Some("second".into());
        let mut run = phase(vec![unanswered(1), other], vec![write]);
        run.unknown = [(unanswered(1).mark(), unanswered(1))].into_iter().collect();
        assert_eq!(looked_up(&[contract(false)], &run), (0, 0), "the second step may have written it");
        assert_eq!(looked_up(&[contract(true)], &run), (0, 1), "its row was not written");
    }
}

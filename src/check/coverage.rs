//! What could not be checked, by name.

use std::collections::BTreeSet;

use super::lifecycle::{changed_behaviour, changed_effects};
use super::{Check, Family, NotChecked, Selection, table};
use crate::contract::Contract;
use crate::generate::Need;

/// The selected checks that a contract's promises call for and the target has
/// not what they need. A check whose promise a contract does not make is none
/// of them: nothing was promised there.
pub fn not_checked(contracts: &[Contract], offers: &BTreeSet<Need>, selection: &Selection) -> Vec<NotChecked> {
    let mut missing: Vec<NotChecked> = contracts
        .iter()
        .flat_map(|contract| {
            table().iter().filter(|check| selection.takes(check) && is_promised(check, contract)).filter_map(|check| {
                let lacks: Vec<String> = check
                    .needs
                    .iter()
                    .filter(|need| **need != Need::Behaviour && !offers.contains(need))
                    .map(ToString::to_string)
                    .collect();
                (!lacks.is_empty()).then(|| NotChecked {
                    what: check.id.to_owned(),
                    contract: Some(contract.id.clone()),
                    why: format!("the target does not offer {}", lacks.join(" and ")),
                })
            })
        })
        .collect();
    missing.sort();
    missing
}

/// Whether the contract makes the promise that a check judges.
#[expect(clippy::match_same_arms, reason = "one line for each family")]
pub(super) fn is_promised(check: &Check, contract: &Contract) -> bool {
    let of_a_record = [changed_behaviour::CHECK.id, changed_effects::CHECK.id].contains(&check.id);
    if of_a_record && contract.recorded.is_none() {
        return false;
    }
    let Some(behaviour) = contract.behaviour.as_deref() else {
        return !check.needs.contains(&Need::Behaviour);
    };
    let made = match check.family {
        Family::Response => true,
        Family::Taxonomy => !behaviour.errors.is_empty(),
        Family::Identity => behaviour.identity.is_some(),
        Family::Correlation => behaviour.correlation.is_some(),
        Family::Idempotency => behaviour.idempotency.is_some(),
        Family::Limits => behaviour.limits.is_some(),
        Family::Throttling => behaviour.throttling.is_some(),
        Family::Validation => behaviour.effects.is_some(),
        Family::DataPath | Family::Dataverse => behaviour.data_path.is_some(),
        Family::Lifecycle => behaviour.lifecycle.is_some(),
        Family::Wire => true,
        Family::Latency => !behaviour.objectives.is_empty() || behaviour.limits.is_some(),
        Family::Determinism => behaviour.determinism.is_some(),
        Family::Jobs => behaviour.jobs.is_some(),
        Family::Callback => contract.callee.is_some(),
    };
    made && (!check.needs.contains(&Need::Effects) || behaviour.effects.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::synthetic::{plain, with, with_behaviour};

    #[test]
    fn what_is_promised_and_not_offered_is_named() {
        let missing = not_checked(&[with_behaviour()], &BTreeSet::new(), &Selection::all());
        let duplicate = missing.iter().find(|m| m.what == "idempotency/duplicate-effect").expect("promised");
        assert_eq!(duplicate.why, "the target does not offer effects");
        let effects = not_checked(&[with_behaviour()], &[Need::Effects].into(), &Selection::all());
        assert!(!effects.iter().any(|m| m.what == "idempotency/duplicate-effect"));
        assert!(effects.iter().any(|m| m.what == "idempotency/stuck"), "needs faults");
    }

    #[test]
    fn what_nobody_promised_is_not_missed() {
        assert_eq!(not_checked(&[plain()], &BTreeSet::new(), &Selection::all()), []);
        let quiet = with(|b| b.idempotency = None);
        let missing = not_checked(&[quiet], &BTreeSet::new(), &Selection::all());
        assert!(!missing.iter().any(|m| m.what.starts_with("idempotency/")), "{missing:?}");
    }
}

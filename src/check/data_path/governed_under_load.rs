//! `data-path/governed-under-load`.

use std::collections::HashSet;

use super::{astray, claim};
use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::generate::Need;
use crate::observe::LedgerEntry;

pub(in crate::check) const CHECK: Check = Check {
    id: "data-path/governed-under-load",
    family: Family::DataPath,
    title: "under load, too, Dataverse is reached the promised way only",
    explanation: "The same as `data-path/governed`, over a whole scenario: a fallback that goes around the gateway \
        only when it is slow or throttled shows here.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let mut concerned = false;
    for contract in subject.contracts {
        let Some(behaviour) = contract.behaviour.as_deref() else { continue };
        let Some(path) = behaviour.data_path else { continue };
        let (mut count, mut first) = (0, None);
        for part in subject.run.parts() {
            let calls = part.calls.iter().filter(|record| record.contract == contract.id);
            let ids: HashSet<&str> = calls.filter_map(|record| record.correlation.as_deref()).collect();
            concerned |= !ids.is_empty() && !part.ledger.is_empty();
            let mut wrong: Vec<&LedgerEntry> = astray(behaviour, &part.ledger);
            wrong.retain(|entry| entry.carried().any(|text| ids.contains(text)));
            count += wrong.len() as u64;
            if !wrong.is_empty() && first.is_none() {
                let claim = Claim { what: subject.run.scenario.to_string(), ..claim(behaviour, path, &wrong) };
                let mut finding = subject.finding(&CHECK, Some(&contract.id), claim);
                finding.evidence.lines = story(wrong.into_iter().take(10));
                first = Some(finding);
            }
        }
        if let Some(mut finding) = first {
            finding.occurrences = count;
            found.push(finding);
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{effect, phase, phase_findings, record, with_behaviour};

    #[test]
    fn a_call_around_the_gateway_is_found() {
        let right = effect(1, "key-1", Some("id-1"), Duration::from_millis(3));
        let mut wrong = right.clone();
        wrong.way = crate::observe::Way::Direct;
        let found =
            |entry| phase_findings(&super::CHECK, &with_behaviour(), &phase(vec![record(1, 0)], vec![entry])).len();
        assert_eq!(found(right), 0);
        assert_eq!(found(wrong), 1);
    }
}

//! `limits/under-load`.

use crate::check::claim::Claim;
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::generate::Need;
use crate::observe::CallRecord;
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "limits/under-load",
    family: Family::Limits,
    title: "under load oversized bodies are refused too",
    explanation: "Bodies over the limit that a scenario mixes into its traffic are refused at the gateway like any \
        other: none is answered with a success, and none reaches the service.",
    level: Level::Error,
    needs: &[Need::Behaviour],
    judge: Judge::Phase(judge),
};

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    // Nobody need look through millions of calls for none.
    if subject.run.measured.refusable == 0 {
        return false;
    }
    let mut concerned = false;
    for contract in subject.contracts {
        let Some(behaviour) = contract.behaviour.as_deref() else { continue };
        let through = |r: &CallRecord| r.tier == Some(Tier::Service) || r.status.is_some_and(|s| s < 300);
        let (mut oversized, mut count, mut first) = (0_u64, 0_u64, None);
        for call in subject.run.calls.iter().filter(|r| r.refusable && r.contract == contract.id) {
            oversized += 1;
            if through(&call) {
                count += 1;
                first.get_or_insert(call);
            }
        }
        concerned |= oversized > 0;
        if let Some(first) = first {
            let status = first.status.map_or_else(|| "nothing".to_owned(), |s| s.to_string());
            let mut finding = subject.finding(
                &CHECK,
                Some(&contract.id),
                Claim {
                    what: subject.run.scenario.to_string(),
                    title: format!("{}: bodies over the limit got past the gateway", subject.run.scenario),
                    expected: "each of them refused by the gateway".to_owned(),
                    actual: format!("{count} of {oversized} got through, the first was answered {status}"),
                    place: Some(behaviour.place("/limits/body")),
                },
            );
            finding.occurrences = count;
            found.push(finding);
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{phase, phase_findings, record, with_behaviour};
    use crate::wire::Tier;

    #[test]
    fn an_oversized_body_that_gets_through_is_found() {
        let contract = with_behaviour();
        let sent = |status, tier| {
            let mut call = record(1, 0);
            (call.refusable, call.status, call.tier) = (true, Some(status), Some(tier));
            phase_findings(&super::CHECK, &contract, &phase(vec![call], vec![])).len()
        };
        assert_eq!(sent(413, Tier::Gateway), 0);
        assert_eq!(sent(413, Tier::Service), 1);
        assert_eq!(sent(200, Tier::Gateway), 1);
    }
}

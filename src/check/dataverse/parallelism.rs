//! `dataverse/parallelism`.

use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Step};
use crate::observe::CallRun;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/parallelism",
    family: Family::Dataverse,
    title: "no more requests at once than Dataverse suggests",
    explanation: "Each answer of Dataverse says in `x-ms-dop-hint` how many requests at once do it good. Beyond that \
        nothing is faster, and service protection comes the sooner.\n\nShown by the ledger, which counts how many \
        requests of one identity are under way when a write arrives: all calls together, for the identity is one.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    // Dataverse may not have seen yet that a process is gone.
    if subject.run.case.steps.iter().any(|step| matches!(step, Step::Restart)) {
        return false;
    }
    let told = || subject.run.ledger.iter().filter(|entry| entry.dop_hint > 0 && !entry.is_somebody_elses());
    let most = told().max_by_key(|entry| entry.under_way);
    if let Some(most) = most.filter(|most| most.under_way > most.dop_hint) {
        let mut finding = subject.finding(
            &CHECK,
            subject.run.calls.first().and_then(CallRun::last),
            Claim {
                what: "beyond the hint".to_owned(),
                title: "more requests were under way at Dataverse than it suggests".to_owned(),
                expected: format!("at most {} at once (x-ms-dop-hint)", most.dop_hint),
                actual: format!("{} at once, of `{}`", most.under_way, most.principal),
                place: subject.behaviour().map(|b| b.place("/data_path")),
            },
        );
        finding.evidence.lines = story([most]);
        found.push(finding);
    }
    told().next().is_some()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    fn found(under_way: u16) -> usize {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200)).wrote("a", Some(ID));
        play.entry(|entry| entry.under_way = under_way).findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn one_more_than_the_hint_is_found() {
        assert_eq!(found(48), 0);
        assert_eq!(found(49), 1);
    }
}

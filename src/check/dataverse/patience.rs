//! `dataverse/patience`.

use std::time::Duration;

use super::{failed, overlaps, throttle};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::Need;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/patience",
    family: Family::Dataverse,
    title: "waits that Dataverse asks for don't use up the retries",
    explanation: "A 429 with `Retry-After` is a request to wait, no failed attempt. A service that counts it against \
        its retries gives up after three or four of them, although all together ask for a few seconds.\n\nJudged \
        against `dataverse: { patience }` of the behaviour file: where all waits together are no longer than that, \
        the caller hears nothing of them.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Faults],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(patience) = behaviour.dataverse.as_ref().and_then(|d| d.patience) else { return false };
    let Some((told, Some(times))) = throttle(&subject.run.case) else { return false };
    let all = told.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX));
    if all > patience || all == Duration::ZERO || overlaps(&subject.run.case) {
        return false;
    }
    let failure = subject.calls().find_map(|(_, run)| failed(behaviour, run));
    if let Some(answer) = failure {
        found.push(subject.finding(
            &CHECK,
            Some(answer),
            Claim {
                what: "gave up".to_owned(),
                title: "a call failed though Dataverse had only asked for a little patience".to_owned(),
                expected: format!(
                    "a success: {times} waits of {} are no more than {}",
                    format_duration(told),
                    format_duration(patience)
                ),
                actual: in_words(answer),
                place: Some(behaviour.place("/dataverse/patience")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{Answer, Play, answer, failure, with};
    use crate::contract::behaviour::Manners;
    use crate::generate::{CaseKind, Expect, Step};
    use crate::wire::{Fault, FaultKind};

    fn found(times: u64, told: Answer) -> usize {
        let contract = with(|b| b.dataverse = Some(Manners { patience: Some(Duration::from_secs(8)) }));
        let fault = Fault { times: Some(times), ..Fault::new(FaultKind::Throttled { retry_after: 2 }) };
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(told);
        play.step(Step::Inject(fault)).findings(&super::CHECK, &contract).len()
    }

    #[test]
    fn who_gives_up_within_its_patience_is_found() {
        assert_eq!(found(4, failure(503, "downstream_unavailable")), 1);
        assert_eq!(found(5, failure(503, "downstream_unavailable")), 0, "longer than it promises to wait");
        assert_eq!(found(4, answer(200)), 0);
    }
}

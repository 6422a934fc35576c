//! `dataverse/retry-after-ignored`.

use std::time::Duration;

use super::{asked, is_throttled, overlaps, throttle};
use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::Need;
use crate::observe::LedgerEntry;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/retry-after-ignored",
    family: Family::Dataverse,
    title: "after a 429 Dataverse is left alone as long as it asks for",
    explanation: "A 429 of Dataverse says in `Retry-After` when to come again. Who comes sooner, by a backoff of its \
        own or because it cuts the wait short, is refused again, and under service protection the wait \
        grows.\n\nJudged on attempts at one row while one call is served; what a caller sends again by itself is not \
        the service's haste.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

/// What a clock may be off.
const SLACK: Duration = Duration::from_millis(100);

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some((told, _)) = throttle(&subject.run.case).filter(|_| !overlaps(&subject.run.case)) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let entries = asked(subject, call, run);
        let Some((early, next)) = too_soon(&entries, told, &mut concerned) else { continue };
        let mut finding = subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: "too soon".to_owned(),
                title: "Dataverse was asked again before the wait was over that it had told".to_owned(),
                expected: format!("nothing for {} after a 429", format_duration(told)),
                actual: format!("the next attempt after {}", format_duration(next.at.since(early.at))),
                place: Some(behaviour.place("/data_path")),
            },
        );
        finding.evidence.lines = story([early, next]);
        found.push(finding);
        break;
    }
    concerned
}

/// An attempt that was throttled, and the next at the same row that came
/// before the wait was over.
fn too_soon<'e>(
    entries: &[&'e LedgerEntry],
    told: Duration,
    concerned: &mut bool,
) -> Option<(&'e LedgerEntry, &'e LedgerEntry)> {
    entries.iter().enumerate().filter(|(_, entry)| is_throttled(entry)).find_map(|(n, early)| {
        let next = entries[n + 1..].iter().find(|next| next.table == early.table && next.key == early.key)?;
        *concerned = true;
        (next.at.since(early.at) + SLACK < told).then_some((*early, *next))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{ID, Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect, Step};
    use crate::observe::Outcome;
    use crate::wire::{Fault, FaultKind};

    fn found(told: u64) -> usize {
        let throttle = Step::Inject(Fault::new(FaultKind::Throttled { retry_after: told }));
        let play = Play::new(CaseKind::Conforming)
            .call(Expect::Success)
            .wrote("a", None)
            .entry(|entry| {
                entry.outcome = Outcome::Refused { status: 429, code: "0x80072322".into() };
                entry.headers.insert("x-correlation-id".into(), ID.into());
                entry.columns.clear();
            })
            .answered(answer(200).took(Duration::from_secs(4)))
            .wrote("a", Some(ID));
        play.step(throttle).findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn who_comes_before_the_wait_is_over_is_found() {
        assert_eq!(found(5), 1, "4 s after");
        assert_eq!(found(4), 0);
    }
}

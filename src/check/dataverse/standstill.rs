//! `dataverse/standstill`.

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::Need;
use crate::observe::{CallRun, HealthRun};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/standstill",
    family: Family::Dataverse,
    title: "a slow Dataverse keeps nobody waiting who does not need it",
    explanation: "A call that waits for Dataverse keeps no other one waiting. A blocking client in an asynchronous \
        handler stops its whole process: every other caller waits, and the platform's health probe too, which then \
        restarts an instance that has nothing but a slow neighbour. A pool whose threads all wait for Dataverse \
        looks alike.\n\nDataverse holds some calls for a second. Meanwhile the service is asked for its health, past \
        the gateway, over connections that were open before. What is found is an order of events, no latency: the \
        answer came only after Dataverse had let go, and so again when it was tried once more. Judged where the path \
        of the health endpoint is known: `health` in the settings of an environment.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Faults, Need::DirectService, Need::Health],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let rounds = &subject.run.health;
    let asked = rounds.iter().map(|round| round.waits.len()).min().unwrap_or_default();
    // One pause of the service may have other reasons.
    if rounds.len() < 2 || asked == 0 {
        return false;
    }
    let stuck = rounds.iter().map(HealthRun::stuck).min().unwrap_or_default();
    if let (1.., Some(round)) = (stuck, rounds.iter().min_by_key(|round| round.longest())) {
        let shown = subject.run.calls.first().and_then(CallRun::last);
        found.push(subject.finding(
            &CHECK,
            shown,
            Claim {
                what: "stands still".to_owned(),
                title: format!("while Dataverse held {} calls, the service did not tell whether it is well", round.calls),
                expected: "an answer of the health endpoint while Dataverse holds calls".to_owned(),
                actual: format!(
                    "none until Dataverse had let go, {} times out of {}: on {stuck} of {asked} connections, after {} at the longest",
                    rounds.len(),
                    rounds.len(),
                    format_duration(round.longest())
                ),
                place: Some(behaviour.place("/data_path")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};
    use crate::observe::{HealthRun, HealthWait};

    /// A round that begins at an instant, with when each connection was asked
    /// and answered after it, in milliseconds; what is held, is so for 1 s.
    fn round(began: u64, waits: &[(u64, u64)]) -> HealthRun {
        let at = |after: u64| Duration::from_millis(began + after);
        let waits = waits.iter().map(|(asked, until)| HealthWait { asked: at(*asked), until: at(*until) });
        HealthRun { calls: 8, held: Duration::from_secs(1), free_until: at(0), waits: waits.collect() }
    }

    fn found(rounds: impl IntoIterator<Item = HealthRun>) -> usize {
        let play = Play::new(CaseKind::Probe(Probe::HeldCalls)).call(Expect::SuccessOrRetryable).answered(answer(200));
        let play = rounds.into_iter().fold(play, Play::health);
        play.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn who_answers_only_when_dataverse_has_let_go_is_found() {
        let stuck = [(10, 1020), (10, 1030)];
        assert_eq!(found([round(0, &stuck), round(5000, &stuck)]), 1);
        assert_eq!(found([round(0, &[(10, 15), (10, 1020)]), round(5000, &stuck)]), 1, "one process of two");
    }

    #[test]
    fn who_answers_before_and_who_paused_once_is_not() {
        let stuck = [(10, 1020), (10, 1030)];
        assert_eq!(found([round(0, &[(10, 900), (10, 15)]), round(5000, &stuck)]), 0, "slow, and before it");
        assert_eq!(found([round(0, &[(990, 1005)]), round(5000, &[(990, 1005)])]), 0, "asked at the very end");
        let late = [(400, 1035), (10, 15)];
        assert_eq!(found([round(0, &late), round(5000, &late)]), 0, "it had answered meanwhile: it is only slow");
        assert_eq!(found([round(0, &stuck)]), 0, "seen once");
        assert_eq!(found([round(0, &[]), round(5000, &stuck)]), 0, "no connection was answered before");
        assert_eq!(found([]), 0);
    }
}

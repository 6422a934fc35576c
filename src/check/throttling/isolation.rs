//! `throttling/isolation`.

use crate::check::answer::{in_words, was_throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::ThrottlingPer;
use crate::generate::{Need, Probe};
use crate::observe::CallRun;

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/isolation",
    family: Family::Throttling,
    title: "one client's flood does not throttle another",
    explanation: "With `per: client`, each calling application has a budget of its own. While one is throttled, \
        another that has sent nothing is served. A limit keyed by address, by API or by nothing at all lets one \
        runaway flow stop all others.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let per_client = behaviour.throttling.as_ref().is_some_and(|t| t.per == ThrottlingPer::Client);
    let Some(flood) = subject.run.calls.first().filter(|_| per_client && subject.is_probe(Probe::Rate)) else {
        return false;
    };
    if !flood.exchanges.iter().any(was_throttled) {
        return false;
    }
    let other = subject.run.calls.iter().find(|run| run.client != flood.client);
    let Some((run, first)) = other.and_then(|run: &CallRun| Some((run, run.exchanges.first()?))) else { return false };
    if was_throttled(first) {
        found.push(subject.finding(
            &CHECK,
            Some(first),
            Claim {
                what: "shared".to_owned(),
                title: "a client was throttled for what another one sent".to_owned(),
                expected: "the first call of a client that has sent nothing is served".to_owned(),
                actual: format!("{} to {} while {} was throttled", in_words(first), run.client, flood.client),
                place: Some(behaviour.place("/throttling/per")),
            },
        ));
    }
    first.response().is_some()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, Play, answer, failure, with, with_behaviour};
    use crate::contract::behaviour::ThrottlingPer;
    use crate::generate::{Caller, CaseKind, Expect, Probe};

    #[test]
    fn another_clients_429_is_found() {
        let play = |other: Answer| {
            let play =
                Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing).answered(failure(429, "throttled"));
            play.flood().call(Expect::Success).caller(Caller::Own(1)).answered(other)
        };
        let contract = with_behaviour();
        assert_eq!(play(failure(429, "throttled")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(answer(200)).findings(&super::CHECK, &contract).is_empty());
        let shared = with(|b| b.throttling.as_mut().unwrap().per = ThrottlingPer::Api);
        assert!(play(failure(429, "throttled")).findings(&super::CHECK, &shared).is_empty());
    }
}

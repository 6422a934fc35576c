//! `throttling/refused-early`.

use super::admitted::{is_admitted, span};
use super::window::{Span, perhaps_before};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::contract::behaviour::ThrottlingPer;
use crate::generate::{Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/refused-early",
    family: Family::Throttling,
    title: "the declared rate is really admitted",
    explanation: "A client of the case's own, which nobody else uses, is not answered 429 before it has made the \
        declared calls within the declared window, less one in a hundred. Counted is everything that may lie in the \
        window. A limit that is shared between clients, or smaller than the contract says, shows here.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(throttling) = behaviour.throttling.as_ref().filter(|t| t.per == ThrottlingPer::Client) else {
        return false;
    };
    let Some(rate) = throttling.rate.filter(|_| subject.is_probe(Probe::Rate)) else { return false };
    let Some(run) = subject.run.calls.first() else { return false };
    let Some(refused) = run.exchanges.iter().find(|e| e.status() == Some(429)) else { return false };
    let others = subject.run.calls.iter().filter(|other| other.client == run.client).flat_map(|other| &other.exchanges);
    let admitted: Vec<Span> = others.filter(|e| is_admitted(e)).map(span).collect();
    let before = perhaps_before(&admitted, span(refused), rate.per);
    let promised = (rate.calls - rate.calls / 100) as usize;
    if before < promised {
        found.push(subject.finding(
            &CHECK,
            Some(refused),
            Claim {
                what: "early".to_owned(),
                title: "a client was throttled before it had used up its rate".to_owned(),
                expected: format!("{} calls in {} are admitted", rate.calls, format_duration(rate.per)),
                actual: format!("{} after at most {before} admitted calls", in_words(refused)),
                place: Some(behaviour.place("/throttling/rate/calls")),
            },
        ));
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn an_early_429_is_found() {
        let contract = with_behaviour();
        let flood = |admitted: usize| {
            let play = Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing);
            let play = (0..admitted).fold(play, |play, _| play.answered(answer(404)));
            play.answered(failure(429, "throttled")).flood().findings(&super::CHECK, &contract).len()
        };
        assert_eq!(flood(98), 1);
        assert_eq!(flood(99), 0, "one in a hundred");
        assert_eq!(flood(100), 0);
    }
}

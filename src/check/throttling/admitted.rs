//! `throttling/admitted`.

use super::window::{Span, most_within, with_tolerance};
use crate::check::answer::throttled;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::format_duration;
use crate::generate::{Need, Probe};
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/admitted",
    family: Family::Throttling,
    title: "no more calls are admitted than declared",
    explanation: "One client sends more calls than the rate admits, as fast as it goes. In no window of the declared \
        length are more than the declared calls admitted, plus one in a hundred. Counted are only calls that \
        certainly lie within the window: sent and answered in it.\n\nA limiter that counts in fixed windows admits \
        twice the rate around each edge.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(rate) = behaviour.throttling.as_ref().and_then(|t| t.rate) else { return false };
    let Some(run) = subject.run.calls.first().filter(|_| subject.is_probe(Probe::Rate)) else { return false };
    let admitted: Vec<Span> = run.exchanges.iter().filter(|e| is_admitted(e)).map(span).collect();
    let most = most_within(&admitted, rate.per);
    if most > with_tolerance(rate.calls) {
        found.push(subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: "too many".to_owned(),
                title: "one client was admitted more often than its rate allows".to_owned(),
                expected: format!("at most {} calls in any {}", rate.calls, format_duration(rate.per)),
                actual: format!("{most} calls within {}", format_duration(rate.per)),
                place: Some(behaviour.place("/throttling/rate")),
            },
        ));
    }
    true
}

pub(super) fn is_admitted(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| !throttled(response))
}

pub(super) fn span(exchange: &Exchange) -> Span {
    Span { sent: exchange.sent_at, done: exchange.done_at }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};

    #[test]
    fn more_than_the_rate_is_found() {
        let contract = with_behaviour();
        let flood = |admitted: usize| {
            let play = Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing);
            let play = (0..admitted).fold(play, |play, _| play.answered(answer(404)));
            play.answered(failure(429, "throttled")).flood().findings(&super::CHECK, &contract).len()
        };
        assert_eq!(flood(100), 0);
        assert_eq!(flood(101), 0, "one in a hundred");
        assert_eq!(flood(102), 1);
    }
}

//! `throttling/retry-after-honest`.

use std::time::Duration;

use crate::check::answer::{in_words, was_throttled};
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::clock::{Timestamp, format_duration};
use crate::contract::behaviour::Behaviour;
use crate::generate::{Need, Probe, Step};
use crate::observe::CallRun;
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "throttling/retry-after-honest",
    family: Family::Throttling,
    title: "who waits as long as told is admitted",
    explanation: "A client that was throttled waits as long as `Retry-After` says, and a margin, and is admitted. Too \
        short a value makes every flow come back in vain, and at the same time as all others. Longer than the whole \
        window can't be meant either.\n\nNot judged where the case could not wait that long.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::MintedTokens],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|b| b.throttling.is_some()) else { return false };
    if !subject.is_probe(Probe::Rate) {
        return false;
    }
    let Some((told_by, after)) = waited(subject) else { return false };
    let Some((refused, wait)) = told_by.exchanges.iter().rev().find_map(|e| Some((e, told(e)?))) else { return false };
    if let Some(claim) = too_long(behaviour, wait) {
        found.push(subject.finding(&CHECK, Some(refused), claim));
    }
    let Some(first) = after.exchanges.first().filter(|e| e.response().is_some()) else { return true };
    if first.sent_at < refused.done_at.plus(wait) {
        return true;
    }
    if was_throttled(first) {
        found.push(subject.finding(
            &CHECK,
            Some(first),
            Claim {
                what: "too short".to_owned(),
                title: "a client that waited as long as it was told was throttled again".to_owned(),
                expected: format!("admitted after {}", format_duration(wait)),
                actual: format!(
                    "{} after waiting {}",
                    in_words(first),
                    format_duration(first.sent_at.since(refused.done_at))
                ),
                place: Some(behaviour.place("/throttling")),
            },
        ));
    }
    true
}

/// The calls before and after the wait: who was told how long, and who came
/// back.
fn waited<'a>(subject: &CaseSubject<'a>) -> Option<(&'a CallRun, &'a CallRun)> {
    let steps = &subject.run.case.steps;
    let at = steps.iter().position(|step| matches!(step, Step::AwaitRetryAfter { .. }))?;
    let Step::AwaitRetryAfter { call, .. } = steps[at] else { return None };
    let before: usize = steps[..at]
        .iter()
        .map(|step| match step {
            Step::Call(_) | Step::Flood { .. } => 1,
            Step::Together(calls) => calls.len(),
            _ => 0,
        })
        .sum();
    let calls: &'a [CallRun] = &subject.run.calls;
    let told_by = calls.iter().find(|run| run.call == call)?;
    let after = calls.iter().find(|run| run.call >= before && run.client == told_by.client)?;
    Some((told_by, after))
}

/// How long a throttled answer says to wait.
fn told(exchange: &Exchange) -> Option<Duration> {
    let response = exchange.response().filter(|_| was_throttled(exchange))?;
    let seconds = response.retry_after_seconds().map(Duration::from_secs);
    seconds.or_else(|| {
        let date = Timestamp::parse_http_date(response.headers.get("retry-after")?)?;
        Some(date.since(exchange.done_at))
    })
}

fn too_long(behaviour: &Behaviour, wait: Duration) -> Option<Claim> {
    let rate = behaviour.throttling.as_ref()?.rate?;
    // A quota's period may be weeks: only its own length bounds that.
    let period = behaviour.throttling.as_ref()?.quota.map_or(rate.per, |quota| quota.per.max(rate.per));
    let bound = if wait > rate.per + Duration::from_hours(1) { period } else { rate.per };
    (wait > bound + Duration::from_secs(1)).then(|| Claim {
        what: "too long".to_owned(),
        title: "a throttled client is told to wait longer than the window lasts".to_owned(),
        expected: format!("at most {}", format_duration(bound)),
        actual: format!("Retry-After: {}", wait.as_secs()),
        place: Some(behaviour.place("/throttling")),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{Answer, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe, Step};

    fn play(told: &str, waited: &str, then: Answer) -> Play {
        let refused = failure(429, "throttled").header("Retry-After", told);
        let play = Play::new(CaseKind::Probe(Probe::Rate)).call(Expect::Nothing).answered(refused).flood();
        let (margin, longest) = (Duration::from_secs(1), Duration::from_mins(1));
        let play = play.step(Step::AwaitRetryAfter { call: 0, margin, longest }).wait(waited);
        play.call(Expect::Nothing).answered(then)
    }

    #[test]
    fn too_short_and_too_long_are_found() {
        let contract = with_behaviour();
        let throttled = || failure(429, "throttled");
        assert_eq!(play("5", "6 s", throttled()).findings(&super::CHECK, &contract).len(), 1);
        assert!(play("5", "6 s", answer(404)).findings(&super::CHECK, &contract).is_empty());
        assert!(play("5", "2 s", throttled()).findings(&super::CHECK, &contract).is_empty(), "did not wait");
        let found = play("300", "301 s", answer(404)).findings(&super::CHECK, &contract);
        assert_eq!(found.len(), 1);
        assert!(found[0].title.contains("longer than the window"));
    }
}

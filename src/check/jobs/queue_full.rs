//! `jobs/queue-full`.

use crate::check::answer::{failure_type, in_words, throttled};
use crate::check::claim::Claim;
use crate::check::effect::{Effects, is_key_of, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Probe};
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "jobs/queue-full",
    family: Family::Jobs,
    title: "a job for which there is no room is refused by its type, and left undone",
    explanation: "A queue that has no end falls over later, and for everybody. One that is full refuses the next job with the declared type and `Retry-After`, so that a flow comes again, and has done nothing of it: a refusal that leaves an effect behind is done twice when the flow comes again.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(full) = behaviour.jobs.as_ref().and_then(|jobs| jobs.queue_full.as_ref()) else { return false };
    if !subject.is_probe(Probe::QueueFull) {
        return false;
    }
    let effects = Effects::of(behaviour, &subject.run.ledger);
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some(exchange) = run.last() else { continue };
        let Some(response) = exchange.response().filter(|response| response.status >= 400) else { continue };
        // The gateway's own limits are no queue.
        if throttled(response) || exchange.tier == Some(Tier::Gateway) {
            continue;
        }
        concerned = true;
        let named = failure_type(response);
        let due = behaviour.error(full).is_some_and(|declared| declared.retry_after);
        let lacks = due && !response.headers.contains("retry-after");
        let wrote: Vec<_> = effects
            .iter()
            .flat_map(|effects| {
                call.items.iter().flat_map(|item| effects.iter().filter(|entry| is_key_of(entry, item)))
            })
            .collect();
        let (what, title) = if named.as_ref() != Some(full) {
            ("type", format!("a job for which there is no room was answered {}", in_words(exchange)))
        } else if lacks {
            ("retry-after", "a job for which there is no room was not told when to come again".to_owned())
        } else if !wrote.is_empty() {
            ("effect", "a job that was refused for want of room has left an effect".to_owned())
        } else {
            continue;
        };
        let mut finding = subject.finding(
            &CHECK,
            Some(exchange),
            Claim {
                what: what.to_owned(),
                title,
                expected: format!("`{full}` with `Retry-After`, and no effect"),
                actual: format!("{}, {} effects", in_words(exchange), wrote.len()),
                place: Some(behaviour.place("/jobs/queue/full")),
            },
        );
        finding.evidence.lines = story(wrote);
        found.push(finding);
        break;
    }
    concerned
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::synthetic::{ID, Play, answer, failure, with_jobs};
    use crate::generate::{CaseKind, Expect, Probe};

    fn many(second: crate::check::synthetic::Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::QueueFull)).call(Expect::SuccessOrRetryable).items(&[("a", 1)]);
        let play = play.answered(answer(202).json(&json!({}))).wrote("a", Some(ID));
        play.call(Expect::SuccessOrRetryable).items(&[("b", 1)]).answered(second)
    }

    #[test]
    fn another_refusal_and_an_effect_are_found() {
        let found = |play: Play| play.findings(&super::CHECK, &with_jobs()).len();
        let full = || failure(503, "queue_full");
        assert_eq!(found(many(full())), 0);
        assert_eq!(found(many(full().without("Retry-After"))), 1);
        assert_eq!(found(many(failure(500, "internal"))), 1);
        assert_eq!(found(many(full()).wrote("b", Some(ID))), 1);
        assert_eq!(found(many(answer(202))), 0, "there was room");
    }
}

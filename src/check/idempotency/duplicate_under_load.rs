//! `idempotency/duplicate-under-load`.

use std::time::Duration;

use super::ask::{Excess, excesses, of_calls};
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{Check, Family, Finding, Judge, Level, PhaseSubject};
use crate::clock::format_duration;
use crate::contract::Contract;
use crate::contract::behaviour::Behaviour;
use crate::generate::Need;
use crate::observe::{CallRecord, ChainLink};
use crate::wire::{FailureKind, Tier};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/duplicate-under-load",
    family: Family::Idempotency,
    title: "under load the same call twice is written once",
    explanation: "The same count as `idempotency/duplicate-effect`, over a whole scenario: retries, redeliveries and \
        copied flows that share a correlation ID write each row once. Races that no single case hits show here.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Phase(judge),
};

/// How many attempts at a row are shown.
const SHOWN: usize = 8;

fn judge(subject: &PhaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let mut concerned = false;
    for contract in subject.contracts {
        concerned |= judge_contract(subject, contract, found);
    }
    concerned
}

fn judge_contract(subject: &PhaseSubject<'_>, contract: &Contract, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = contract.behaviour.as_deref() else { return false };
    let (Some(idempotency), Some(declared)) = (&behaviour.idempotency, &behaviour.effects) else { return false };
    let (mut asked, mut rows, mut first) = (false, 0, None);
    for part in subject.run.parts() {
        let asks = of_calls(&part.calls, contract);
        asked |= !asks.is_empty();
        if let Some(effects) = Effects::of(behaviour, &part.ledger) {
            let excesses = excesses(&effects, &asks, idempotency, declared.once);
            rows += excesses.len() as u64;
            first = first.or_else(|| {
                // The one that tells most.
                let late = excesses
                    .iter()
                    .find_map(|excess| Some((excess, Some(after_the_client_gave_up(&part.calls, &effects, excess)?))));
                let (excess, late) = late.or_else(|| Some((excesses.first()?, None)))?;
                let mut finding = told(subject, (contract, behaviour), excess, late.as_deref());
                finding.evidence.lines.extend(late);
                finding.evidence.lines.extend(story(excess.effects.iter().copied()));
                let attempts = attempts(&part.calls, &effects, excess);
                finding.more.correlation = attempts.first().and_then(|call| call.correlation.clone());
                finding.more.chain = attempts.into_iter().take(SHOWN).map(link).collect();
                Some(finding)
            });
        }
    }
    if let Some(mut finding) = first {
        finding.occurrences = rows;
        finding.evidence.lines.push(format!("{rows} rows of the scenario were written too often"));
        found.push(finding);
    }
    asked
}

fn told(
    subject: &PhaseSubject<'_>,
    (contract, behaviour): (&Contract, &Behaviour),
    excess: &Excess<'_>,
    late: Option<&str>,
) -> Finding {
    let scenario = &subject.run.scenario;
    let plainly = || format!("{scenario} wrote one row {} times", excess.effects.len());
    let claim = Claim {
        what: scenario.to_string(),
        title: late.map_or_else(plainly, |late| format!("{scenario}: {late}")),
        expected: format!("{} effect on each row for each call that is not a duplicate", excess.promised),
        actual: excess.in_words(),
        place: Some(behaviour.place("/effects/once")),
    };
    subject.finding(&CHECK, Some(&contract.id), claim)
}

/// Where an attempt was given up and its write came afterwards: the clocks of
/// the client and of what is behind it disagree. The first write is the first
/// attempt's, and so on.
fn after_the_client_gave_up(calls: &[CallRecord], effects: &Effects<'_>, excess: &Excess<'_>) -> Option<String> {
    let attempts = attempts(calls, effects, excess);
    let began = attempts.first()?.sent_at;
    let pairs = attempts.iter().zip(&excess.effects).zip(1..);
    let late = pairs.filter_map(|((call, effect), number)| {
        let who = gave_up(call).filter(|_| call.done_at < effect.at)?;
        Some((call, effect, number, who))
    });
    let (call, effect, number, who) = late.min_by_key(|(call, ..)| call.sent_at)?;
    Some(format!(
        "attempt {number} committed at {}, after {who} at {}: {} rows, {} promised",
        seconds(effect.at.since(began)),
        seconds(call.done_at.since(began)),
        excess.effects.len(),
        excess.promised
    ))
}

/// Whose clock ended a call without a result, as far as its client can know:
/// its own, the gateway's, or that of something between.
fn gave_up(call: &CallRecord) -> Option<String> {
    match (call.failure, call.status, call.tier) {
        (Some(FailureKind::Reset | FailureKind::Protocol), ..) => Some("the connection was cut".to_owned()),
        (Some(_), ..) => Some("the client gave up".to_owned()),
        (None, Some(504), Some(Tier::Gateway)) => Some("the gateway gave up".to_owned()),
        (None, Some(status @ 500..), Some(Tier::Gateway)) => Some(format!("the gateway answered {status}")),
        (None, Some(status @ 500..), Some(Tier::Service)) => Some(format!("the service answered {status}")),
        (None, Some(status @ 500..), _) => Some(format!("{status} was answered")),
        _ => None,
    }
}

/// In seconds, as timeouts are named.
fn seconds(span: Duration) -> String {
    if span < Duration::from_secs(10) { format_duration(span) } else { format!("{:.0} s", span.as_secs_f64()) }
}

/// The attempts at a row that was written too often, in the order in which they
/// were sent.
fn attempts<'c>(calls: &'c [CallRecord], effects: &Effects<'_>, excess: &Excess<'_>) -> Vec<&'c CallRecord> {
    let Some(id) = excess.effects.first().and_then(|effect| effects.id(effect)) else { return Vec::new() };
    let under_it = |call: &&CallRecord| call.correlation.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id));
    let asks = |call: &&CallRecord| {
        excess.key.is_empty() || call.items.iter().any(|item| item.id.eq_ignore_ascii_case(excess.key))
    };
    let mut attempts: Vec<&CallRecord> = calls.iter().filter(|call| !call.poll).filter(under_it).collect();
    // Where items name rows, those at this one.
    if attempts.iter().any(asks) {
        attempts.retain(asks);
    }
    attempts.sort_by_key(|call| call.sent_at);
    attempts
}

/// An attempt as the first tier knows it.
fn link(call: &CallRecord) -> ChainLink {
    let result = match (call.status, call.failure) {
        (Some(status), _) => status.to_string(),
        (None, Some(failure)) => failure.word().to_owned(),
        (None, None) => "no answer".to_owned(),
    };
    ChainLink {
        tier: "flow",
        at: Some(call.sent_at),
        until: Some(call.done_at),
        what: format!("run {} of {}, attempt {} at {}: {result}", call.run, call.flow, call.attempt, call.operation),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::check::synthetic::{effect, phase, phase_findings, record, with_behaviour};
    use crate::wire::{FailureKind, Tier};

    #[test]
    fn a_write_in_doubt_may_be_repeated_over_somebody_elses() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        let found = |fault: Option<&str>, held: &str| {
            let mut effects = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-1", Some("id-1"), at(9))];
            effects[0].fault = fault.map(str::to_owned);
            effects[1].columns[0].before = held.into();
            effects[1].columns[1].before = "id-1".into();
            phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), record(1, 5)], effects)).len()
        };
        assert_eq!(found(Some("answer_lost"), "somebody else's"), 0);
        assert_eq!(found(Some("answer_lost"), "x"), 1, "the row still held what the first write left");
        assert_eq!(found(None, "somebody else's"), 1, "nothing was in doubt");
    }

    #[test]
    fn what_one_part_of_a_batch_loses_is_lost_for_all_of_them() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        let found = |request: u64| {
            let mut effects = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-1", Some("id-1"), at(9))];
            effects[1].columns[0].before = "somebody else's".into();
            let mut other = effect(3, "key-3", Some("id-1"), at(3));
            (other.fault, other.request) = (Some("answer_lost".to_owned()), request);
            effects.push(other);
            phase_findings(&super::CHECK, &contract, &phase(vec![record(1, 0), record(1, 5)], effects)).len()
        };
        assert_eq!((found(1), found(3)), (0, 1));
    }

    #[test]
    fn a_write_after_the_client_gave_up_is_told_in_one_line() {
        let contract = with_behaviour();
        let at = Duration::from_secs;
        let attempt = |sent: u64, done: u64| {
            let mut call = record(1, sent * 1_000);
            call.done_at = call.sent_at.plus(at(done - sent));
            call
        };
        let found = |gave_up: bool, second: u64| {
            let mut first = attempt(0, 120);
            (first.status, first.failure) =
                if gave_up { (None, Some(FailureKind::Timeout)) } else { (Some(200), None) };
            let effects = [(1, 131), (2, second)].map(|(n, s)| effect(n, "key-1", Some("id-1"), at(s)));
            let run = phase(vec![first, attempt(127, 134)], effects.to_vec());
            phase_findings(&super::CHECK, &contract, &run).remove(0)
        };
        let told = "attempt 1 committed at 131 s, after the client gave up at 120 s: 2 rows, 1 promised";
        let late = found(true, 133);
        assert_eq!(late.evidence.lines[0], told);
        assert!(late.title.ends_with(told), "{}", late.title);
        for (status, tier, failure, who) in [
            (Some(504), Some(Tier::Gateway), None, "after the gateway gave up at 120 s"),
            (Some(500), Some(Tier::Gateway), None, "after the gateway answered 500 at 120 s"),
            (Some(503), Some(Tier::Service), None, "after the service answered 503 at 120 s"),
            (None, None, Some(FailureKind::Reset), "after the connection was cut at 120 s"),
        ] {
            let mut first = attempt(0, 120);
            (first.status, first.tier, first.failure) = (status, tier, failure);
            let effects = [(1, 131), (2, 133)].map(|(n, s)| effect(n, "key-1", Some("id-1"), at(s)));
            let run = phase(vec![first, attempt(127, 134)], effects.to_vec());
            let told = phase_findings(&super::CHECK, &contract, &run).remove(0).title;
            assert!(told.contains(who), "{told}");
        }
        let other = found(false, 133);
        assert!(other.evidence.lines.iter().chain([&other.title]).all(|line| !line.contains("gave up")));
    }

    #[test]
    fn a_row_written_twice_under_one_id_is_found() {
        let contract = with_behaviour();
        let at = Duration::from_millis;
        // Run 1 was delivered twice, run 2 has an ID of its own.
        let calls = vec![record(1, 0), record(1, 5), record(2, 9)];
        let once = vec![effect(1, "key-1", Some("id-1"), at(3)), effect(2, "key-2", Some("id-2"), at(12))];
        assert!(phase_findings(&super::CHECK, &contract, &phase(calls.clone(), once.clone())).is_empty());
        let mut twice = once;
        twice.push(effect(3, "key-1", Some("id-1"), at(8)));
        assert_eq!(phase_findings(&super::CHECK, &contract, &phase(calls.clone(), twice.clone())).len(), 1);
        let mut steps = calls;
        steps[1].step = Some("second".into());
        assert!(phase_findings(&super::CHECK, &contract, &phase(steps, twice)).is_empty(), "another step");
    }
}

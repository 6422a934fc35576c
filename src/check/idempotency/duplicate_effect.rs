//! `idempotency/duplicate-effect`.

use super::ask::{excesses, of_case};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Step};
use crate::observe::CallRun;
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/duplicate-effect",
    family: Family::Idempotency,
    title: "the same call twice is written once",
    explanation: "Counts what was committed under each correlation ID, row by row, against what was asked for: calls \
        that differ in nothing that the contract's scope, step or item tells apart are one, and promise one effect. \
        Answers don't matter here: two equal answers may hide two writes. Writing the same values again is a second \
        effect; it fires plug-ins, flows and audit records a second time.\n\nUsual causes: looking up and marking in \
        two steps (both duplicates pass the lookup), storing the result only after the work is done, and sending a \
        write again after its answer was lost without asking what became of the first.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    if subject.run.case.key.kind.is_sequence() {
        // `idempotency/sequence-effects` knows what happened in between.
        return false;
    }
    let Some(behaviour) = subject.behaviour() else { return false };
    let (Some(idempotency), Some(declared)) = (&behaviour.idempotency, &behaviour.effects) else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let asks = of_case(subject, idempotency);
    let excesses = excesses(&effects, &asks, idempotency, declared.once);
    if let Some(excess) = excesses.first() {
        let (what, circumstance) = circumstance(subject);
        let mut finding = subject.finding(
            &CHECK,
            shown(subject),
            Claim {
                what: what.to_owned(),
                title: format!("{circumstance} wrote one row {} times", excess.effects.len()),
                expected: format!("{} effect on each row for each call that is not a duplicate", excess.promised),
                actual: excess.in_words(),
                place: Some(behaviour.place("/effects/once")),
            },
        );
        finding.evidence.lines = story(excess.effects.iter().copied());
        finding.evidence.lines.extend(calls(subject));
        if excesses.len() > 1 {
            finding.evidence.lines.push(format!("{} rows were written too often", excesses.len()));
        }
        found.push(finding);
    }
    effects.iter().next().is_some()
}

/// What was done, as part of the fingerprint and as the subject of a sentence.
fn circumstance(subject: &CaseSubject<'_>) -> (&'static str, &'static str) {
    let steps = &subject.run.case.steps;
    if steps.iter().any(|step| matches!(step, Step::Together(_))) {
        ("together", "identical requests released together")
    } else if steps.iter().any(|step| matches!(step, Step::Inject(_))) {
        ("after a fault", "a call that met a fault, and its repetition,")
    } else if subject.run.calls.len() > 1 {
        ("one after the other", "identical requests, one after the other,")
    } else {
        ("alone", "a single request")
    }
}

/// The second call shows it better than the first.
fn shown<'a>(subject: &CaseSubject<'a>) -> Option<&'a Exchange> {
    let calls: &'a [CallRun] = &subject.run.calls;
    calls.get(1).or_else(|| calls.first()).and_then(CallRun::last)
}

/// The calls as lines of evidence.
fn calls(subject: &CaseSubject<'_>) -> Vec<String> {
    subject
        .calls()
        .flat_map(|(call, run)| {
            run.exchanges.iter().map(move |exchange| {
                format!(
                    "{} `{}` attempt {} by {}: answered {} at {}",
                    exchange.sent_at,
                    call.role,
                    exchange.attempt,
                    run.client,
                    in_words(exchange),
                    exchange.done_at
                )
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, selector, with, with_behaviour};
    use crate::contract::behaviour::OtherContent;
    use crate::generate::{Caller, CaseKind, Expect, Probe};

    const KIND: CaseKind = CaseKind::Probe(Probe::DuplicateConcurrent);

    fn twice() -> Play {
        let first = Play::new(KIND).call(Expect::OneOfSame).items(&[("a", 1)]).answered(answer(200));
        first.call(Expect::OneOfSame).items(&[("A", 1)]).answered(answer(200)).together(2)
    }

    #[test]
    fn a_second_effect_of_the_same_call_is_found() {
        let contract = with_behaviour();
        assert!(twice().wrote("a", Some(ID)).findings(&super::CHECK, &contract).is_empty());
        let found = twice().wrote("a", Some(ID)).wrote("a", Some(ID)).findings(&super::CHECK, &contract);
        assert_eq!(found.len(), 1);
        assert!(found[0].title.starts_with("identical requests released together wrote one row 2 times"));
        assert!(found[0].actual.contains("2 effects under one correlation ID, 1 promised"), "{}", found[0].actual);
    }

    #[test]
    fn attempts_that_were_refused_are_no_effects() {
        let play = twice().wrote("a", Some(ID)).wrote("a", Some(ID)).entry(|e| {
            e.outcome = crate::observe::Outcome::Refused { status: 412, code: "0x80060882".into() };
        });
        assert!(play.findings(&super::CHECK, &with_behaviour()).is_empty());
    }

    #[test]
    fn what_the_contract_tells_apart_is_promised_twice() {
        let contract = with_behaviour();
        let two = |change: fn(Play) -> Play| {
            let play = Play::new(KIND).call(Expect::Success).items(&[("a", 1)]).answered(answer(200));
            let play = change(play.wrote("a", Some(ID)).call(Expect::Success).items(&[("a", 2)]));
            play.answered(answer(200)).wrote("a", Some(ID))
        };
        let step = two(|play| play.but(|call| call.request.headers.set("X-Step-Id", "second")));
        assert!(step.findings(&super::CHECK, &contract).is_empty());
        let principal = two(|play| play.caller(Caller::Own(1)));
        assert!(principal.findings(&super::CHECK, &contract).is_empty());
        let same = two(|play| play);
        assert_eq!(same.clone().findings(&super::CHECK, &contract).len(), 1);
        let executed = with(|b| b.idempotency.as_mut().unwrap().other_content = Some(OtherContent::Executed));
        assert!(same.findings(&super::CHECK, &executed).is_empty());
    }

    #[test]
    fn another_id_is_another_call() {
        let play = Play::new(KIND).call(Expect::Success).items(&[("a", 1)]).answered(answer(200)).wrote("a", Some(ID));
        let play = play.call(Expect::Success).id(Some(OTHER_ID)).items(&[("a", 1)]).answered(answer(200));
        assert!(play.wrote("a", Some(OTHER_ID)).findings(&super::CHECK, &with_behaviour()).is_empty());
    }

    #[test]
    fn a_digest_is_no_key_and_promises_one_effect_a_row() {
        let contract = with(|b| b.idempotency.as_mut().unwrap().item = Some(selector("digest body")));
        let play = Play::new(KIND).call(Expect::Success).items(&[("digest", 1)]).answered(answer(200));
        let play = play.wrote("a", Some(ID)).wrote("b", Some(ID));
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        assert_eq!(play.wrote("b", Some(ID)).findings(&super::CHECK, &contract).len(), 1);
    }
}

//! `idempotency/other-principal`.

use super::execution::{Execution, execution};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::Scope;
use crate::generate::{Expect, Need, Probe};

pub(in crate::check) const CHECK: Check = Check {
    id: "idempotency/other-principal",
    family: Family::Idempotency,
    title: "another application's ID is another ID",
    explanation: "Where `principal` is part of the scope, two applications may use one correlation ID without \
        knowing of each other: the second is executed. A service that looks up the ID alone shows one caller the \
        answer that was made for the other, or refuses it.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects, Need::MintedTokens],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let separate = behaviour.idempotency.as_ref().is_some_and(|i| i.scope.contains(&Scope::Principal));
    if !separate || !subject.is_probe(Probe::OtherPrincipal) {
        return false;
    }
    // One effect per business key, whatever the ID: then no second one is due.
    let keyed = behaviour.effects.as_ref().is_some_and(|effects| effects.business_key.is_some());
    let first = subject.run.calls.first().map(|run| &run.client);
    let mut concerned = false;
    for (call, run) in
        subject.calls().filter(|(call, run)| call.expect == Expect::Success && Some(&run.client) != first)
    {
        let execution = execution(subject, call, run);
        concerned |= execution != Execution::Unknown;
        let (what, title) = match execution {
            Execution::Done | Execution::Unknown => continue,
            Execution::Swallowed if keyed => continue,
            Execution::Refused => ("blocked", "was refused because another application had used its correlation ID"),
            Execution::Swallowed => ("swallowed", "got the answer that was made for another application"),
        };
        found.push(subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: what.to_owned(),
                title: format!("a call {title}"),
                expected: "a success, and effects of its own".to_owned(),
                actual: format!("{} without effects of its own", run.result().map(in_words).unwrap_or_default()),
                place: Some(behaviour.place("/idempotency/scope")),
            },
        ));
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with, with_behaviour};
    use crate::contract::behaviour::{Scope, Selector};
    use crate::generate::{Caller, CaseKind, Expect, Probe};

    fn play(second: Answer) -> Play {
        let play = Play::new(CaseKind::Probe(Probe::OtherPrincipal)).call(Expect::Success).items(&[("a", 1)]);
        let play = play.answered(answer(200)).wrote("a", Some(ID)).call(Expect::Success).items(&[("a", 1)]);
        play.caller(Caller::Own(1)).answered(second)
    }

    #[test]
    fn a_replay_to_another_and_a_refusal_are_found() {
        let contract = with_behaviour();
        assert_eq!(play(answer(200)).findings(&super::CHECK, &contract).len(), 1);
        assert_eq!(play(failure(409, "idempotency_conflict")).findings(&super::CHECK, &contract).len(), 1);
        assert!(play(answer(200)).wrote("a", Some(ID)).findings(&super::CHECK, &contract).is_empty());
        let shared = with(|b| b.idempotency.as_mut().unwrap().scope = vec![Scope::Operation]);
        assert!(play(answer(200)).findings(&super::CHECK, &shared).is_empty());
        let keyed = with(|b| b.effects.as_mut().unwrap().business_key = Selector::parse("body /records/*/id"));
        assert!(play(answer(200)).findings(&super::CHECK, &keyed).is_empty());
        assert_eq!(play(failure(409, "idempotency_conflict")).findings(&super::CHECK, &keyed).len(), 1);
    }
}

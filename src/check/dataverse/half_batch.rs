//! `dataverse/half-batch`.

use super::{asked, failed};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{OnInvalid, Retry};
use crate::generate::Need;
use crate::observe::{LedgerEntry, Operation};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/half-batch",
    family: Family::Dataverse,
    title: "what must be written together stands in a change set",
    explanation: "The requests of a `$batch` stand or fall together only inside of a change set. A service that \
        writes what belongs together as plain requests of a batch, and refuses its call when one of them fails, \
        leaves the others behind.\n\nJudged where a call was refused for good and promises `refuse_all`, and a part of \
        its batch stands.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    if behaviour.effects.as_ref().is_none_or(|effects| effects.on_invalid != OnInvalid::RefuseAll) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let entries = asked(subject, call, run);
        let batched = || entries.iter().copied().filter(|entry| entry.batch.is_some());
        concerned |= batched().next().is_some();
        let Some(told) = failed(behaviour, run).filter(|told| is_final(behaviour, told)) else { continue };
        let undone = |entry: &LedgerEntry| {
            entries.iter().any(|e| {
                e.operation == Operation::Delete && e.committed() && e.key == entry.key && e.sequence > entry.sequence
            })
        };
        let broken = |entry: &LedgerEntry| batched().any(|e| !e.committed() && e.batch == entry.batch);
        let stays: Vec<&LedgerEntry> =
            batched().filter(|entry| entry.committed() && broken(entry) && !undone(entry)).collect();
        let Some(first) = stays.first() else { continue };
        let mut finding = subject.finding(
            &CHECK,
            Some(told),
            Claim {
                what: "half".to_owned(),
                title: "half of a batch stays though the call was refused".to_owned(),
                expected: "all of it or nothing: a change set".to_owned(),
                actual: format!("{}, and {} writes of the batch stand", in_words(told), stays.len()),
                place: Some(behaviour.place("/effects/on_invalid")),
            },
        );
        finding.evidence.lines = story(batched().filter(|entry| entry.batch == first.batch));
        found.push(finding);
        break;
    }
    concerned
}

/// Whether a failure says that the same call won't do better: what was done
/// is then not taken up again.
fn is_final(behaviour: &crate::contract::behaviour::Behaviour, told: &crate::wire::Exchange) -> bool {
    let Some(response) = told.response() else { return false };
    match crate::check::answer::declared(behaviour, response) {
        Some(declared) => declared.retry == Retry::Never,
        None => response.status < 500,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::Outcome;

    fn found(first: bool, told: Answer) -> usize {
        let refuse = |e: &mut crate::observe::LedgerEntry| {
            e.outcome = Outcome::Refused { status: 400, code: "0x80044331".into() };
        };
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(told).wrote("a", Some(ID));
        let play = play.entry(|e| {
            e.batch = Some("batch_1".into());
            e.headers.insert("x-correlation-id".into(), ID.into());
            if !first {
                refuse(e);
            }
        });
        let play = play.wrote("b", Some(ID)).entry(|e| {
            e.batch = Some("batch_1".into());
            e.headers.insert("x-correlation-id".into(), ID.into());
            refuse(e);
        });
        play.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn what_stays_of_a_refused_call_is_found() {
        assert_eq!(found(true, failure(400, "validation_error")), 1);
        assert_eq!(found(false, failure(400, "validation_error")), 0, "all or nothing");
        assert_eq!(found(true, failure(503, "downstream_unavailable")), 0, "the same call takes it up again");
    }
}

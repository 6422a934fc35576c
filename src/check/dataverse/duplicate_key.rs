//! `dataverse/duplicate-key`.

use super::{asked, failed, is_known_already, overlaps};
use crate::check::answer::in_words;
use crate::check::claim::Claim;
use crate::check::effect::{names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::LedgerEntry;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/duplicate-key",
    family: Family::Dataverse,
    title: "a service recognises its own earlier write",
    explanation: "Dataverse commits a write and the answer is lost. The repeat is told that the row is there already, \
        or has another version by now (409, 412, `0x80040237`, `0x80060892`, `0x80060882`): that is the sign that the \
        first one worked. A service that passes it on as a failure tells a flow that work is missing which was \
        done.\n\nJudged where every refusal that the call met was of that kind, and the row was written under the \
        call's own correlation ID.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    if overlaps(&subject.run.case) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let Some(id) = call.correlation.as_deref() else { continue };
        let entries = asked(subject, call, run);
        let refused: Vec<&LedgerEntry> = entries.iter().copied().filter(|entry| !entry.committed()).collect();
        let own = |refused: &LedgerEntry| {
            let before = subject.run.ledger.iter().filter(|e| e.committed() && e.sequence < refused.sequence);
            let mut before = before.filter(|e| e.table == refused.table && !e.is_somebody_elses() && names(e, id));
            // By another key than the primary one the row is not named.
            before.any(|e| uuid::Uuid::parse_str(&refused.key).is_err() || e.key == refused.key)
        };
        if refused.is_empty() || !refused.iter().all(|entry| is_known_already(entry) && own(entry)) {
            continue;
        }
        concerned = true;
        let Some(answer) = failed(behaviour, run) else { continue };
        let mut finding = subject.finding(
            &CHECK,
            Some(answer),
            Claim {
                what: "own write".to_owned(),
                title: "the repeat of a write that had worked was answered as a failure".to_owned(),
                expected: "a success: the row holds what this call wrote".to_owned(),
                actual: in_words(answer),
                place: Some(behaviour.place("/idempotency")),
            },
        );
        finding.evidence.lines = story(entries);
        found.push(finding);
        break;
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::{LedgerEntry, Outcome};

    fn refused(status: u16) -> impl FnOnce(&mut LedgerEntry) {
        move |entry| {
            let code = if status == 412 { "0x80060882" } else { "0x80072322" };
            entry.outcome = Outcome::Refused { status, code: code.into() };
            entry.headers.insert("x-correlation-id".into(), ID.into());
            entry.columns.clear();
        }
    }

    fn found(first: Option<&str>, status: u16, told: Answer) -> usize {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(told);
        let play = play.wrote("a", first).wrote("a", None).entry(refused(status));
        play.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn a_failure_after_the_own_write_is_found() {
        assert_eq!(found(Some(ID), 412, failure(500, "internal")), 1);
    }

    #[test]
    fn a_success_and_other_refusals_are_not() {
        assert_eq!(found(Some(ID), 412, answer(200)), 0);
        assert_eq!(found(Some(ID), 429, failure(503, "downstream_unavailable")), 0);
        assert_eq!(found(None, 412, failure(409, "idempotency_conflict")), 0, "somebody else's row");
    }
}

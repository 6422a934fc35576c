//! `dataverse/partial-batch`.

use serde_json::Value;

use super::{asked, failed, overlaps};
use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::effect::{names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::{LedgerEntry, Outcome};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/partial-batch",
    family: Family::Dataverse,
    title: "a batch of which a part was refused is no success",
    explanation: "A `$batch` is answered 200, also where some of its requests were refused: what became of each \
        stands in its own part. A service that looks at the outer status tells its caller that all was \
        done.\n\nJudged where a part was refused and never written afterwards, and the call was answered as a success.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    // Whose an attempt is can't be told then.
    if overlaps(&subject.run.case) {
        return false;
    }
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let entries = asked(subject, call, run);
        let batched: Vec<&LedgerEntry> = entries.iter().copied().filter(|entry| entry.batch.is_some()).collect();
        // An earlier attempt counts as well: its answer may have been lost.
        let written = |entry: &LedgerEntry| {
            let id = call.correlation.as_deref().unwrap_or_default();
            let mut others = subject.run.ledger.iter().filter(|e| e.committed() && names(e, id));
            others.any(|e| e.table == entry.table && e.request != entry.request && is_its_row(entry, e))
        };
        let lost = |entry: &LedgerEntry| !entry.committed() && !is_there(entry) && !written(entry);
        let left: Vec<&LedgerEntry> = batched.iter().copied().filter(|e| lost(e)).collect();
        concerned |= !batched.is_empty();
        let told = run.result().filter(|result| succeeded(result) && failed(behaviour, run).is_none());
        let (Some(first), Some(told)) = (left.first(), told) else { continue };
        let mut finding = subject.finding(
            &CHECK,
            Some(told),
            Claim {
                what: "part".to_owned(),
                title: "a batch of which a part was refused was told as a success".to_owned(),
                expected: "a failure, or that part written after all".to_owned(),
                actual: format!("{}, and {} of {} parts refused", in_words(told), left.len(), batched.len()),
                place: Some(behaviour.place("/effects")),
            },
        );
        finding.evidence.lines = story(batched.iter().copied().filter(|entry| entry.batch == first.batch));
        found.push(finding);
        break;
    }
    concerned
}

/// Whether a later write is to the row that a refused one was about. What was
/// refused is told by the key of its address, which may be an alternate one:
/// `new_number='INV-1'`.
fn is_its_row(refused: &LedgerEntry, later: &LedgerEntry) -> bool {
    let holds = |pair: &str| {
        let Some((name, value)) = pair.split_once('=') else { return false };
        let value = value.trim_matches('\'');
        let text = |held: &Value| held.as_str().map_or_else(|| held.to_string(), str::to_owned);
        later.column(name.trim()).is_some_and(|held| text(held) == value)
    };
    refused.key.is_empty() || refused.key.eq_ignore_ascii_case(&later.key) || refused.key.split(',').all(holds)
}

/// Whether a row was not made because it exists: what a caller hears of that is
/// the contract's affair. A row that has another version by now is another
/// matter.
fn is_there(entry: &LedgerEntry) -> bool {
    match &entry.outcome {
        Outcome::Refused { status, code } => matches!(status, 409 | 412) && !code.eq_ignore_ascii_case("0x80060882"),
        Outcome::Committed => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Answer, ID, Play, answer, failure, with_behaviour};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::{ColumnChange, Outcome};

    fn found(refused: Option<(u16, &str)>, told: Answer) -> usize {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(told).wrote("a", Some(ID));
        let play = play.entry(|e| e.batch = Some("batch_1".into())).wrote("b", Some(ID)).entry(|e| {
            e.batch = Some("batch_1".into());
            e.headers.insert("x-correlation-id".into(), ID.into());
            if let Some((status, code)) = refused {
                e.outcome = Outcome::Refused { status, code: code.into() };
            }
        });
        play.findings(&super::CHECK, &with_behaviour()).len()
    }

    #[test]
    fn a_part_that_was_written_after_all_is_known_by_its_alternate_key() {
        let found = |written: &str| {
            let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200));
            let play = play.wrote("name='x'", Some(ID)).entry(|e| {
                e.batch = Some("batch_1".into());
                e.headers.insert("x-correlation-id".into(), ID.into());
                e.outcome = Outcome::Refused { status: 429, code: "0x80072322".into() };
                e.columns.clear();
            });
            let play = play.wrote("a", Some(ID)).entry(|e| {
                e.headers.insert("x-correlation-id".into(), ID.into());
                e.request += 1;
                let change = |name: &str, after: &str| ColumnChange {
                    name: name.into(),
                    before: serde_json::Value::Null,
                    after: after.into(),
                };
                e.columns = vec![change("name", written)];
            });
            play.findings(&super::CHECK, &with_behaviour()).len()
        };
        assert_eq!((found("x"), found("y")), (0, 1));
    }

    #[test]
    fn a_refused_part_behind_a_success_is_found() {
        let invalid = Some((400, "0x80044331"));
        assert_eq!(found(invalid, answer(200)), 1);
        assert_eq!(found(invalid, failure(500, "internal")), 0);
        assert_eq!(found(None, answer(200)), 0);
        assert_eq!(found(Some((412, "0x80060882")), answer(200)), 1, "another version");
        assert_eq!(found(Some((412, "0x80040237")), answer(200)), 0, "it exists");
    }
}

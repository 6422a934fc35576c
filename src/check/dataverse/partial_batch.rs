//! `dataverse/partial-batch`.

use serde_json::Value;

use super::told::Told;
use super::{asked, failed, overlaps};
use crate::check::answer::{in_words, succeeded};
use crate::check::claim::Claim;
use crate::check::effect::{self, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Call, Need};
use crate::observe::{LedgerEntry, Outcome};
use crate::wire::Exchange;

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/partial-batch",
    family: Family::Dataverse,
    title: "a batch of which a part was refused is no success",
    explanation: "A `$batch` is answered 200, also where some of its requests were refused: what became of each \
        stands in its own part. A service that looks at the outer status tells its caller that all was \
        done.\n\nJudged where a part was refused and never written afterwards, and the call was answered as a success \
        that does not say so: an answer that names the item as failed, or counts it among those that were not done, \
        has hidden nothing.",
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
            let mut others = subject.run.ledger.iter().filter(|e| e.committed() && effect::names(e, id));
            others.any(|e| e.table == entry.table && e.request != entry.request && is_its_row(entry, e))
        };
        let lost = |entry: &LedgerEntry| !entry.committed() && !is_there(entry) && !written(entry);
        let left: Vec<&LedgerEntry> = batched.iter().copied().filter(|e| lost(e)).collect();
        concerned |= !batched.is_empty();
        let told = run.result().filter(|result| succeeded(result) && failed(behaviour, run).is_none());
        let told = told.filter(|told| !names(told, call, &left, subject.run.case.labels.len()));
        let (Some(first), Some(told)) = (left.first(), told) else { continue };
        let mut finding = subject.finding(
            &CHECK,
            Some(told),
            Claim {
                what: "part".to_owned(),
                title: "a batch of which a part was refused was told as a success".to_owned(),
                expected: "a failure, an answer that names that part, or that part written after all".to_owned(),
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

/// Whether an answer names what was not done, `invalid` items of the call
/// beside it.
fn names(told: &Exchange, call: &Call, refused: &[&LedgerEntry], invalid: usize) -> bool {
    let asked = call.request.body.bytes().map(AsRef::as_ref);
    told.response().and_then(|response| Told::read(response, asked)).is_some_and(|told| told.names(refused, invalid))
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
    use serde_json::json;

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

    /// A success of which the part `b` was refused; the request set a status.
    fn told(answered: &serde_json::Value) -> usize {
        found(Some((404, "0x80040217")), answer(200).json(answered))
    }

    #[test]
    fn an_answer_that_names_what_was_not_done_has_hidden_nothing() {
        let record = |id: &str, outcome: &str| json!({ "id": id, "outcome": outcome });
        let records = |b: &str| json!({ "status": "completed", "records": [record("a", "updated"), record("B", b)] });
        for outcome in ["invalid", "failed", "not_found", "writeFailed", "conflict"] {
            assert_eq!(told(&records(outcome)), 0, "{outcome}");
        }
        assert_eq!(told(&records("updated")), 1);
        let another = json!({ "failed": 1, "records": [record("a", "failed"), record("b", "updated")] });
        assert_eq!(told(&another), 1, "another one is named");
        let errors = json!({ "records": [record("a", "ok"), { "id": "b", "errors": [{ "detail": "no such row" }] }] });
        assert_eq!(told(&errors), 0);
        assert_eq!(told(&json!({ "records": [{ "id": "a" }, { "id": "b", "errors": [] }] })), 1);
        assert_eq!(told(&json!([{ "id": "a", "status": 204 }, { "id": "b", "status": 404 }])), 0);
        assert_eq!(told(&json!([{ "id": "a", "success": true }, { "id": "b", "success": false }])), 0);
    }

    #[test]
    fn an_answer_that_counts_what_was_not_done_has_hidden_nothing() {
        assert_eq!(told(&json!({ "accepted": 1, "rejected": [{ "line": 3, "reason": "malformed" }] })), 0);
        assert_eq!(told(&json!({ "accepted": 1, "rejected": [] })), 1);
        assert_eq!(told(&json!({ "updated": 1, "failed": 1 })), 0);
        assert_eq!(told(&json!({ "updated": 2, "failed": 0 })), 1);
        let rows = |second: &str| json!({ "rows": [{ "line": 2, "outcome": "accepted" }, { "outcome": second }] });
        assert_eq!((told(&rows("rejected")), told(&rows("accepted"))), (0, 1));
        assert_eq!((told(&json!({ "status": "partially_failed" })), told(&json!({ "status": "completed" }))), (0, 1));
    }

    #[test]
    fn what_was_not_valid_is_no_part_that_was_named() {
        let entry = |e: &mut crate::observe::LedgerEntry| {
            e.batch = Some("batch_1".into());
            e.headers.insert("x-correlation-id".into(), ID.into());
            e.outcome = Outcome::Refused { status: 404, code: "0x80040217".into() };
        };
        let found = |failed: u64| {
            let play = Play::new(CaseKind::Conforming).label("body /1/amount", "minimum").call(Expect::Success);
            let play = play.answered(answer(200).json(&json!({ "failed": failed }))).wrote("b", Some(ID)).entry(entry);
            play.findings(&super::CHECK, &with_behaviour()).len()
        };
        assert_eq!((found(1), found(2)), (1, 0));
    }

    #[test]
    fn what_the_caller_sent_tells_nothing() {
        let echoed = json!({ "records": [{ "id": "a" }, { "id": "b", "name": "Unknown" }] });
        let play =
            Play::new(CaseKind::Conforming).call(Expect::Success).body(&echoed).answered(answer(200).json(&echoed));
        let play = play.wrote("b", Some(ID)).entry(|e| {
            e.batch = Some("batch_1".into());
            e.headers.insert("x-correlation-id".into(), ID.into());
            e.outcome = Outcome::Refused { status: 404, code: "0x80040217".into() };
        });
        assert_eq!(play.findings(&super::CHECK, &with_behaviour()).len(), 1);
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

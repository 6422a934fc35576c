//! `dataverse/lost-update`.

use serde_json::Value;

use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::observe::{ColumnChange, LedgerEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/lost-update",
    family: Family::Dataverse,
    title: "what somebody else wrote in between is not taken back",
    explanation: "Between the service's read of a row and its write somebody else sets a column. A service that \
        writes back what it has read, without the row's version in `If-Match`, sets the column to its old value, and \
        nobody notices.\n\nShown by the ledger: a write that found the other's value and left the one before it. What \
        the call itself asks to be written is its good right.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let committed = || subject.run.ledger.iter().filter(|entry| entry.committed());
    let others: Vec<&LedgerEntry> = committed().filter(|entry| entry.is_somebody_elses()).collect();
    for other in &others {
        let later = committed().filter(|entry| entry.sequence > other.sequence && !entry.is_somebody_elses());
        let mut later = later.filter(|entry| entry.table == other.table && entry.key == other.key);
        let back = |entry| Some((entry, taken_back(other, entry).filter(|change| !asked_for(subject, &change.after))?));
        let Some((entry, column)) = later.find_map(back) else { continue };
        let shown = subject.run.calls.first().and_then(crate::observe::CallRun::last);
        let mut finding = subject.finding(
            &CHECK,
            shown,
            Claim {
                what: column.name.clone(),
                title: format!("what somebody else wrote into {} was taken back", column.name),
                expected: format!("{} of the row as the other left it: {}", column.name, column.before),
                actual: format!("it was set to {}, which is what was read before", column.after),
                place: subject.behaviour().map(|b| b.place("/effects")),
            },
        );
        finding.evidence.lines = story([*other, entry]);
        found.push(finding);
        break;
    }
    !others.is_empty()
}

/// The column that a write sets back to what it was before the other's write.
fn taken_back<'e>(other: &LedgerEntry, entry: &'e LedgerEntry) -> Option<&'e ColumnChange> {
    entry.columns.iter().find(|change| {
        other
            .columns
            .iter()
            .any(|theirs| theirs.name == change.name && theirs.after == change.before && theirs.before == change.after)
    })
}

/// Whether a call asks for this value: then it would have been written in any
/// case, and is what was there before by chance, or since an earlier run asked
/// for the same.
fn asked_for(subject: &CaseSubject<'_>, value: &Value) -> bool {
    let mut bodies = subject.calls().filter_map(|(call, _)| call.request.body.bytes());
    bodies.any(|body| match (serde_json::from_slice(body), value.as_str()) {
        (Ok(body), _) => holds(&body, value),
        (Err(_), Some(text)) => String::from_utf8_lossy(body).contains(text),
        (Err(_), None) => String::from_utf8_lossy(body).contains(&value.to_string()),
    })
}

fn holds(body: &Value, value: &Value) -> bool {
    match body {
        Value::Array(items) => items.iter().any(|item| holds(item, value)),
        Value::Object(members) => members.values().any(|member| holds(member, value)),
        scalar => scalar == value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::check::synthetic::{ID, Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::{ColumnChange, SOMEBODY_ELSE};

    fn change(before: Value, after: Value) -> ColumnChange {
        ColumnChange { name: "new_externalref".into(), before, after }
    }

    fn found(after: Value) -> usize {
        found_where(&json!({ "externalRef": "other" }), after)
    }

    fn found_where(payload: &Value, after: Value) -> usize {
        Play::new(CaseKind::Conforming)
            .call(Expect::Success)
            .items(&[("a", 1)])
            .body(payload)
            .answered(answer(200))
            .wrote("a", None)
            .entry(|e| {
                e.fault = Some(SOMEBODY_ELSE.into());
                e.columns = vec![change(Value::Null, json!("theirs"))];
            })
            .wrote("a", Some(ID))
            .entry(|e| e.columns.push(change(json!("theirs"), after)))
            .findings(&super::CHECK, &with_behaviour())
            .len()
    }

    #[test]
    fn what_goes_back_to_what_was_read_is_found() {
        assert_eq!(found(Value::Null), 1);
    }

    #[test]
    fn what_an_earlier_run_had_asked_for_as_well_is_no_loss() {
        assert_eq!(found_where(&json!({ "records": [{ "externalRef": null }] }), Value::Null), 0);
    }

    #[test]
    fn what_the_call_wants_may_be_written() {
        assert_eq!(found(json!("ours")), 0);
    }
}

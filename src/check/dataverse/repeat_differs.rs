//! `dataverse/repeat-differs`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::claim::Claim;
use crate::check::effect::{Effects, is_key_of, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Call, Need};
use crate::observe::{CallRun, LedgerEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/repeat-differs",
    family: Family::Dataverse,
    title: "the same content leaves the same row, however often it is written",
    explanation: "A write that is repeated, after a lost answer or by another step, leaves what the first one left. \
        One that adds to what it finds, or that takes another way the second time, does not: the row then depends on \
        how often somebody had to try.\n\nJudged where items are rows: of an item that is sent with one content only, \
        every write leaves the same values in the declared columns, but for the ID and the step of the call.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(declared) = behaviour.effects.as_ref() else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let marks = marks(subject);
    let mut concerned = false;
    for item in steady(subject) {
        let writes: Vec<&LedgerEntry> = effects.iter().filter(|entry| is_key_of(entry, &item)).collect();
        concerned |= writes.len() > 1;
        let carrier = declared.correlated_by.column();
        let judged = declared.columns.iter().filter(|name| Some(name.as_str()) != carrier);
        for column in judged {
            let left = writes.iter().filter_map(|entry| Some((*entry, entry.column(column)?)));
            let left: Vec<(&LedgerEntry, &Value)> = left.filter(|(_, value)| !is_mark(value, &marks)).collect();
            let Some((first, other)) = left
                .split_first()
                .and_then(|(first, rest)| Some((first, rest.iter().find(|(_, value)| !same(value, first.1))?)))
            else {
                continue;
            };
            let mut finding = subject.finding(
                &CHECK,
                subject.run.calls.last().and_then(CallRun::last),
                Claim {
                    what: column.clone(),
                    title: format!("the same content, written again, left another {column}"),
                    expected: format!("{} as the first time", first.1),
                    actual: format!("{}", other.1),
                    place: Some(behaviour.place("/effects")),
                },
            );
            finding.evidence.lines = story([first.0, other.0]);
            found.push(finding);
            return true;
        }
    }
    concerned
}

/// The items that a case sends with one content only.
fn steady(subject: &CaseSubject<'_>) -> Vec<crate::generate::Item> {
    let mut items: BTreeMap<&str, Option<&crate::generate::Item>> = BTreeMap::new();
    for item in subject.calls().flat_map(|(call, _)| &call.items) {
        let known = items.entry(&item.id).or_insert(Some(item));
        if known.is_some_and(|known| known.content != item.content) {
            *known = None;
        }
    }
    items.into_values().flatten().cloned().collect()
}

/// What the calls' header fields say: IDs and steps.
fn marks(subject: &CaseSubject<'_>) -> Vec<String> {
    let of_call = |call: &Call| call.request.headers.iter().map(|(_, value)| value.to_owned()).collect::<Vec<_>>();
    subject.calls().flat_map(|(call, _)| of_call(call)).collect()
}

fn is_mark(value: &Value, marks: &[String]) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| marks.iter().any(|mark| mark.eq_ignore_ascii_case(text)))
}

fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    fn twice(contents: [u64; 2]) -> Play {
        contents.into_iter().fold(Play::new(CaseKind::Conforming), |play, content| {
            play.call(Expect::Success).items(&[("a", content)]).answered(answer(200)).wrote("a", Some(ID))
        })
    }

    #[test]
    fn another_value_of_the_same_content_is_found() {
        let contract = with_behaviour();
        let other = |play: Play| play.entry(|e| e.columns[0].after = "y".into()).findings(&super::CHECK, &contract);
        assert_eq!(other(twice([1, 1])).len(), 1);
        assert!(other(twice([1, 2])).is_empty(), "other content");
        assert!(twice([1, 1]).findings(&super::CHECK, &contract).is_empty());
    }
}

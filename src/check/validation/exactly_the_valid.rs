//! `validation/exactly-the-valid`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::check::answer::succeeded;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, Selector};
use crate::generate::{Call, Expect, Label, Need, Probe, WORKBOOK, cells_of_workbook};

pub(in crate::check) const CHECK: Check = Check {
    id: "validation/exactly-the-valid",
    family: Family::Validation,
    title: "exactly the valid items are written, once each",
    explanation: "Each valid item has its effect, once, also one at an edge of its schema; under `skip_invalid` no \
        invalid one has any. Where items are rows of the table, each is looked up; where they are not (a file's \
        digest), the rows written are counted.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let edges = subject.is_probe(Probe::ItemsAtEdges);
    if !edges && (!subject.is_probe(Probe::PartlyInvalid) || subject.run.case.labels.is_empty()) {
        return false;
    }
    let among = if edges { "of items at the edges of their schema" } else { "beside an invalid item" };
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| call.expect == Expect::Success) {
        let Some(last) = run.result().filter(|e| succeeded(e) && e.status() != Some(202)) else { continue };
        let (Some(id), Some(elements)) = (&call.correlation, elements(behaviour, call, &subject.run.case.labels))
        else {
            continue;
        };
        // Rows that somebody wrote without naming an ID can't be counted.
        let nameless = effects.iter().any(|entry| {
            effects.id(entry).is_none_or(str::is_empty)
                && matches!(&elements, Elements::Keyed(k) if k.contains_key(&entry.key))
        });
        if nameless || (matches!(elements, Elements::Counted(_)) && effects.under(id).next().is_none()) {
            continue;
        }
        concerned = true;
        let mut written: BTreeMap<String, usize> = BTreeMap::new();
        for entry in effects.under(id) {
            *written.entry(entry.key.to_ascii_lowercase()).or_default() += 1;
        }
        if let Some((what, actual)) = fault(&elements, &written) {
            let mut finding = subject.finding(
                &CHECK,
                Some(last),
                Claim {
                    what: what.to_owned(),
                    title: format!("{among}, {what}"),
                    expected: format!("effects of the {} valid items, once each, and of no other", elements.valid()),
                    actual,
                    place: Some(behaviour.place("/effects/on_invalid")),
                },
            );
            finding.evidence.lines = story(effects.under(id));
            found.push(finding);
        }
    }
    concerned
}

/// The elements of a request.
enum Elements {
    /// By the key of the row that each names: whether it is valid.
    Keyed(BTreeMap<String, bool>),
    /// Only how many are valid.
    Counted(usize),
}

impl Elements {
    fn valid(&self) -> usize {
        match self {
            Self::Keyed(items) => items.values().filter(|valid| **valid).count(),
            Self::Counted(valid) => *valid,
        }
    }
}

/// How many rows a table has below its header.
fn rows(call: &Call, body: &[u8]) -> Option<usize> {
    let media = call.request.headers.get("content-type").unwrap_or_default();
    if media.eq_ignore_ascii_case(WORKBOOK) {
        return Some(cells_of_workbook(body)?.len());
    }
    Some(csv::ReaderBuilder::new().flexible(true).from_reader(body).into_records().count())
}

/// `None` where it can't be told which elements are invalid.
fn elements(behaviour: &Behaviour, call: &Call, labels: &[Label]) -> Option<Elements> {
    let body = call.request.body.bytes()?;
    let Selector::Body(path) = behaviour.idempotency.as_ref()?.item.as_ref()? else {
        let rows = rows(call, body)?;
        return Some(Elements::Counted(rows.checked_sub(invalid(labels, &[])?.len())?));
    };
    let star = path.iter().position(|token| token == "*")?;
    let invalid = invalid(labels, &path[..star])?;
    let document: Value = serde_json::from_slice(body).ok()?;
    let mut items = BTreeMap::new();
    for (number, element) in document.pointer(&pointer(&path[..star]))?.as_array()?.iter().enumerate() {
        let valid = !invalid.contains(&number);
        match element.pointer(&pointer(&path[star + 1..])).and_then(Value::as_str) {
            Some(id) if items.insert(id.to_ascii_lowercase(), valid).is_none() => {}
            // An invalid one may have no identity at all.
            None if !valid => {}
            _ => return None,
        }
    }
    Some(Elements::Keyed(items))
}

fn pointer(tokens: &[String]) -> String {
    tokens.iter().fold(String::new(), |pointer, token| pointer + "/" + token)
}

/// The numbers of the elements that a label names; `None` where a label names
/// no single one.
fn invalid(labels: &[Label], list: &[String]) -> Option<BTreeSet<usize>> {
    labels
        .iter()
        .map(|label| {
            let mut tokens = label.at.strip_prefix("body /")?.split('/');
            list.iter().all(|wanted| tokens.next() == Some(wanted)).then_some(())?;
            tokens.next()?.parse().ok()
        })
        .collect()
}

/// What is wrong, in stable words and with figures.
fn fault(elements: &Elements, written: &BTreeMap<String, usize>) -> Option<(&'static str, String)> {
    match elements {
        Elements::Keyed(items) => {
            let of = |key: &String| written.get(key).copied().unwrap_or(0);
            let wrong = |key: &String, valid: bool| if valid { of(key) != 1 } else { of(key) != 0 };
            let (key, valid) = items.iter().find(|(key, valid)| wrong(key, **valid))?;
            let what = match (valid, of(key)) {
                (false, _) => "an invalid item was written",
                (true, 0) => "a valid item was not written",
                (true, _) => "a valid item was written more than once",
            };
            Some((what, format!("row {key}: {} effects", of(key))))
        }
        Elements::Counted(valid) => {
            let what = match written.len().cmp(valid) {
                std::cmp::Ordering::Less => "a valid item was not written",
                std::cmp::Ordering::Greater => "an invalid item was written",
                std::cmp::Ordering::Equal => return None,
            };
            Some((what, format!("{} rows written, {valid} valid items were sent", written.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use crate::check::synthetic::{ID, Play, answer, selector, with, with_behaviour};
    use crate::generate::{CaseKind, Expect, Probe};
    use crate::wire::Body;

    fn play() -> Play {
        let body = json!({"records": [{"id": "a"}, {"id": "b"}, {"id": "c", "creditLimit": -1}]});
        let play = Play::new(CaseKind::Probe(Probe::PartlyInvalid)).label("body /records/2/creditLimit", "minimum");
        play.call(Expect::Success).body(&body).answered(answer(200))
    }

    #[test]
    fn the_valid_ones_once_each_are_right() {
        let right = play().wrote("a", Some(ID)).wrote("b", Some(ID));
        assert!(right.findings(&super::CHECK, &with_behaviour()).is_empty());
    }

    #[test]
    fn one_too_few_one_too_many_and_one_twice_are_found() {
        let contract = with_behaviour();
        let title = |play: Play| play.findings(&super::CHECK, &contract).remove(0).title;
        assert!(title(play().wrote("a", Some(ID))).contains("a valid item was not written"));
        let both = || play().wrote("a", Some(ID)).wrote("b", Some(ID));
        assert!(title(both().wrote("c", Some(ID))).contains("an invalid item was written"));
        assert!(title(both().wrote("b", Some(ID))).contains("more than once"));
    }

    #[test]
    fn at_edges_all_are_to_be_written() {
        let body = json!({"records": [{"id": "a"}, {"id": "b"}]});
        let play =
            || Play::new(CaseKind::Probe(Probe::ItemsAtEdges)).call(Expect::Success).body(&body).answered(answer(200));
        let found = |play: Play| play.findings(&super::CHECK, &with_behaviour()).len();
        assert_eq!(found(play().wrote("a", Some(ID)).wrote("b", Some(ID))), 0);
        assert_eq!(found(play().wrote("a", Some(ID))), 1);
    }

    #[test]
    fn rows_of_a_file_are_counted() {
        let contract = with(|b| b.idempotency.as_mut().unwrap().item = Some(selector("digest body")));
        let play = |written: &[&str]| {
            let play = Play::new(CaseKind::Probe(Probe::PartlyInvalid)).label("body /1/amount", "minimum");
            let play = play.call(Expect::Success).but(|call| {
                call.request.body = Body::Bytes(Bytes::from_static(b"n,amount\r\n1,5\r\n2,-5\r\n3,\"6\r\n\"\r\n"));
            });
            let play = play.answered(answer(200));
            written.iter().fold(play, |play, key| play.wrote(key, Some(ID))).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(play(&["x", "y"]), 0);
        assert_eq!(play(&["x"]), 1);
        assert_eq!(play(&["x", "y", "z"]), 1);
    }
}

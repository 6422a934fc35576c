//! `validation/same-in-every-form`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::check::answer::succeeded;
use crate::check::claim::Claim;
use crate::check::effect::{Effects, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, PoolSource};
use crate::generate::{Call, Need, Probe};
use crate::observe::{CallRun, LedgerEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "validation/same-in-every-form",
    family: Family::Validation,
    title: "the same content has the same effects in every media type",
    explanation: "Where an operation takes several media types, what is written does not depend on which one was \
        sent: a date that is text in CSV is a number of days in a workbook, and a day is soon lost between \
        them.\n\nThe same content is sent twice, in two media types, with other fresh identities and under another \
        ID. Both were accepted: then the rows that were written hold the same in the columns of `effects.columns`, \
        identities and the ID aside.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

/// What a row holds, by column; numbers that are equal look alike.
type Row = BTreeMap<String, String>;

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour().filter(|_| subject.is_probe(Probe::OtherForm)) else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let written: Vec<Written<'_>> =
        subject.calls().filter_map(|(call, run)| written(behaviour, &effects, call, run)).collect();
    let [first, second] = written.as_slice() else { return false };
    let Some((one, other)) = difference(&first.rows, &second.rows) else { return true };
    let form = |written: &Written<'_>| {
        let sent = &written.call.request.headers;
        sent.get("content-type").unwrap_or("the other media type").to_owned()
    };
    let mut finding = subject.finding(
        &CHECK,
        second.run.result(),
        Claim {
            what: "differs".to_owned(),
            title: format!("what {} writes differs from what {} writes", form(second), form(first)),
            expected: one,
            actual: other,
            place: Some(behaviour.place("/effects/columns")),
        },
    );
    finding.evidence.lines = story(first.entries.iter().chain(&second.entries).copied());
    found.push(finding);
    true
}

/// What a call wrote that was accepted.
struct Written<'a> {
    call: &'a Call,
    run: &'a CallRun,
    entries: Vec<&'a LedgerEntry>,
    rows: Vec<Row>,
}

fn written<'a>(behaviour: &Behaviour, effects: &Effects<'a>, call: &'a Call, run: &'a CallRun) -> Option<Written<'a>> {
    run.result().filter(|told| succeeded(told) && told.status() != Some(202))?;
    let entries: Vec<&LedgerEntry> = effects.under(call.correlation.as_deref()?).collect();
    let mut rows: Vec<Row> = entries.iter().map(|entry| row(behaviour, entry)).collect();
    rows.sort_unstable();
    (!rows.is_empty()).then_some(Written { call, run, entries, rows })
}

fn row(behaviour: &Behaviour, entry: &LedgerEntry) -> Row {
    let Some(effects) = &behaviour.effects else { return Row::new() };
    let compared = effects.columns.iter().filter(|name| effects.correlated_by.column() != Some(name.as_str()));
    let held = compared.filter_map(|name| Some((name.clone(), plain(behaviour, entry.column(name)?))));
    held.collect()
}

/// A value as it is compared.
fn plain(behaviour: &Behaviour, value: &Value) -> String {
    let is_fresh = |text: &str| {
        behaviour
            .pools
            .iter()
            .any(|pool| matches!(&pool.source, PoolSource::Fresh(prefix) if text.starts_with(&**prefix)))
    };
    match value {
        Value::String(text) if is_fresh(text) => "(fresh)".to_owned(),
        // Line ends are XML's affair, and space at the ends is everybody's.
        Value::String(text) => text.replace("\r\n", "\n").trim().to_owned(),
        Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
        other => other.to_string(),
    }
}

/// The first row that one has and the other has not, beside the other's, in
/// words.
fn difference(one: &[Row], other: &[Row]) -> Option<(String, String)> {
    if one == other {
        return None;
    }
    let only = |these: &[Row], those: &[Row]| {
        let times = |rows: &[Row], row: &Row| rows.iter().filter(|known| *known == row).count();
        these.iter().find(|row| times(these, row) > times(those, row)).cloned()
    };
    match (only(one, other), only(other, one)) {
        (Some(one), Some(other)) => {
            let differs = |(name, value): &(&String, &String)| other.get(*name) != Some(*value);
            let name = one.iter().find(differs).map_or("", |(name, _)| name.as_str());
            let of = |row: &Row| row.get(name).map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
            Some((format!("{} in {name}", of(&one)), format!("{} in {name}", of(&other))))
        }
        _ => Some((format!("{} rows", one.len()), format!("{} rows", other.len()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, failure, with};
    use crate::contract::behaviour::{Pool, PoolSource};
    use crate::generate::{CaseKind, Expect, Probe};
    use crate::observe::ColumnChange;

    /// The columns of `effects` hold this, first and then.
    fn found(first: &[Value], second: &[Value], accepted: bool) -> Vec<(String, String)> {
        let contract = with(|b| {
            let source = PoolSource::Fresh("INV-".into());
            b.pools = vec![Pool { name: "number".into(), source, applies_to: Vec::new(), operations: Vec::new() }];
        });
        let wrote = |play: Play, id: &str, values: &[Value]| {
            values.iter().fold(play, |play, value| {
                play.wrote("a", Some(id)).entry(|e| {
                    e.columns.retain(|column| column.name != "name");
                    let (name, before) = ("name".into(), Value::Null);
                    e.columns.push(ColumnChange { name, before, after: value.clone() });
                })
            })
        };
        let told = if accepted { answer(200) } else { failure(400, "validation_error") };
        let play = Play::new(CaseKind::Probe(Probe::OtherForm)).call(Expect::Success).answered(answer(200));
        let play = wrote(play, ID, first).call(Expect::Success).id(Some(OTHER_ID)).answered(told);
        let findings = wrote(play, OTHER_ID, second).findings(&super::CHECK, &contract);
        findings.into_iter().map(|finding| (finding.expected, finding.actual)).collect()
    }

    #[test]
    fn rows_are_compared_whatever_their_order_and_identities() {
        let first = [json!("2026-10-15"), json!(10), json!("INV-1"), json!("a\r\nb")];
        let second = [json!("INV-2"), json!("a\nb"), json!(10.0), json!("2026-10-15")];
        assert!(found(&first, &second, true).is_empty());
        let late = [json!("INV-2"), json!("a\nb"), json!(10.0), json!("2026-10-16")];
        let (expected, actual) = found(&first, &late, true).remove(0);
        assert_eq!((expected.as_str(), actual.as_str()), ("`2026-10-15` in name", "`2026-10-16` in name"));
        assert!(found(&first, &late, false).is_empty(), "what was refused is another matter");
        assert_eq!(found(&first, &second[1..], true), [("4 rows".to_owned(), "3 rows".to_owned())]);
    }
}

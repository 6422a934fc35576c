//! `data-path/columns`.

use std::collections::BTreeSet;

use crate::check::claim::Claim;
use crate::check::effect::story;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{CorrelationCarrier, Effects};
use crate::generate::Need;
use crate::observe::{ColumnChange, LedgerEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "data-path/columns",
    family: Family::DataPath,
    title: "only the declared table and columns are written",
    explanation: "Every committed write goes to the table that `effects` names, and to the columns that it lists. \
        What else a service writes, nobody has reviewed, and a data policy that follows the contract refuses it in \
        production.\n\nThe row's own key, the column that carries the correlation ID, and the two columns of a \
        tracking table count as declared.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(effects) = behaviour.effects.as_ref() else { return false };
    let committed = || subject.run.ledger.iter().filter(|entry| entry.committed() && !entry.is_somebody_elses());
    let mut other: BTreeSet<String> = BTreeSet::new();
    for entry in committed() {
        if entry.table == effects.table {
            other.extend(undeclared(entry, effects).map(|column| format!("the column {column}")));
        } else if let CorrelationCarrier::Tracking(tracking) = &effects.correlated_by
            && tracking.table == entry.table
        {
            let known = |column: &&ColumnChange| ![&tracking.row, &tracking.id].contains(&&column.name);
            let beyond = entry.columns.iter().filter(known);
            other.extend(beyond.map(|column| format!("the column {} of {}", column.name, entry.table)));
        } else {
            other.insert(format!("the table {}", entry.table));
        }
    }
    for what in other {
        let shown = subject.run.calls.first().and_then(crate::observe::CallRun::last);
        let mut finding = subject.finding(
            &CHECK,
            shown,
            Claim {
                what: what.clone(),
                title: format!("{what} was written, which the contract does not declare"),
                expected: format!("writes to {} ({})", effects.table, effects.columns.join(", ")),
                actual: format!("a write to {what}"),
                place: Some(behaviour.place("/effects/columns")),
            },
        );
        finding.evidence.lines = story(committed());
        found.push(finding);
    }
    committed().next().is_some()
}

fn undeclared<'e>(entry: &'e LedgerEntry, effects: &'e Effects) -> impl Iterator<Item = &'e str> {
    let carrier = effects.correlated_by.column();
    entry
        .columns
        .iter()
        .filter(|column| !column.after.as_str().is_some_and(|value| value.eq_ignore_ascii_case(&entry.key)))
        .map(|column| column.name.as_str())
        .filter(move |name| Some(*name) != carrier && !effects.columns.iter().any(|declared| declared == name))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::check::synthetic::{ID, Play, answer, with, with_behaviour};
    use crate::contract::behaviour::{CorrelationCarrier, Tracking};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::ColumnChange;

    #[test]
    fn another_column_and_another_table_are_found() {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200)).wrote("a", Some(ID));
        let contract = with_behaviour();
        assert!(play.clone().findings(&super::CHECK, &contract).is_empty());
        let column = |name: &str, after: Value| {
            let change = ColumnChange { name: name.into(), before: Value::Null, after };
            play.clone().entry(|e| e.columns.push(change)).findings(&super::CHECK, &contract).len()
        };
        assert_eq!(column("ownerid", json!("x")), 1);
        assert_eq!(column("accountid", json!("a")), 0, "the row's own key");
        let table = play.clone().entry(|e| e.table = "contacts".into());
        assert_eq!(table.findings(&super::CHECK, &contract).len(), 1);
    }

    #[test]
    fn a_tracking_table_has_two_columns() {
        let names = Tracking { table: "trackings".into(), row: "row".into(), id: "id".into() };
        let contract =
            with(|b| b.effects.as_mut().unwrap().correlated_by = CorrelationCarrier::Tracking(names.clone()));
        let findings = |name: &str| {
            let change = ColumnChange { name: name.into(), before: Value::Null, after: json!("x") };
            let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200));
            let play = play.wrote("t", None).entry(|e| {
                e.table = "trackings".into();
                e.columns = vec![change];
            });
            play.findings(&super::CHECK, &contract).len()
        };
        assert_eq!((findings("row"), findings("id"), findings("secret")), (0, 0, 1));
    }
}

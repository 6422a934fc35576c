//! `data-path/over-reading`.

use std::collections::BTreeSet;

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::Reads;
use crate::generate::Need;
use crate::observe::{CallRun, ReadEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "data-path/over-reading",
    family: Family::DataPath,
    title: "only the declared columns are read",
    explanation: "The service reads from Dataverse what `reads` of the behaviour file names: so many fields, not the \
        table. A read without `$select` gives every column of the row, those that somebody adds next year and must \
        not see here included; each of them is copied, logged and held in memory.\n\nDataverse counts what it gave to \
        whom. Judged are reads with a correlation ID of the case.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(declared) = behaviour.reads.as_ref() else { return false };
    let reads = &subject.run.reads;
    let mut beyond: BTreeSet<String> = BTreeSet::new();
    for read in reads {
        beyond.extend(undeclared(read, declared));
    }
    if let Some(first) = beyond.first() {
        let mut finding = subject.finding(
            &CHECK,
            subject.run.calls.first().and_then(CallRun::last),
            Claim {
                what: first.clone(),
                title: format!("{first} was read, which the contract does not declare"),
                expected: in_words(declared),
                actual: beyond.iter().cloned().collect::<Vec<_>>().join(", "),
                place: Some(behaviour.place("/reads")),
            },
        );
        finding.evidence.lines = reads.iter().filter(|read| !undeclared(read, declared).is_empty()).map(line).collect();
        found.push(finding);
    }
    !reads.is_empty()
}

/// What of a read is beyond what is declared.
fn undeclared(read: &ReadEntry, declared: &Reads) -> Vec<String> {
    let Some((_, columns)) = declared.iter().find(|(table, _)| *table == read.table) else {
        return vec![format!("the table {}", read.table)];
    };
    if read.whole {
        return vec![format!("the whole row of {}", read.table)];
    }
    let more = read.columns.iter().filter(|column| !columns.contains(column));
    more.map(|column| format!("the column {column} of {}", read.table)).collect()
}

fn in_words(declared: &Reads) -> String {
    let tables = declared.iter().map(|(table, columns)| format!("{table} ({})", columns.join(", ")));
    tables.collect::<Vec<_>>().join(", ")
}

fn line(read: &ReadEntry) -> String {
    let columns = if read.whole { "all columns".to_owned() } else { read.columns.join(", ") };
    format!("{} {} {} rows ({columns})", read.at, read.table, read.rows)
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{Play, answer, with};
    use crate::generate::{CaseKind, Expect};

    fn found(table: &str, columns: &[&str], whole: bool) -> usize {
        let contract = with(|b| b.reads = Some(vec![("accounts".into(), vec!["accountid".into(), "name".into()])]));
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200));
        play.read(table, columns, whole).findings(&super::CHECK, &contract).len()
    }

    #[test]
    fn another_table_another_column_and_the_whole_row_are_found() {
        assert_eq!(found("accounts", &["name"], false), 0);
        assert_eq!(found("accounts", &["name", "revenue"], false), 1);
        assert_eq!(found("accounts", &["name"], true), 1);
        assert_eq!(found("contacts", &["name"], false), 1);
    }
}

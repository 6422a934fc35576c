//! `dataverse/double-create`.

use std::collections::BTreeSet;

use crate::check::claim::Claim;
use crate::check::effect::{names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::{Behaviour, Selector};
use crate::generate::Need;
use crate::observe::{LedgerEntry, Operation};

pub(in crate::check) const CHECK: Check = Check {
    id: "dataverse/double-create",
    family: Family::Dataverse,
    title: "one row is made of what is asked for once",
    explanation: "A create whose answer is lost may have been done. Who sends the same create again, and lets \
        Dataverse choose the key, makes a second row; no key tells that they are one. Seen as two rows with the same \
        values under one correlation ID.\n\nAn upsert with a key of one's own, or `If-None-Match: *`, can be sent \
        again.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(effects) = behaviour.effects.as_ref() else { return false };
    let clients: BTreeSet<&str> = subject.run.calls.iter().map(|run| &*run.client).collect();
    if clients.len() > 1 {
        // What two of them ask for is two things.
        return false;
    }
    if acts(subject, behaviour) > 1 {
        // Two steps of one run may make equal rows.
        return false;
    }
    let ids: Vec<&str> = subject.calls().filter_map(|(call, _)| call.correlation.as_deref()).collect();
    let made = subject.run.ledger.iter().filter(|e| {
        e.committed() && e.operation == Operation::Create && e.table == effects.table && !e.is_somebody_elses()
    });
    let made: Vec<&LedgerEntry> = made.filter(|e| ids.iter().any(|id| names(e, id))).collect();
    let twin = made.iter().enumerate().find_map(|(n, first)| {
        let same = |other: &&&LedgerEntry| other.key != first.key && values(other) == values(first);
        Some((*first, *made[n + 1..].iter().find(same)?))
    });
    if let Some((first, second)) = twin {
        let lost = first.fault.as_deref().map(|fault| format!(", the first of them with the fault {fault}"));
        let mut finding = subject.finding(
            &CHECK,
            subject.run.calls.first().and_then(crate::observe::CallRun::last),
            Claim {
                what: "twice".to_owned(),
                title: "a row was made twice".to_owned(),
                expected: format!("one row of {} with these values under one correlation ID", effects.table),
                actual: format!("the rows {} and {}{}", first.key, second.key, lost.unwrap_or_default()),
                place: Some(behaviour.place("/effects/once")),
            },
        );
        finding.evidence.lines = story([first, second]);
        found.push(finding);
    }
    !made.is_empty()
}

/// How many steps of one run the calls name.
fn acts(subject: &CaseSubject<'_>, behaviour: &Behaviour) -> usize {
    let step = behaviour.idempotency.as_ref().and_then(|promised| promised.step.as_ref());
    let Some(Selector::Header(step)) = step else { return 1 };
    let named: BTreeSet<Option<&str>> = subject.calls().map(|(call, _)| call.request.headers.get(step)).collect();
    named.len()
}

/// What a row was made with, its own key left out.
fn values(entry: &LedgerEntry) -> Vec<(&str, &serde_json::Value)> {
    let own = |text: Option<&str>| text.is_some_and(|text| text.eq_ignore_ascii_case(&entry.key));
    let columns = entry.columns.iter().filter(|change| !own(change.after.as_str()));
    columns.map(|change| (change.name.as_str(), &change.after)).collect()
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, Play, answer, with_behaviour};
    use crate::generate::{Caller, CaseKind, Expect};
    use crate::observe::Operation;

    fn made(keys: &[&str]) -> Play {
        let play = Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200));
        keys.iter().fold(play, |play, key| play.wrote(key, Some(ID)).entry(|e| e.operation = Operation::Create))
    }

    #[test]
    fn equal_rows_with_two_keys_are_found() {
        let contract = with_behaviour();
        assert_eq!(made(&["a", "b"]).findings(&super::CHECK, &contract).len(), 1);
        assert!(made(&["a"]).findings(&super::CHECK, &contract).is_empty());
        let other = made(&["a", "b"]).entry(|e| e.columns[0].after = "another".into());
        assert!(other.findings(&super::CHECK, &contract).is_empty());
        let two = made(&["a"]).call(Expect::Success).caller(Caller::Own(1)).answered(answer(200)).wrote("b", Some(ID));
        let two = two.entry(|e| e.operation = Operation::Create);
        assert!(two.findings(&super::CHECK, &contract).is_empty(), "two callers");
    }
}

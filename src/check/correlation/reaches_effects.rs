//! `correlation/reaches-effects`.

use crate::check::answer::{succeeded, throttled};
use crate::check::claim::Claim;
use crate::check::effect::{Effects, is_key_of, names, story};
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::contract::behaviour::CorrelationCarrier;
use crate::generate::{Call, Need};
use crate::observe::{CallRun, LedgerEntry};

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/reaches-effects",
    family: Family::Correlation,
    title: "every effect carries the correlation ID",
    explanation: "Each write that a call caused carries its correlation ID in the declared way (a column, a header \
        field, the `tag` of the Web API, or a row of a tracking table). Without it nobody can tell which flow run changed a row, and effects \
        can't be counted.\n\nFound where a call succeeded and its rows were written, by somebody who named no ID, or \
        named it in another place than declared.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(effects) = Effects::of(behaviour, &subject.run.ledger) else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        let (Some(id), Some(began)) = (call.correlation.as_deref(), run.exchanges.first().map(|e| e.sent_at)) else {
            continue;
        };
        if !run.last().is_some_and(|e| succeeded(e) || e.response().is_some_and(|r| !throttled(r))) {
            continue;
        }
        concerned |= effects.under(id).next().is_some();
        let lost: Vec<&LedgerEntry> =
            effects.iter().filter(|entry| entry.at >= began && is_unmarked(&effects, entry, call, run, id)).collect();
        if lost.is_empty() {
            continue;
        }
        concerned = true;
        let carrier = in_words(behaviour.effects.as_ref().map(|e| &e.correlated_by));
        let mut finding = subject.finding(
            &CHECK,
            run.last(),
            Claim {
                what: "lost".to_owned(),
                title: "an effect does not carry the correlation ID of the call that caused it".to_owned(),
                expected: format!("{id} in {carrier} of every effect"),
                actual: format!("{} effects without it", lost.len()),
                place: Some(behaviour.place("/effects/correlated_by")),
            },
        );
        finding.evidence.lines = story(lost);
        found.push(finding);
        // One call tells it all: others of the case would tell it again.
        break;
    }
    concerned
}

/// Whether an entry is this call's work and lacks its ID: it names the ID
/// somewhere else, or it names none and is on a row of the call, written
/// while the call was served.
fn is_unmarked(effects: &Effects<'_>, entry: &LedgerEntry, call: &Call, run: &CallRun, id: &str) -> bool {
    if effects.iter().any(|e| std::ptr::eq(e, entry) && effects.id(e).is_some_and(|c| c.eq_ignore_ascii_case(id))) {
        return false;
    }
    if names(entry, id) {
        return true;
    }
    let served = run.result().is_some_and(succeeded) && run.result().is_some_and(|last| entry.at <= last.done_at);
    let nameless = effects.iter().any(|e| std::ptr::eq(e, entry) && effects.id(e).is_none_or(str::is_empty));
    served && nameless && call.items.iter().any(|item| is_key_of(entry, item))
}

pub(super) fn in_words(carrier: Option<&CorrelationCarrier>) -> String {
    match carrier {
        Some(CorrelationCarrier::Column(name)) => format!("the column {name}"),
        Some(CorrelationCarrier::Header(name)) => format!("the header field {name}"),
        Some(CorrelationCarrier::Tracking(tracking)) => format!("a row of {} about it", tracking.table),
        Some(CorrelationCarrier::Tag) | None => "the tag".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, with, with_behaviour};
    use crate::contract::behaviour::{CorrelationCarrier, Tracking};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::ColumnChange;

    fn play() -> Play {
        Play::new(CaseKind::Conforming).call(Expect::Success).items(&[("a", 1)]).answered(answer(200))
    }

    #[test]
    fn an_effect_without_the_id_is_found() {
        let contract = with_behaviour();
        assert_eq!(play().wrote("a", None).findings(&super::CHECK, &contract).len(), 1);
        let elsewhere = play().wrote("a", None).entry(|e| {
            e.headers.insert("x-correlation-id".into(), ID.into());
        });
        assert_eq!(elsewhere.findings(&super::CHECK, &contract).len(), 1);
    }

    #[test]
    fn marked_effects_and_those_of_others_are_not() {
        let contract = with_behaviour();
        assert!(play().wrote("a", Some(ID)).findings(&super::CHECK, &contract).is_empty());
        assert!(play().wrote("a", Some(OTHER_ID)).findings(&super::CHECK, &contract).is_empty());
        assert!(play().wrote("b", None).findings(&super::CHECK, &contract).is_empty());
    }

    #[test]
    fn a_tracking_table_tells_of_the_last_write_before() {
        let names = Tracking { table: "trackings".into(), row: "row".into(), id: "id".into() };
        let contract =
            with(|b| b.effects.as_mut().unwrap().correlated_by = CorrelationCarrier::Tracking(names.clone()));
        let change = |name: &str, after: &str| ColumnChange {
            name: name.into(),
            before: serde_json::Value::Null,
            after: after.into(),
        };
        let tracked = |play: Play, row: &str, id: &str| {
            play.wrote("t", None).entry(|e| {
                e.table = "trackings".into();
                e.columns = vec![change("row", row), change("id", id)];
            })
        };
        let wrote = || play().wrote("a", None);
        assert!(tracked(wrote(), "A", ID).findings(&super::CHECK, &contract).is_empty());
        assert_eq!(wrote().findings(&super::CHECK, &contract).len(), 1, "no row tells of it");
        assert_eq!(tracked(wrote(), "b", ID).findings(&super::CHECK, &contract).len(), 1, "of another row");
        let before = tracked(play(), "a", ID).wrote("a", None);
        assert_eq!(before.findings(&super::CHECK, &contract).len(), 1, "it tells of what was before");
    }
}

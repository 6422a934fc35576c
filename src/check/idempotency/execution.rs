//! Whether a call that should be executed was.

use crate::check::CaseSubject;
use crate::check::answer::{succeeded, throttled};
use crate::check::effect::{Effects, is_key_of, of_call};
use crate::contract::behaviour::{Behaviour, PoolSource};
use crate::generate::{Call, Item};
use crate::observe::CallRun;
use crate::wire::Response;

/// What became of a call that should be executed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Execution {
    /// It was answered as a success, and there are effects.
    Done,
    /// It was refused.
    Refused,
    /// It was answered as a success, and there is no effect of some item.
    Swallowed,
    /// It can't be told: no answer, throttled, or not at its end.
    Unknown,
}

/// Looks at one call of a case by its own effects.
pub(super) fn execution(subject: &CaseSubject<'_>, call: &Call, run: &CallRun) -> Execution {
    let operation = subject.contract.openapi.operations.iter().find(|o| o.id == call.operation);
    let Some(response) = run.result().and_then(|e| e.response()).filter(|r| r.status != 202 && !throttled(r)) else {
        return Execution::Unknown;
    };
    if response.status >= 500 || operation.is_none_or(|o| o.is_safe()) {
        return Execution::Unknown;
    }
    if !(200..300).contains(&response.status) {
        return Execution::Refused;
    }
    let effects = of_call(subject, call, run);
    if is_unmarked(subject, call, run) {
        return Execution::Unknown;
    }
    let missing = if has_keyed_items(subject, call) {
        call.items
            .iter()
            .any(|item| !says_undone(response, item) && !effects.iter().any(|entry| is_key_of(entry, item)))
    } else {
        // Whether anything of it had to be written is known only where another
        // call of the case wrote something.
        effects.is_empty() && others_wrote(subject, call)
    };
    if missing { Execution::Swallowed } else { Execution::Done }
}

/// Whether rows of this call were written by somebody who named no ID.
fn is_unmarked(subject: &CaseSubject<'_>, call: &Call, run: &CallRun) -> bool {
    let effects = subject.behaviour().and_then(|b| Effects::of(b, &subject.run.ledger));
    let began = run.exchanges.first().map(|e| e.sent_at);
    effects
        .zip(began)
        .is_some_and(|(effects, began)| call.items.iter().any(|item| effects.nameless(item, began).next().is_some()))
}

/// Whether this call's items are the keys of rows, as the ledger or the
/// contract shows.
fn has_keyed_items(subject: &CaseSubject<'_>, call: &Call) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let seen = Effects::of(behaviour, &subject.run.ledger).is_some_and(|e| e.are_keyed_by(&call.items));
    !call.items.is_empty() && (seen || items_are_keys(behaviour))
}

/// Whether the contract itself says that items are rows of the table that is
/// written: their identities come from the mock of that table.
pub(in crate::check) fn items_are_keys(behaviour: &Behaviour) -> bool {
    let item = behaviour.idempotency.as_ref().and_then(|i| i.item.as_ref());
    let table = behaviour.effects.as_ref().map(|e| e.table.as_str());
    behaviour.pools.iter().any(|pool| {
        let of_table = matches!(&pool.source, PoolSource::Mock { table: t, .. } if Some(t.as_str()) == table);
        of_table && item.is_some_and(|item| pool.applies_to.contains(item))
    })
}

fn others_wrote(subject: &CaseSubject<'_>, call: &Call) -> bool {
    subject
        .calls()
        .filter(|(other, run)| !std::ptr::eq(*other, call) && run.result().is_some_and(succeeded))
        .any(|(other, run)| !of_call(subject, other, run).is_empty())
}

/// Whether an answer itself says that an item was not executed: the element
/// that names it has an outcome that means so, or errors.
pub(super) fn says_undone(response: &Response, item: &Item) -> bool {
    const UNDONE: [&str; 7] = ["invalid", "conflict", "failed", "rejected", "skipped", "running", "pending"];
    fn look(value: &serde_json::Value, item: &Item) -> bool {
        match value {
            serde_json::Value::Array(elements) => elements.iter().any(|element| look(element, item)),
            serde_json::Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(serde_json::Value::as_str);
                let named = members.values().any(|v| v.as_str().is_some_and(|s| s.eq_ignore_ascii_case(&item.id)));
                let undone = ["outcome", "status"].iter().any(|n| text(n).is_some_and(|o| UNDONE.contains(&o)));
                let errors = members.get("errors").and_then(|e| e.as_array()).is_some_and(|e| !e.is_empty());
                (named && (undone || errors)) || members.values().any(|member| look(member, item))
            }
            _ => false,
        }
    }
    response.json().is_some_and(|body| look(&body, item))
}

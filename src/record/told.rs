//! From a played case to what is recorded of it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::echo::Echo;
use crate::contract::Contract;
use crate::contract::behaviour::Selector;
use crate::contract::openapi::Operation;
use crate::contract::recorded::{RecordedAnswer, RecordedEffect, Told};
use crate::observe::{CaseRun, LedgerEntry, Operation as Write};
use crate::wire::{Exchange, Response};

/// Longer lists are told by their first entries and how many follow.
const LONG_LIST: usize = 8;

/// Longest text that is told of a content that is no JSON, in characters.
const LONG_TEXT: usize = 500;

/// Fields that tell of the version's own life, or of this moment: checks of
/// their own judge them.
const PASSING_FIELDS: [&str; 6] = ["date", "deprecation", "sunset", "link", "retry-after", "content-type"];

/// Whether an answer tells of the moment and not of the version: too many
/// calls, not available now.
pub fn is_passing(response: &Response) -> bool {
    let spent = response.status == 403 && response.headers.contains("retry-after");
    matches!(response.status, 429 | 502 | 503 | 504) || spent
}

/// What came of the first call of a case; `None` where there is no answer, or
/// one that tells of the moment.
pub fn told(contract: &Contract, run: &CaseRun) -> Option<Told> {
    let (call, played) = (run.case.calls().next()?, run.calls.first()?);
    let exchange = played.last()?;
    let echo = Echo::of(&exchange.request, call.correlation.as_deref(), exchange.sent_at);
    let operation = contract.openapi.operation(&call.operation);
    let answer = answer(contract, operation.map(AsRef::as_ref), exchange, &echo)?;
    let result = match played.polls.last() {
        Some(poll) => {
            let path = poll.request.target.split('?').next().unwrap_or_default();
            let polled = contract.openapi.match_path(&poll.request.method, path);
            Some(self::answer(contract, polled.as_ref().map(|(operation, _)| operation.as_ref()), poll, &echo)?)
        }
        None => None,
    };
    let written = run.ledger.iter().filter(|entry| entry.committed());
    let mut effects: Vec<RecordedEffect> = written.map(|entry| effect(entry, &echo)).collect();
    effects.sort_by_cached_key(order);
    Some(Told { answer, result, effects: Some(effects) })
}

fn answer(
    contract: &Contract,
    operation: Option<&Operation>,
    exchange: &Exchange,
    echo: &Echo,
) -> Option<RecordedAnswer> {
    let response = exchange.response().filter(|response| !is_passing(response))?;
    let volatile = contract.behaviour.as_ref().and_then(|b| b.idempotency.as_ref()).map(|i| i.volatile.as_slice());
    let volatile = volatile.unwrap_or_default();
    let mut headers = BTreeMap::new();
    for declared in operation.and_then(|o| o.response(response.status)).iter().flat_map(|spec| &spec.headers) {
        let is_volatile =
            |s: &Selector| matches!(s, Selector::Header(name) if name.eq_ignore_ascii_case(&declared.name));
        let passing = PASSING_FIELDS.contains(&&*declared.name.to_ascii_lowercase());
        if let Some(value) = response.headers.get(&declared.name).filter(|_| !passing) {
            let told = if volatile.iter().any(is_volatile) { "<any>".to_owned() } else { echo.told(value) };
            headers.insert(declared.name.clone(), told);
        }
    }
    Some(RecordedAnswer {
        status: response.status,
        media_type: response.media_type(),
        headers,
        body: body(response, volatile, echo),
    })
}

fn body(response: &Response, volatile: &[Selector], echo: &Echo) -> Value {
    if response.body.is_empty() {
        return Value::Null;
    }
    let Some(mut body) = response.json() else {
        let text: String = String::from_utf8_lossy(&response.body).chars().take(LONG_TEXT).collect();
        return Value::String(echo.told(&text));
    };
    for selector in volatile {
        if let Selector::Body(path) = selector {
            forget(&mut body, path);
        }
    }
    value(&body, echo)
}

/// Takes out what may be another one each time.
fn forget(value: &mut Value, path: &[String]) {
    match (path, value) {
        ([last], Value::Object(members)) if last != "*" => drop(members.shift_remove(last)),
        ([first, rest @ ..], Value::Object(members)) if first == "*" => {
            members.values_mut().for_each(|member| forget(member, rest));
        }
        ([first, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get_mut(first) {
                forget(member, rest);
            }
        }
        ([first, rest @ ..], Value::Array(items)) if first == "*" => {
            items.iter_mut().for_each(|item| forget(item, rest));
        }
        _ => {}
    }
}

fn value(seen: &Value, echo: &Echo) -> Value {
    match seen {
        Value::String(text) => Value::String(echo.told(text)),
        Value::Array(items) => {
            let mut told: Vec<Value> = items.iter().take(LONG_LIST).map(|item| value(item, echo)).collect();
            if items.len() > LONG_LIST {
                told.push(format!("<and {} more>", items.len() - LONG_LIST).into());
            }
            Value::Array(told)
        }
        Value::Object(members) => members.iter().map(|(name, member)| (name.clone(), value(member, echo))).collect(),
        other => other.clone(),
    }
}

fn effect(entry: &LedgerEntry, echo: &Echo) -> RecordedEffect {
    let operation = match entry.operation {
        Write::Create => "create",
        Write::Update => "update",
        Write::Delete => "delete",
    };
    let mut names: Vec<_> = entry.columns.iter().collect();
    names.sort_by(|a, b| a.name.cmp(&b.name));
    let columns: Map<String, Value> =
        names.into_iter().map(|column| (column.name.clone(), value(&column.after, echo))).collect();
    RecordedEffect { operation: operation.to_owned(), table: entry.table.clone(), key: echo.told(&entry.key), columns }
}

/// Writes come in any order; what is told of them doesn't. What is another one
/// each time comes last in the order.
fn order(effect: &RecordedEffect) -> (String, String, String, String) {
    let columns = Value::Object(effect.columns.clone()).to_string();
    (effect.table.clone(), effect.operation.clone(), columns, effect.key.clone())
}

//! Who asked for what under which ID, and how many effects that promises.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::check::CaseSubject;
use crate::check::effect::Effects;
use crate::clock::format_duration;
use crate::contract::Contract;
use crate::contract::behaviour::{Idempotency, Once, OtherContent, Scope, Selector};
use crate::generate::Item;
use crate::observe::{CallRecord, LedgerEntry};

/// One item that one call asked for.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    correlation: &'a str,
    principal: &'a str,
    operation: &'a str,
    version: &'a str,
    step: Option<&'a str>,
    item: &'a Item,
}

/// What makes two asks one and the same.
#[derive(PartialEq, Eq, Hash)]
struct Identity<'a> {
    principal: Option<&'a str>,
    operation: Option<&'a str>,
    version: Option<&'a str>,
    step: Option<&'a str>,
    item: Option<&'a str>,
    content: Option<u64>,
}

impl<'a> Ask<'a> {
    fn identity(&self, idempotency: &Idempotency) -> Identity<'a> {
        let within = |scope, value: &'a str| idempotency.scope.contains(&scope).then_some(value);
        Identity {
            principal: within(Scope::Principal, self.principal),
            operation: within(Scope::Operation, self.operation),
            version: within(Scope::Version, self.version),
            step: self.step,
            item: idempotency.item.as_ref().map(|_| &*self.item.id),
            content: matches!(idempotency.other_content, Some(OtherContent::Executed)).then_some(self.item.content),
        }
    }
}

/// What a case's calls asked for.
pub(super) fn of_case<'a>(subject: &CaseSubject<'a>, idempotency: &'a Idempotency) -> Vec<Ask<'a>> {
    let version: &'a str = &subject.contract.id.version;
    subject
        .calls()
        .flat_map(|(call, run)| {
            let step = match &idempotency.step {
                Some(Selector::Header(name)) => call.request.headers.get(name),
                _ => None,
            };
            let principal: &'a str = &run.client;
            let correlation: Option<&'a str> = call.correlation.as_deref();
            correlation.into_iter().flat_map(move |correlation| {
                call.items.iter().map(move |item| Ask {
                    correlation,
                    principal,
                    operation: &call.operation,
                    version,
                    step,
                    item,
                })
            })
        })
        .collect()
}

/// What calls under load asked one contract for.
pub(super) fn of_calls<'a>(calls: &'a [CallRecord], contract: &Contract) -> Vec<Ask<'a>> {
    let calls = calls.iter().filter(|record| record.contract == contract.id && !record.poll);
    calls
        .flat_map(|record| {
            let correlation: Option<&'a str> = record.correlation.as_deref();
            correlation.into_iter().flat_map(move |correlation| {
                record.items.iter().map(move |item| Ask {
                    correlation,
                    principal: &record.client,
                    operation: &record.operation,
                    version: &record.contract.version,
                    step: record.step.as_deref(),
                    item,
                })
            })
        })
        .collect()
}

/// More effects under one ID than were promised.
pub(super) struct Excess<'a> {
    /// The row; empty where effects are counted by call.
    pub(super) key: &'a str,
    /// How many were promised.
    pub(super) promised: usize,
    /// What was written.
    pub(super) effects: Vec<&'a LedgerEntry>,
}

impl Excess<'_> {
    /// What was seen, in a sentence.
    pub(super) fn in_words(&self) -> String {
        let row = if self.key.is_empty() { "the call".to_owned() } else { format!("row {}", self.key) };
        let apart = match self.effects.as_slice() {
            [first, .., last] => {
                format!(", the first and the last {} apart", format_duration(last.at.since(first.at)))
            }
            _ => String::new(),
        };
        format!("{row}: {} effects under one correlation ID, {} promised{apart}", self.effects.len(), self.promised)
    }
}

/// Where more was written under one ID than its asks promise: for each row as
/// often as distinct asks name it; where no item is the key of a row, as often
/// as there are distinct asks.
pub(super) fn excesses<'a>(
    effects: &Effects<'a>,
    asks: &[Ask<'a>],
    idempotency: &Idempotency,
    once: Once,
) -> Vec<Excess<'a>> {
    let mut by_id: HashMap<String, Vec<&Ask<'a>>> = HashMap::new();
    for ask in asks {
        by_id.entry(ask.correlation.to_ascii_lowercase()).or_default().push(ask);
    }
    let mut written: BTreeMap<(String, &'a str), Vec<&'a LedgerEntry>> = BTreeMap::new();
    for entry in effects.iter() {
        let key = if once == Once::PerItem { entry.key.as_str() } else { "" };
        if let Some(id) = effects.id(entry).map(str::to_ascii_lowercase).filter(|id| by_id.contains_key(id)) {
            written.entry((id, key)).or_default().push(entry);
        }
    }
    let keys: HashSet<String> = effects.iter().map(|entry| entry.key.to_ascii_lowercase()).collect();
    // One part of a batch loses the answer to all of them.
    let in_doubt: HashSet<u64> = effects.iter().filter(|e| e.fault.is_some()).map(|entry| entry.request).collect();
    written
        .into_iter()
        .filter(|(_, entries)| entries.len() > 1)
        .filter_map(|((id, key), entries)| {
            let promised = promised(&by_id[&id], key, &keys, idempotency);
            (entries.len() > promised + repeated_in_doubt(&entries, &in_doubt)).then_some(Excess {
                key,
                promised,
                effects: entries,
            })
        })
        .collect()
}

/// How many of the writes to one row were rightly made again: the answer to the
/// write before may have been lost, and somebody else has written the row since,
/// so that its looks tell nobody what became of that write.
fn repeated_in_doubt(entries: &[&LedgerEntry], in_doubt: &HashSet<u64>) -> usize {
    let again = |pair: &&[&LedgerEntry]| in_doubt.contains(&pair[0].request) && pair[1].is_over_others(pair[0]);
    entries.windows(2).filter(again).count()
}

fn promised(asks: &[&Ask<'_>], key: &str, keys: &HashSet<String>, idempotency: &Idempotency) -> usize {
    let keyed = asks.iter().any(|ask| keys.contains(&ask.item.id.to_ascii_lowercase()));
    let distinct: HashSet<Identity<'_>> = asks
        .iter()
        .filter(|ask| !keyed || key.is_empty() || ask.item.id.eq_ignore_ascii_case(key))
        .map(|ask| {
            let identity = ask.identity(idempotency);
            // All of these name one row, in whatever spelling.
            if keyed && !key.is_empty() { Identity { item: None, ..identity } } else { identity }
        })
        .collect();
    distinct.len().max(1)
}

//! Whose effects the entries of a ledger are.

use std::collections::HashMap;

use crate::clock::Timestamp;
use crate::contract::behaviour::{Behaviour, CorrelationCarrier, Tracking};
use crate::generate::{Call, Item};
use crate::observe::{CallRun, LedgerEntry, Way};

use super::CaseSubject;
use super::answer::succeeded;

/// The committed writes to the contract's table, with the way they carry their
/// correlation ID.
pub(super) struct Effects<'a> {
    carrier: &'a CorrelationCarrier,
    committed: Vec<&'a LedgerEntry>,
    /// What a tracking table tells: IDs by the numbers of entries.
    tracked: HashMap<u64, &'a str>,
}

impl<'a> Effects<'a> {
    /// `None` where the contract declares no effects.
    pub(super) fn of(behaviour: &'a Behaviour, ledger: &'a [LedgerEntry]) -> Option<Self> {
        let effects = behaviour.effects.as_ref()?;
        let committed: Vec<_> =
            ledger.iter().filter(|e| e.committed() && !e.is_somebody_elses() && e.table == effects.table).collect();
        let tracked = match &effects.correlated_by {
            CorrelationCarrier::Tracking(tracking) => tracked(tracking, &committed, ledger),
            _ => HashMap::new(),
        };
        Some(Self { carrier: &effects.correlated_by, committed, tracked })
    }

    /// All of them, in the order of the ledger.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a LedgerEntry> {
        self.committed.iter().copied()
    }

    /// Those that carry this ID in the declared way.
    pub(super) fn under(&self, id: &str) -> impl Iterator<Item = &'a LedgerEntry> {
        self.iter().filter(move |entry| self.id(entry).is_some_and(|carried| carried.eq_ignore_ascii_case(id)))
    }

    /// The ID that an entry carries in the declared way.
    pub(super) fn id(&self, entry: &'a LedgerEntry) -> Option<&'a str> {
        match self.carrier {
            CorrelationCarrier::Column(name) => entry.column(name)?.as_str(),
            CorrelationCarrier::Header(name) => entry.headers.get(&name.to_ascii_lowercase()).map(String::as_str),
            CorrelationCarrier::Tag => entry.tag.as_deref(),
            CorrelationCarrier::Tracking(_) => self.tracked.get(&entry.sequence).copied(),
        }
    }

    /// Those on an item's row, since an instant, that carry no ID in the
    /// declared way. Whose they are can't be told; `correlation/reaches-effects`
    /// speaks of them.
    pub(super) fn nameless(&self, item: &Item, since: Timestamp) -> impl Iterator<Item = &'a LedgerEntry> {
        self.iter().filter(move |entry| {
            entry.at >= since && is_key_of(entry, item) && self.id(entry).is_none_or(str::is_empty)
        })
    }

    /// Whether any of these items is named by the key of its row, so that
    /// effects can be counted item by item.
    pub(super) fn are_keyed_by<'i>(&self, items: impl IntoIterator<Item = &'i Item>) -> bool {
        items.into_iter().any(|item| self.iter().any(|entry| is_key_of(entry, item)))
    }
}

/// Whether an item's identity is the key of the entry's row.
pub(super) fn is_key_of(entry: &LedgerEntry, item: &Item) -> bool {
    entry.key.eq_ignore_ascii_case(item.id.trim_matches(['{', '}']))
}

/// The IDs that rows of a tracking table give to writes: each tells of the last
/// write before it of the row that it names.
fn tracked<'a>(tracking: &Tracking, committed: &[&'a LedgerEntry], ledger: &'a [LedgerEntry]) -> HashMap<u64, &'a str> {
    let mut writes: HashMap<String, Vec<u64>> = HashMap::new();
    for entry in committed {
        writes.entry(entry.key.to_ascii_lowercase()).or_default().push(entry.sequence);
    }
    let told = ledger.iter().filter(|entry| entry.committed() && entry.table == tracking.table);
    let pair = |entry: &'a LedgerEntry| {
        let (row, id) = (entry.column(&tracking.row)?.as_str()?, entry.column(&tracking.id)?.as_str()?);
        let written = writes.get(&row.to_ascii_lowercase())?;
        let before = written.partition_point(|sequence| *sequence < entry.sequence);
        Some((written[before.checked_sub(1)?], id))
    };
    told.filter_map(pair).collect()
}

/// Whether an entry names an ID anywhere: in a column, a header field or the
/// tag. An attempt that was refused has no columns.
pub(super) fn names(entry: &LedgerEntry, id: &str) -> bool {
    entry.headers.values().map(String::as_str).chain(entry.tag.as_deref()).any(|text| text.eq_ignore_ascii_case(id))
        || entry.columns.iter().any(|c| c.after.as_str().is_some_and(|text| text.eq_ignore_ascii_case(id)))
}

/// The effects of one call: what was written under its ID after it was sent
/// and before a later call of the case with the same ID, to its own items where
/// items are named by the keys of rows. A call without an ID is answered for by
/// what was written without one to its items.
pub(super) fn of_call<'a>(subject: &CaseSubject<'a>, call: &Call, run: &CallRun) -> Vec<&'a LedgerEntry> {
    let Some(effects) = subject.behaviour().and_then(|b| Effects::of(b, &subject.run.ledger)) else {
        return Vec::new();
    };
    let Some(began) = run.exchanges.first().map(|e| e.sent_at) else { return Vec::new() };
    // What the flow itself writes, it writes of a success.
    let flow_wrote = run.polls.last().or_else(|| run.last()).is_some_and(succeeded);
    let ended = next_with_same_id(subject, call, began);
    let keyed = effects.are_keyed_by(subject.calls().flat_map(|(call, _)| &call.items));
    effects
        .iter()
        .filter(|entry| match &call.correlation {
            Some(id) => names(entry, id),
            None => effects.id(entry).is_none() && call.items.iter().any(|item| is_key_of(entry, item)),
        })
        .filter(|entry| entry.way != Way::Flow || flow_wrote)
        .filter(|entry| !keyed || call.items.is_empty() || call.items.iter().any(|item| is_key_of(entry, item)))
        .filter(|entry| entry.at >= began && ended.is_none_or(|ended| entry.at < ended))
        .collect()
}

fn next_with_same_id(subject: &CaseSubject<'_>, call: &Call, began: Timestamp) -> Option<Timestamp> {
    subject
        .calls()
        .filter(|(other, _)| other.correlation == call.correlation)
        .filter_map(|(_, run)| run.exchanges.first().map(|e| e.sent_at))
        .filter(|sent| *sent > began)
        .min()
}

/// Entries as lines of evidence.
pub(super) fn story<'e>(entries: impl IntoIterator<Item = &'e LedgerEntry>) -> Vec<String> {
    entries
        .into_iter()
        .map(|entry| {
            let columns: Vec<&str> = entry.columns.iter().map(|c| c.name.as_str()).collect();
            let fault = entry.fault.as_ref().map(|f| format!(", injected fault: {f}")).unwrap_or_default();
            format!("{} {} row {} ({}){fault}", entry.at, entry.table, entry.key, columns.join(", "))
        })
        .collect()
}

//! What the ledger gained while scenarios ran: what their calls wrote, and what
//! nobody asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::RunError;
use super::phases::Company;
use super::session::Session;
use crate::contract::behaviour::{Behaviour, CorrelationCarrier, Effects};
use crate::flow::is_own;
use crate::observe::{LedgerEntry, Log, PhaseRun, Strays, mark};
use crate::target::LedgerQuery;

/// So many entries that nobody asked for are shown.
const SHOWN: usize = 10;

/// Gives each phase what the ledger gained under correlation IDs of this run,
/// and one of them what it gained under none. Whose that is can't be told while
/// cases are played.
pub(super) async fn fill(
    session: &Session,
    runs: &mut [PhaseRun],
    since: u64,
    company: Company,
) -> Result<(), RunError> {
    let Some(control) = &session.target.control else { return Ok(()) };
    let query = LedgerQuery { since, ..LedgerQuery::default() };
    let mut sorted = Sorted::of(session, company);
    control.each_ledger_page(&query, |entries| sorted.take(entries)).await.map_err(super::open::could_not_run)?;
    let ledger = Arc::new(sorted.ledger);
    for run in runs.iter_mut() {
        run.ledger = ledger.clone();
    }
    for strays in sorted.strays.into_values() {
        let of = runs.iter().position(|run| is_of(session, run, &strays.table)).unwrap_or_default();
        runs.get_mut(of).into_iter().for_each(|run| run.strays.push(strays.clone()));
    }
    Ok(())
}

/// Whether a phase called a contract whose effects are in a table.
fn is_of(session: &Session, run: &PhaseRun, table: &str) -> bool {
    run.latencies.iter().any(|latency| {
        let behaviour = session.contract(&latency.contract).and_then(|(_, contract)| contract.behaviour.as_deref());
        behaviour.and_then(|b| b.effects.as_ref()).is_some_and(|effects| effects.table == table)
    })
}

/// Entries by whose they are.
struct Sorted<'s> {
    session: &'s Session,
    /// Tables whose effects carry the ID of the call that caused them.
    marked: BTreeSet<String>,
    ledger: Log<LedgerEntry>,
    strays: BTreeMap<String, Strays>,
}

impl<'s> Sorted<'s> {
    fn of(session: &'s Session, company: Company) -> Self {
        let marked = if company == Company::Cases { BTreeSet::new() } else { marked(session, company) };
        Self { session, marked, ledger: Log::default(), strays: BTreeMap::new() }
    }

    fn take(&mut self, entries: Vec<LedgerEntry>) {
        for entry in entries {
            let own = entry.carried().filter(|text| is_own(&self.session.options.nonce, text)).map(mark);
            let own: BTreeSet<u64> = own.collect();
            if own.is_empty() && self.is_stray(&entry) {
                let table = entry.table.clone();
                let none = || Strays { table: entry.table.clone(), count: 0, first: Vec::new() };
                self.strays.entry(table).or_insert_with(none).take(&entry, SHOWN);
            }
            for mark in own {
                self.ledger.push(mark, entry.clone());
            }
        }
    }

    fn is_stray(&self, entry: &LedgerEntry) -> bool {
        entry.committed()
            && !entry.is_somebody_elses()
            && self.marked.contains(&entry.table)
            && !entry.carried().any(|text| self.session.was_sent_by_case(text))
    }
}

/// Tables whose effects carry the correlation ID of the call that caused them,
/// where each call has one: all of a scenario's have, of the cases' those that
/// a contract demands it of. A row that a tracking table speaks of does not.
fn marked(session: &Session, company: Company) -> BTreeSet<String> {
    let behaviours = || session.contracts.iter().filter_map(|contract| contract.behaviour.as_deref());
    let is_marked = |behaviour: &Behaviour| {
        let tracked = |effects: &Effects| matches!(effects.correlated_by, CorrelationCarrier::Tracking(_));
        let named = behaviour.correlation.as_ref().is_some_and(|c| company == Company::Nobody || c.missing.is_some());
        named && !behaviour.effects.as_ref().is_some_and(tracked)
    };
    let tables = |marked: bool| {
        let those = behaviours().filter(move |behaviour| is_marked(behaviour) == marked);
        those.filter_map(|behaviour| Some(behaviour.effects.as_ref()?.table.clone())).collect::<BTreeSet<String>>()
    };
    let unmarked = tables(false);
    tables(true).into_iter().filter(|table| !unmarked.contains(table)).collect()
}

//! What the ledger and the gateway's rows hold of a case that was played.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::player::Player;
use crate::contract::Contract;
use crate::contract::behaviour::CorrelationCarrier;
use crate::generate::{Case, Need, Step};
use crate::observe::{CallRun, GatewayRow, LedgerEntry};
use crate::target::{LedgerQuery, TargetError};
use crate::wire::{Exchange, FailureKind};

/// How many IDs or keys go into one query, so that its URL stays within what
/// servers take.
const PER_QUERY: usize = 400;

/// How long the ledger must be quiet before work that nobody waits for counts
/// as done, and how often that is tried, in real time.
const QUIET: Duration = Duration::from_millis(60);
const TRIES: usize = 40;

/// How long a row may take to be written after its answer was read, in real
/// time, before it counts as missing.
const ROW_WAITS: [Duration; 4] =
    [Duration::from_millis(2), Duration::from_millis(10), Duration::from_millis(40), Duration::from_millis(120)];

/// A case that was played.
pub(super) struct Aftermath<'a> {
    pub(super) player: &'a Player,
    pub(super) contract: &'a Contract,
    pub(super) case: &'a Case,
    pub(super) calls: &'a [CallRun],
    pub(super) correlations: &'a [String],
}

impl Aftermath<'_> {
    /// Entries under the case's correlation IDs, and those after `since` that
    /// carry no ID at all and touch a key that the case named.
    pub(super) async fn ledger(&self, since: u64) -> Result<Vec<LedgerEntry>, TargetError> {
        if !self.player.target.offers(Need::Effects) {
            return Ok(Vec::new());
        }
        let mut entries = self.read(since).await?;
        if self.exchanges().any(may_go_on) || self.leaves_work_behind() {
            let mut quiet = 0;
            for _ in 0..TRIES {
                tokio::time::sleep(QUIET).await;
                let now = self.read(since).await?;
                quiet = if now.len() == entries.len() { quiet + 1 } else { 0 };
                entries = now;
                if quiet == 3 {
                    break;
                }
            }
        }
        Ok(entries)
    }

    /// Whether work was taken that nobody asked about.
    fn leaves_work_behind(&self) -> bool {
        self.case.steps.iter().any(|step| matches!(step, Step::Unfollowed(_)))
    }

    /// The gateway's rows with the case's correlation IDs.
    pub(super) async fn rows(&self, since: u64) -> Result<Vec<GatewayRow>, TargetError> {
        let target = &self.player.target;
        let Some(control) = target.control.as_ref().filter(|_| target.offers(Need::GatewayRows)) else {
            return Ok(Vec::new());
        };
        let expected = self.exchanges().filter(|e| self.is_logged(e)).count();
        let mut waits = ROW_WAITS.iter();
        loop {
            let mut found = Vec::new();
            for some in self.correlations.chunks(PER_QUERY) {
                let (rows, seen) = control.rows(since, some).await?;
                self.player.rows_seen.fetch_max(seen, Ordering::Relaxed);
                found.extend(rows);
            }
            match waits.next() {
                Some(wait) if found.len() < expected => tokio::time::sleep(*wait).await,
                _ => return Ok(found),
            }
        }
    }

    fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.calls.iter().flat_map(|run| run.exchanges.iter().chain(&run.polls))
    }

    async fn read(&self, since: u64) -> Result<Vec<LedgerEntry>, TargetError> {
        let Some(control) = &self.player.target.control else { return Ok(Vec::new()) };
        let keys: HashSet<&str> = self.case.calls().flat_map(|c| &c.items).map(|item| &*item.id).collect();
        let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
        let mut entries: Vec<LedgerEntry> = Vec::new();
        for some in self.correlations.chunks(PER_QUERY) {
            let query = LedgerQuery { since, correlations: some.to_vec(), keys: Vec::new() };
            entries.extend(control.ledger(&query).await?);
        }
        for some in keys.chunks(PER_QUERY) {
            let query = LedgerQuery { since, correlations: Vec::new(), keys: some.to_vec() };
            entries.extend(control.ledger(&query).await?.into_iter().filter(|e| self.is_nobodys(e)));
        }
        entries.sort_by_key(|entry| entry.sequence);
        entries.dedup_by_key(|entry| entry.sequence);
        Ok(entries)
    }

    /// Whether an entry carries no correlation ID where one should stand.
    fn is_nobodys(&self, entry: &LedgerEntry) -> bool {
        let Some(behaviour) = &self.contract.behaviour else { return false };
        let field = |name: &str| entry.headers.get(&name.to_ascii_lowercase()).is_none_or(String::is_empty);
        let column = |name: &str| entry.column(name).is_none_or(|v| v.as_str().is_none_or(str::is_empty));
        // Only the declared way counts: an ID that stands elsewhere may have
        // been made up on the way.
        match behaviour.effects.as_ref().map(|effects| &effects.correlated_by) {
            Some(CorrelationCarrier::Column(name)) => column(name),
            Some(CorrelationCarrier::Header(name)) => field(name),
            Some(CorrelationCarrier::Tag) => entry.tag.as_deref().is_none_or(str::is_empty),
            None => behaviour.correlation.as_ref().is_none_or(|c| field(&c.header)),
        }
    }

    /// Whether the gateway must have written a row for it under one of the
    /// case's IDs.
    fn is_logged(&self, exchange: &Exchange) -> bool {
        let Some(behaviour) = &self.contract.behaviour else { return false };
        let Some(correlation) = &behaviour.correlation else { return false };
        exchange.response().is_some_and(|_| exchange.tier.is_some())
            && exchange
                .request
                .headers
                .get(&correlation.header)
                .is_some_and(|id| self.correlations.iter().any(|c| c == id))
    }
}

/// Whether work may go on behind an exchange that is over for its caller.
fn may_go_on(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Ok(response) => response.status == 504 || (response.status == 202 && !response.headers.contains("location")),
        Err(failure) => matches!(failure.kind, FailureKind::Timeout | FailureKind::Reset | FailureKind::Left),
    }
}

//! What the ledger and the gateway's rows hold of a case that was played.

use std::collections::HashSet;
use std::time::Duration;

use super::feed::Subscription;
use super::journal::is_nobodys;
use super::player::Player;
use crate::contract::Contract;
use crate::generate::{Case, CaseKind, Need, Step};
use crate::observe::{CallRun, GatewayRow, LedgerEntry, LogLine, ReadEntry};
use crate::target::{Control, LedgerQuery, TargetError};
use crate::wire::{Exchange, FailureKind, Tier};

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

/// What of the records is kept while a case is played.
pub(super) struct Watch<'p> {
    player: &'p Player,
    effects: Option<Kept<'p, LedgerEntry>>,
    rows: Option<Kept<'p, GatewayRow>>,
    reads: Option<Subscription<'p, ReadEntry>>,
    log: Option<Subscription<'p, LogLine>>,
}

/// How records come to a case: from the feed that all share, or, where its IDs
/// are only known afterwards, by a query of its own from a number on.
enum Kept<'p, T: super::feed::Record> {
    Fed(Subscription<'p, T>),
    Asked(u64),
}

/// What was recorded of a case.
#[derive(Default)]
pub(super) struct Recorded {
    pub(super) effects: Vec<LedgerEntry>,
    pub(super) rows: Vec<GatewayRow>,
    pub(super) reads: Vec<ReadEntry>,
    pub(super) log: Vec<LogLine>,
}

/// A case that was played.
pub(super) struct Aftermath<'a> {
    pub(super) contract: &'a Contract,
    pub(super) case: &'a Case,
    pub(super) calls: &'a [CallRun],
    pub(super) correlations: &'a [String],
}

impl<'p> Watch<'p> {
    /// Begins before the first call of a case.
    pub(super) async fn begin(
        player: &'p Player,
        contract: &Contract,
        case: &Case,
        correlations: &[String],
    ) -> Result<Self, TargetError> {
        let mut watch = Self { player, effects: None, rows: None, reads: None, log: None };
        let Some(control) = &player.target.control else { return Ok(watch) };
        let floods = case.steps.iter().any(|step| matches!(step, Step::Flood { .. }));
        if player.target.offers(Need::Effects) {
            watch.effects = Some(if floods {
                Kept::Asked(control.ledger_end().await?)
            } else {
                player.journal.effects.begin(control).await?;
                let behaviour = contract.behaviour.as_ref();
                Kept::Fed(player.journal.effects.subscribe(correlations, &keys(case), behaviour))
            });
        }
        let told = contract.behaviour.as_ref().is_some_and(|behaviour| behaviour.reads.is_some());
        if told && player.target.offers(Need::Effects) {
            player.journal.reads.begin(control).await?;
            watch.reads = Some(player.journal.reads.subscribe(correlations, &[], None));
        }
        if player.target.offers(Need::ServiceLog) && logged_member(contract).is_some() {
            player.journal.log.begin(control).await?;
            watch.log = Some(player.journal.log.subscribe(correlations, &[], None));
        }
        if player.target.offers(Need::GatewayRows) {
            watch.rows = Some(if floods {
                Kept::Asked(control.rows(u64::MAX >> 1, &[]).await?.1)
            } else {
                player.journal.rows.begin(control).await?;
                Kept::Fed(player.journal.rows.subscribe(correlations, &[], None))
            });
        }
        Ok(watch)
    }

    /// What was recorded of a case: entries under its correlation IDs, and
    /// those of this time that carry no ID at all and touch a key that it
    /// named; the gateway's rows with its IDs.
    pub(super) async fn end(self, of: &Aftermath<'_>) -> Result<Recorded, TargetError> {
        let Self { player, effects, rows, reads, log } = self;
        let Some(control) = &player.target.control else { return Ok(Recorded::default()) };
        let effects = async {
            match effects {
                Some(effects) => of.effects(player, control, effects).await,
                None => Ok(Vec::new()),
            }
        };
        let rows = async {
            match rows {
                Some(rows) => of.rows(player, control, rows).await,
                None => Ok(Vec::new()),
            }
        };
        let (effects, rows) = futures_util::future::try_join(effects, rows).await?;
        let reads = match reads {
            Some(subscription) => {
                player.journal.reads.catch_up(control).await?;
                subscription.take()
            }
            None => Vec::new(),
        };
        let log = match log {
            Some(subscription) => of.log(player, control, subscription).await?,
            None => Vec::new(),
        };
        Ok(Recorded { effects, rows, reads, log })
    }
}

impl Aftermath<'_> {
    async fn effects(
        &self,
        player: &Player,
        control: &Control,
        kept: Kept<'_, LedgerEntry>,
    ) -> Result<Vec<LedgerEntry>, TargetError> {
        let (mut count, mut entries) = self.read(player, control, &kept).await?;
        if self.exchanges().any(may_go_on) || self.leaves_work_behind() {
            let mut quiet = 0;
            for _ in 0..TRIES {
                tokio::time::sleep(QUIET).await;
                let now = self.read(player, control, &kept).await?;
                quiet = if now.0 == count { quiet + 1 } else { 0 };
                (count, entries) = now;
                if quiet == 3 {
                    break;
                }
            }
        }
        Ok(match kept {
            Kept::Fed(subscription) => subscription.take(),
            Kept::Asked(_) => entries,
        })
    }

    /// Whether work was taken that nobody asked about.
    fn leaves_work_behind(&self) -> bool {
        self.case.steps.iter().any(|step| matches!(step, Step::Unfollowed(_)))
    }

    /// How many entries there are by now, and those that were asked for.
    async fn read(
        &self,
        player: &Player,
        control: &Control,
        kept: &Kept<'_, LedgerEntry>,
    ) -> Result<(usize, Vec<LedgerEntry>), TargetError> {
        match kept {
            Kept::Fed(subscription) => {
                player.journal.effects.catch_up(control).await?;
                Ok((subscription.seen(), Vec::new()))
            }
            Kept::Asked(since) => self.ask(control, *since).await.map(|entries| (entries.len(), entries)),
        }
    }

    async fn rows(
        &self,
        player: &Player,
        control: &Control,
        kept: Kept<'_, GatewayRow>,
    ) -> Result<Vec<GatewayRow>, TargetError> {
        let expected = self.exchanges().filter(|e| self.is_logged(e)).count();
        let mut waits = ROW_WAITS.iter();
        loop {
            let (count, found) = match &kept {
                Kept::Fed(subscription) => {
                    player.journal.rows.catch_up(control).await?;
                    (subscription.seen(), Vec::new())
                }
                Kept::Asked(since) => {
                    let found = self.ask_rows(control, *since).await?;
                    (found.len(), found)
                }
            };
            match waits.next() {
                Some(wait) if count < expected => tokio::time::sleep(*wait).await,
                _ => {
                    return Ok(match kept {
                        Kept::Fed(subscription) => subscription.take(),
                        Kept::Asked(_) => found,
                    });
                }
            }
        }
    }

    /// Lines of the log; who writes them after the answer has as long as a row.
    async fn log(
        &self,
        player: &Player,
        control: &Control,
        subscription: Subscription<'_, LogLine>,
    ) -> Result<Vec<LogLine>, TargetError> {
        let answered = |e: &&Exchange| self.is_logged(e) && e.tier == Some(Tier::Service);
        let expected = self.exchanges().filter(answered).count();
        let mut waits = ROW_WAITS.iter();
        loop {
            player.journal.log.catch_up(control).await?;
            match waits.next() {
                Some(wait) if subscription.seen() < expected => tokio::time::sleep(*wait).await,
                _ => return Ok(subscription.take()),
            }
        }
    }

    fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.calls.iter().flat_map(|run| run.exchanges.iter().chain(&run.polls))
    }

    async fn ask(&self, control: &Control, since: u64) -> Result<Vec<LedgerEntry>, TargetError> {
        let mut entries: Vec<LedgerEntry> = Vec::new();
        for some in self.correlations.chunks(PER_QUERY) {
            let query = LedgerQuery { since, correlations: some.to_vec(), keys: Vec::new() };
            entries.extend(control.ledger(&query).await?);
        }
        for some in keys(self.case).chunks(PER_QUERY) {
            let query = LedgerQuery { since, correlations: Vec::new(), keys: some.to_vec() };
            let behaviour = self.contract.behaviour.as_deref();
            let nobodys = |e: &LedgerEntry| behaviour.is_some_and(|behaviour| is_nobodys(e, behaviour));
            entries.extend(control.ledger(&query).await?.into_iter().filter(nobodys));
        }
        entries.sort_by_key(|entry| entry.sequence);
        entries.dedup_by_key(|entry| entry.sequence);
        Ok(entries)
    }

    async fn ask_rows(&self, control: &Control, since: u64) -> Result<Vec<GatewayRow>, TargetError> {
        let mut found = Vec::new();
        for some in self.correlations.chunks(PER_QUERY) {
            found.extend(control.rows(since, some).await?.0);
        }
        Ok(found)
    }

    /// Whether the gateway must have written a row for it under one of the
    /// case's IDs.
    fn is_logged(&self, exchange: &Exchange) -> bool {
        let Some(behaviour) = &self.contract.behaviour else { return false };
        let Some(correlation) = &behaviour.correlation else { return false };
        if self.case.key.kind == CaseKind::Broken {
            // What an HTTP server refuses by itself no policy has seen.
            return false;
        }
        exchange.response().is_some_and(|_| exchange.tier.is_some())
            && exchange
                .request
                .headers
                .get(&correlation.header)
                .is_some_and(|id| self.correlations.iter().any(|c| c == id))
    }
}

/// The member of log lines that holds the correlation ID, where one is promised.
fn logged_member(contract: &Contract) -> Option<&str> {
    contract.behaviour.as_ref()?.correlation.as_ref()?.log.as_deref()
}

/// The keys that a case names, each once.
fn keys(case: &Case) -> Vec<String> {
    let keys: HashSet<&str> = case.calls().flat_map(|call| &call.items).map(|item| &*item.id).collect();
    keys.into_iter().map(str::to_owned).collect()
}

/// Whether work may go on behind an exchange that is over for its caller.
fn may_go_on(exchange: &Exchange) -> bool {
    match &exchange.outcome {
        Ok(response) => response.status == 504 || (response.status == 202 && !response.headers.contains("location")),
        Err(failure) => matches!(failure.kind, FailureKind::Timeout | FailureKind::Reset | FailureKind::Left),
    }
}

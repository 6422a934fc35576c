//! Calls as they were observed: whole in cases, condensed under load.

use std::sync::Arc;
use std::time::Duration;

use super::log::mark;
use super::{GatewayRow, HealthRun, LedgerEntry, LogLine, ReadEntry, ReceivedCall};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::generate::{Case, Item};
use crate::wire::{Exchange, FailureKind, Tier};

/// A case that was played, and everything that is known of it.
#[derive(Clone, Debug)]
pub struct CaseRun {
    /// What was tried.
    pub case: Arc<Case>,
    /// Its calls by number; those that were not reached are missing at the
    /// end.
    pub calls: Vec<CallRun>,
    /// What the ledger holds under the case's correlation IDs, and what was
    /// written meanwhile without any to keys that the case named.
    pub ledger: Vec<LedgerEntry>,
    /// What was read from Dataverse under the case's correlation IDs, where the
    /// contract says what may be read.
    pub reads: Vec<ReadEntry>,
    /// The gateway's rows with the case's correlation IDs.
    pub rows: Vec<GatewayRow>,
    /// Lines of the service's log that hold one of the case's correlation IDs,
    /// where the contract says that they do.
    pub log: Vec<LogLine>,
    /// What an API that the service calls back received of its jobs.
    pub callbacks: Vec<ReceivedCall>,
    /// Its searches for limits.
    pub searches: Vec<SearchRun>,
    /// The service's health while its calls were held; rounds in which nothing
    /// was held are missing.
    pub health: Vec<HealthRun>,
}

/// A search for a limit as it was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchRun {
    /// The number of its call in the case.
    pub call: usize,
    /// Every size that was tried, in order; `None` where the answer decides
    /// nothing.
    pub trials: Vec<(u64, Option<bool>)>,
    /// The largest size that was accepted.
    pub accepted: Option<u64>,
    /// The smallest size that was refused.
    pub refused: Option<u64>,
}

impl SearchRun {
    /// The exact limit, where it was found: the largest size that is accepted,
    /// one less than the smallest that is refused.
    pub fn exact(&self) -> Option<u64> {
        self.accepted.filter(|accepted| self.refused == Some(accepted + 1))
    }
}

/// One call of a case as it was observed.
#[derive(Clone, Debug)]
pub struct CallRun {
    /// Its number in the case.
    pub call: usize,
    /// Its attempts, in order: all but the last were answered 429 (or a quota's
    /// 403) and waited as told. A flood has one for each time it was sent.
    pub exchanges: Vec<Exchange>,
    /// Polls of the `Location` that a 202 gave.
    pub polls: Vec<Exchange>,
    /// The name of the client that called.
    pub client: Arc<str>,
}

impl CallRun {
    /// The last attempt.
    pub fn last(&self) -> Option<&Exchange> {
        self.exchanges.last()
    }

    /// What a flow takes as the result: the last poll, else the last attempt.
    pub fn result(&self) -> Option<&Exchange> {
        self.polls.last().or_else(|| self.exchanges.last())
    }
}

/// One exchange under load, condensed.
#[derive(Clone, Debug)]
pub struct CallRecord {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// The flow that called.
    pub flow: Arc<str>,
    /// The number of the flow's run.
    pub run: u64,
    /// From 1.
    pub attempt: u32,
    /// Whether this is a poll of a `Location`.
    pub poll: bool,
    /// The name of the client.
    pub client: Arc<str>,
    /// The correlation ID.
    pub correlation: Option<Arc<str>>,
    /// The items that it asked to execute.
    pub items: Arc<[Item]>,
    /// The step that tells it apart from another call of the run about the same
    /// items, where the contract knows one and the call named it.
    pub step: Option<Arc<str>>,
    /// Whether the contract promises to refuse it (an oversized body).
    pub refusable: bool,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Why there was none.
    pub failure: Option<FailureKind>,
    /// `Retry-After` in seconds, where the answer had one.
    pub retry_after: Option<u64>,
    /// Who answered.
    pub tier: Option<Tier>,
    /// When it was due, in real time since the run began.
    pub due: Duration,
    /// When it was sent.
    pub sent: Duration,
    /// When the answer was complete.
    pub done: Duration,
    /// What the shared clock showed when it was sent.
    pub sent_at: Timestamp,
    /// What the shared clock showed when it was done.
    pub done_at: Timestamp,
}

impl CallRecord {
    /// What it has in common with those that must be looked at together: calls
    /// with one correlation ID, else those of one run.
    pub fn mark(&self) -> u64 {
        self.correlation.as_deref().map_or(self.run, mark)
    }
}

//! A run while it goes on: inputs, target, judging, totals, and the signal to
//! stop.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::data_calls::DataCalls;
use super::inputs::Inputs;
use super::open::{Opened, could_not_run, open};
use super::pools::fetch_pools;
use super::systems::{Systems, are_alike};
use super::{Listener, Options, Progress, RunError, Stop, StopReason};
use crate::check::{CallMark, Checks, Finding, Judged, Judging, KnownFindings, NotChecked, Reach, Selection};
use crate::clock::Timestamp;
use crate::contract::{Contract, ContractId};
use crate::generate::{CaseKey, Generators, Need, Pools};
use crate::observe::{CaseRun, mark};
use crate::report::{Phase, Totals};
use crate::scenario::CallSource;
use crate::target::Target;

/// A run while it goes on.
pub(super) struct Session {
    pub(super) options: Options,
    pub(super) contracts: Arc<[Contract]>,
    pub(super) known: Arc<KnownFindings>,
    /// By the contract's place in `contracts`.
    pub(super) generators: Vec<Arc<Generators>>,
    /// By the contract's place in `contracts`.
    pub(super) pools: Vec<Arc<Pools>>,
    pub(super) target: Arc<Target>,
    /// The target, and what was started beside it, with who plays there.
    pub(super) systems: Systems,
    pub(super) stop: Stop,
    pub(super) listener: Listener,
    /// How many effects the ledger had seen when the run began.
    pub(super) effects_start: u64,
    /// The number of the gateway's rows when the run began.
    pub(super) rows_start: u64,
    pub(super) started: Timestamp,
    pub(super) clock_start: Timestamp,
    pub(super) began: Instant,
    judging: Mutex<Judging>,
    /// What judges: many cases at once, each without a memory.
    pub(super) checks: Checks,
    pub(super) selection: Selection,
    totals: AtomicTotals,
    gathered: Mutex<Gathered>,
    /// The marks of the correlation IDs that cases sent.
    case_ids: Mutex<HashSet<u64>>,
}

/// What piles up while a run goes on.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) phases: Vec<Phase>,
    pub(super) not_checked: Vec<NotChecked>,
    /// Cases that could not be made, by contract and reason.
    pub(super) could_not_make: BTreeMap<(ContractId, String), u64>,
    pub(super) notices: Vec<String>,
    /// The case that showed each finding first, by fingerprint.
    pub(super) shown_by: BTreeMap<String, CaseKey>,
    /// What came of the calls of the case that showed a finding first, by
    /// fingerprint.
    pub(super) calls: BTreeMap<String, Vec<CallMark>>,
    /// Why the target was given up.
    pub(super) lost: Option<String>,
    /// What of the contracts was tried.
    pub(super) reach: Reach,
    /// Where contracts contradict themselves.
    pub(super) ambiguous: Vec<String>,
    /// When `fail_fast` had its finding: cases played, wall time.
    pub(super) detected: Option<(u64, Duration)>,
}

#[derive(Default)]
struct AtomicTotals {
    cases: AtomicU64,
    exchanges: AtomicU64,
    throttled: AtomicU64,
}

impl Session {
    /// Opens the target and makes everything ready.
    pub(super) async fn open(
        options: Options,
        inputs: &Inputs,
        stop: Stop,
        listener: Listener,
    ) -> Result<Self, RunError> {
        let began = Instant::now();
        let started = Timestamp::system_now();
        let Opened { mut target, stack, service } = open(&options, &inputs.contracts, began).await?;
        // Promises that nobody made are not judged; those that were made are there.
        target.offers.insert(Need::Behaviour);
        if !are_alike(&inputs.contracts) {
            target.offers.remove(&Need::Apart);
        }
        let target = Arc::new(target);
        let generators = inputs.generators(&options).to_vec();
        let mut pools = Vec::new();
        let mut gathered = Gathered::default();
        for made in &generators {
            let (fetched, notices) = fetch_pools(made, &target, &options).await?;
            pools.push(Arc::new(fetched));
            gathered.notices.extend(notices);
        }
        let (mut effects_start, mut rows_start) = (0, 0);
        if let Some(control) = &target.control {
            effects_start = control.effects().await.map_err(could_not_run)?;
            rows_start = control.rows(u64::MAX >> 1, &[]).await.map_err(could_not_run)?.1;
        }
        let clock_start = target.clock.now();
        let selection =
            Selection::new(&options.only, &options.skip).map_err(|fault| RunError::Usage(fault.to_string()))?;
        let systems = Systems::new(&target, (stack, service), &options, &inputs.contracts);
        systems.faults.arm(&target).await?;
        let judging = Judging::weighed(&selection, &target.offers, options.weights.clone());
        Ok(Self {
            contracts: inputs.contracts.clone(),
            known: inputs.known.clone(),
            generators,
            pools,
            systems,
            target,
            stop,
            listener,
            effects_start,
            rows_start,
            started,
            clock_start,
            began,
            checks: judging.checks(),
            judging: Mutex::new(judging),
            selection,
            totals: AtomicTotals::default(),
            gathered: Mutex::new(gathered),
            case_ids: Mutex::default(),
            options,
        })
    }

    /// Takes note of the correlation IDs of a case.
    pub(super) fn sent_by_case(&self, run: &CaseRun) {
        let sent = run.case.calls().filter_map(|call| call.correlation.as_deref()).map(mark);
        self.case_ids.lock().unwrap_or_else(PoisonError::into_inner).extend(sent);
    }

    /// Whether a case had a text as its correlation ID.
    pub(super) fn was_sent_by_case(&self, text: &str) -> bool {
        self.case_ids.lock().unwrap_or_else(PoisonError::into_inner).contains(&mark(text))
    }

    /// Makes the clean-up calls of all contracts. What goes wrong is a notice.
    pub(super) async fn clean_up(&self) {
        for (generators, pools) in self.generators.iter().zip(&self.pools) {
            let Some(behaviour) = generators.contract().behaviour.clone().filter(|b| !b.clean_up.is_empty()) else {
                continue;
            };
            let (target, options) = (self.target.clone(), self.options.clone());
            let mut calls = DataCalls::new(generators.clone(), target, options, Pools::clone(pools));
            calls.play(&behaviour.clean_up, "clean-up").await;
            self.gathered().notices.extend(calls.into_parts().1);
        }
    }

    /// Judging, for one at a time and never across an await.
    pub(super) fn judging(&self) -> MutexGuard<'_, Judging> {
        self.judging.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does without something that the target offers.
    pub(super) fn withhold(&mut self, need: Need) {
        Arc::make_mut(&mut self.target).offers.remove(&need);
        let judging = Judging::new(&self.selection, &self.target.offers);
        *self.judging() = judging;
    }

    /// Ends judging: what stands.
    pub(super) fn end_judging(&self) -> Judged {
        let empty = Judging::new(&self.selection, &self.target.offers);
        std::mem::replace(&mut *self.judging(), empty).finish()
    }

    /// What piled up so far.
    pub(super) fn gathered(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count_case(&self) -> u64 {
        self.totals.cases.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts an exchange by its status; gives how many there are now.
    pub(super) fn count_exchange(&self, status: Option<u16>, retry_after: bool) -> u64 {
        if status == Some(429) || (status == Some(403) && retry_after) {
            self.totals.throttled.fetch_add(1, Ordering::Relaxed);
        }
        self.totals.exchanges.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn totals(&self, effects: u64) -> Totals {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Totals {
            cases: load(&self.totals.cases),
            exchanges: load(&self.totals.exchanges),
            effects,
            throttled: load(&self.totals.throttled),
        }
    }

    /// Tells new findings, and stops everybody where one is enough.
    pub(super) fn announce(&self, findings: &[Finding], shown_by: Option<&CaseKey>) {
        for finding in findings {
            if let Some(key) = shown_by {
                self.gathered().shown_by.entry(finding.fingerprint.clone()).or_insert_with(|| key.clone());
            }
            let known = self.known.of(finding, self.started).is_some_and(|(_, known)| !known.expired);
            if finding.level >= self.options.fail_on && !known {
                let whose = finding.contract.as_ref().map(|id| format!("{id}: ")).unwrap_or_default();
                self.listener.tell(Progress::Finding(format!("{whose}{}", finding.title)));
                if self.options.fail_fast && self.options.until.is_none_or(|family| family == finding.family) {
                    let cases = self.totals.cases.load(Ordering::Relaxed) + u64::from(shown_by.is_some());
                    self.gathered().detected.get_or_insert((cases, self.began.elapsed()));
                    self.stop.stop(StopReason::FailFast);
                }
            }
        }
    }

    /// Gives the target up: it went away by itself.
    pub(super) fn lose(&self, why: String) {
        self.gathered().lost.get_or_insert(why);
        self.stop.stop(StopReason::TargetLost);
    }

    /// Whether a case was asked for.
    pub(super) fn takes(&self, (contract, key): &(usize, CaseKey)) -> bool {
        self.options.takes(&self.contracts[*contract].id, &key.operation)
    }

    /// What makes the calls of scenarios.
    pub(super) fn sources(&self) -> Vec<CallSource> {
        let pairs = self.generators.iter().zip(&self.pools);
        pairs.map(|(generators, pools)| CallSource { generators: generators.clone(), pools: pools.clone() }).collect()
    }

    /// A contract by its id, with its place.
    pub(super) fn contract(&self, id: &crate::contract::ContractId) -> Option<(usize, &Contract)> {
        self.contracts.iter().enumerate().find(|(_, contract)| contract.id == *id)
    }
}

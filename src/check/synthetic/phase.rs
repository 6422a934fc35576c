//! Effects, and phases that were never run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::START;
use crate::check::judging::Judging;
use crate::check::{Check, Finding, PhaseSubject};
use crate::clock::Timestamp;
use crate::contract::{Contract, ContractId};
use crate::generate::Item;
use crate::observe::{
    CallRecord, ColumnChange, Intervals, LastPart, Latency, LedgerEntry, Log, Measured, Operation, OperationLatency,
    Operations, Outcome, PhaseRun, Way,
};
use crate::wire::Tier;

/// An effect on a row of `accounts`.
pub(in crate::check) fn effect(sequence: u64, key: &str, id: Option<&str>, at: Duration) -> LedgerEntry {
    let change = |name: &str, after: Value| ColumnChange { name: name.to_owned(), before: Value::Null, after };
    let mut columns = vec![change("name", json!("x"))];
    columns.extend(id.map(|id| change("new_correlationid", json!(id))));
    LedgerEntry {
        sequence,
        at: Timestamp::parse(START).unwrap().plus(at),
        outcome: Outcome::Committed,
        operation: Operation::Update,
        table: "accounts".into(),
        key: key.into(),
        columns,
        headers: BTreeMap::new(),
        tag: None,
        principal: "5b0c6f3e-0e0f-4a86-9d52-3a9f7d1c2e44".into(),
        way: Way::Gateway,
        request: sequence,
        batch: None,
        change_set: None,
        under_way: 1,
        dop_hint: 48,
        fault: None,
    }
}

/// A call under load of run `run`, sent so many milliseconds after the start
/// and answered 200 after 10 ms.
pub(in crate::check) fn record(run: u64, sent: u64) -> CallRecord {
    let (sent, done) = (Duration::from_millis(sent), Duration::from_millis(sent + 10));
    let start = Timestamp::parse(START).unwrap();
    CallRecord {
        contract: ContractId::new("bulk-update", "v1"),
        operation: "submitBatch".into(),
        flow: "flow".into(),
        run,
        attempt: 1,
        poll: false,
        client: "client-0".into(),
        correlation: Some(format!("id-{run}").into()),
        items: Arc::from([Item { id: format!("key-{run}").into(), content: 1 }]),
        step: None,
        refusable: false,
        status: Some(200),
        failure: None,
        retry_after: None,
        tier: Some(Tier::Service),
        due: sent,
        sent,
        done,
        sent_at: start.plus(sent),
        done_at: start.plus(done),
    }
}

/// A phase with these calls; latencies are those of the calls.
pub(in crate::check) fn phase(calls: Vec<CallRecord>, ledger: Vec<LedgerEntry>) -> PhaseRun {
    let (mut corrected, mut uncorrected) = (Latency::new(), Latency::new());
    for call in &calls {
        corrected.record(call.done.saturating_sub(call.due));
        uncorrected.record(call.done.saturating_sub(call.sent));
    }
    let latency = OperationLatency {
        contract: ContractId::new("bulk-update", "v1"),
        operation: "submitBatch".into(),
        corrected,
        uncorrected,
        failed: 0,
    };
    PhaseRun {
        scenario: "steady-day".into(),
        began: Duration::ZERO,
        ended: calls.iter().map(|c| c.done).max().unwrap_or_default(),
        due: calls.len() as u64,
        dropped: 0,
        turned_away: 0,
        operations: Operations::default(),
        lag: Latency::new(),
        latencies: vec![latency],
        intervals: Intervals::default(),
        measured: Measured { refusable: calls.iter().filter(|c| c.refusable).count() as u64, ..Measured::default() },
        thresholds: Vec::new(),
        calls: calls.into_iter().map(|call| (call.mark(), call)).collect(),
        unknown: Log::default(),
        strays: Vec::new(),
        faults: Vec::new(),
        ledger: Arc::new(ledger.into_iter().map(|entry| (0, entry)).collect()),
        cut: false,
        last: LastPart::default(),
    }
}

/// A phase that is meant to judge objectives.
pub(in crate::check) fn subject<'a>(contracts: &'a [Contract], run: &'a PhaseRun, interim: bool) -> PhaseSubject<'a> {
    PhaseSubject { contracts, run, interim, for_objectives: true, lag_share: 0.1 }
}

/// What a check finds in a phase that is over.
pub(in crate::check) fn phase_findings(check: &'static Check, contract: &Contract, run: &PhaseRun) -> Vec<Finding> {
    let contracts = [contract.clone()];
    Judging::of(vec![check]).phase(&subject(&contracts, run, false))
}

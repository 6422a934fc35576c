//! `capacity probe`: one client floods one operation, waits as told, and the
//! estimator says what was admitted.

use std::sync::Arc;
use std::time::Duration;

use super::gate::watch_budget;
use super::inputs::Inputs;
use super::session::Session;
use super::{Listener, Options, Progress, RunError, Stop, StopReason};
use crate::capacity::{Answer, Limits, Probe, ProbeReport, Step};
use crate::contract::{Contract, ContractId};
use crate::generate::{Call, CaseKey, CaseKind};
use crate::traffic::Client;
use crate::wire::{Request, Response};

/// What a probe looked at, and what it found.
#[derive(Debug)]
pub struct Probed {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// What was sent, in a few words.
    pub sent: String,
    /// What was found.
    pub report: ProbeReport,
}

/// Probes a contract: the one that is named, else the first that declares a
/// rate, else the first.
///
/// # Errors
/// The input has faults, no such contract exists, or the target can't be
/// reached.
pub async fn probe(named: Option<&str>, options: Options, stop: Stop, listener: Listener) -> Result<Probed, RunError> {
    let inputs = Inputs::load(&options, false)?;
    let index = choose(named, &inputs.contracts)?;
    let session = Session::open(options, &inputs, stop, listener).await?;
    let call = cheapest(&session, index)?;
    let contract = &session.contracts[index];
    let sent = format!("{} {}", call.request.method, call.request.target);
    session.listener.stage(format!("probing {} {} with {sent}", contract.id, call.operation));
    let watch = tokio::spawn(watch_budget(session.stop.clone(), session.options.budget));
    let report = carry_out(&session, contract, &call).await;
    watch.abort();
    session.clean_up().await;
    let report = report?;
    session.systems.stop().await;
    Ok(Probed { contract: contract.id.clone(), operation: call.operation.clone(), sent, report })
}

pub(super) fn choose(named: Option<&str>, contracts: &[Contract]) -> Result<usize, RunError> {
    let declares = |contract: &Contract| {
        contract.behaviour.as_ref().is_some_and(|b| b.throttling.as_ref().is_some_and(|t| t.rate.is_some()))
    };
    match named {
        None => Ok(contracts.iter().position(declares).unwrap_or(0)),
        Some(named) => contracts.iter().position(|contract| contract.id.to_string() == named).ok_or_else(|| {
            let known: Vec<String> = contracts.iter().map(|contract| contract.id.to_string()).collect();
            RunError::Usage(format!("no contract is called `{named}`: {}", known.join(", ")))
        }),
    }
}

/// The call that costs the target least: one that changes nothing and needs
/// nothing, else one that breaks the contract and so is admitted by the
/// gateway and refused by the service, without effect.
fn cheapest(session: &Session, index: usize) -> Result<Call, RunError> {
    let contract = &session.contracts[index];
    let operations = contract.openapi.operations.iter().filter(|o| session.options.takes(&contract.id, &o.id));
    let mut ranked: Vec<_> = operations.collect();
    ranked
        .sort_by_key(|operation| (!operation.is_safe() || operation.path.contains('{'), operation.path.contains('{')));
    for operation in ranked {
        let kind = if operation.is_safe() { CaseKind::Conforming } else { CaseKind::Violating };
        let key = CaseKey {
            contract: contract.id.clone(),
            operation: operation.id.clone(),
            kind,
            index: 0,
            shrunk: crate::generate::ShrinkPath::default(),
        };
        let options = &session.options;
        let case = session.generators[index].case(&key, options.seed, &options.nonce, &session.pools[index]);
        if let Some(call) = case.ok().and_then(|case| case.calls().next().cloned()) {
            return Ok(call);
        }
    }
    Err(RunError::Nothing(format!("no call of {} can be made", contract.id)))
}

async fn carry_out(session: &Session, contract: &Contract, call: &Call) -> Result<ProbeReport, RunError> {
    let target = &session.target;
    let identity = contract.behaviour.as_ref().and_then(|b| b.identity.as_ref());
    let name = format!("probe-{}", session.options.nonce.0);
    let mut client = Client::new(target.clone(), target.gateway.clone());
    let mut probe = Probe::new(limits(contract, target.clock.scale()));
    loop {
        match session.stop.reason() {
            None => {}
            Some(StopReason::Interrupted) => return Err(RunError::Interrupted),
            Some(_) => probe.cut(),
        }
        match probe.next(target.clock.now()) {
            Step::Done => break,
            Step::Wait(until) => {
                session.listener.tell(Progress::Stage(probe.progress()));
                tokio::select! {
                    () = target.clock.sleep_until(until) => {}
                    () = session.stop.stopped() => {}
                }
            }
            Step::Send => {
                let caller = target.clients.client(identity, name.clone()).await.map_err(super::open::could_not_run)?;
                let mut request = call.request.clone();
                renew_correlation(&mut request, contract);
                if let Some(token) = &caller.token {
                    request.headers.set("Authorization", format!("Bearer {}", token.expose()));
                }
                let exchange = client.send(request, target.elapsed(), 1).await;
                let retry_after = exchange.response().and_then(Response::retry_after_seconds).map(Duration::from_secs);
                probe.observe(Answer { sent_at: exchange.sent_at, status: exchange.status(), retry_after });
            }
        }
    }
    Ok(probe.report(contract.behaviour.as_ref().and_then(|b| b.throttling.as_ref())))
}

/// Enough calls to see that a rate is not held, and a margin that a busy
/// machine keeps: 100 ms of real time.
pub(super) fn limits(contract: &Contract, scale: f64) -> Limits {
    let defaults = Limits::default();
    let throttling = contract.behaviour.as_ref().and_then(|b| b.throttling.as_ref());
    let declared = throttling.and_then(|t| t.rate).map_or(0, |rate| rate.calls);
    let margin = defaults.margin.max(Duration::from_millis(100).mul_f64(scale));
    Limits { most: defaults.most.max(declared * 5 / 2), margin, ..defaults }
}

/// A new correlation ID for each call, where the contract wants one.
fn renew_correlation(request: &mut Request, contract: &Contract) {
    if let Some(correlation) = contract.behaviour.as_ref().and_then(|b| b.correlation.as_ref()) {
        request.headers.set(&correlation.header, uuid::Uuid::new_v4().to_string());
    }
}

//! One run of the score, without reports.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::trial;
use crate::check::{Family, Finding, Judged, Level};
use crate::generate::{Nonce, Seed};
use crate::run::inputs::Inputs;
use crate::run::session::Session;
use crate::run::{Listener, Options, Play, RunError, Stop, StopReason, gate};
use crate::scenario::Scenario;

/// What is played.
#[derive(Clone, Debug)]
pub(super) struct Wanted<'t> {
    /// The defect that is switched on.
    pub(super) defect: Option<&'t str>,
    /// The seed.
    pub(super) seed: u64,
    /// Cases for each contract.
    pub(super) cases: u32,
    /// The family whose first finding ends the run.
    pub(super) until: Option<Family>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub(super) struct Played {
    /// What was found, notices aside.
    pub(super) findings: Vec<Finding>,
    /// When the family that was waited for spoke: cases played, wall time.
    pub(super) detected: Option<(u64, Duration)>,
    /// Cases played.
    pub(super) cases: u64,
    /// Wall time.
    pub(super) took: Duration,
    /// Whether it ended since its budget was used up.
    pub(super) cut: bool,
}

/// Starts the embedded system, plays, judges; that it stops is seen to by those
/// that are `leaving`.
pub(super) async fn play(
    base: &Options,
    inputs: &Inputs,
    scenarios: &[&Scenario],
    wanted: &Wanted<'_>,
    stop: &Stop,
    leaving: &mut JoinSet<()>,
) -> Result<Played, RunError> {
    let options = Options {
        seed: Seed(wanted.seed),
        nonce: Nonce::fresh(),
        cases: Some(wanted.cases),
        fail_fast: wanted.until.is_some(),
        until: wanted.until,
        ..trial::switched_on(base.clone(), wanted.defect)
    };
    let own = Stop::new();
    let session = Arc::new(Session::open(options, inputs, own.clone(), Listener::nobody()).await?);
    let outcome = tokio::select! {
        outcome = gate::carry_out(&session, &Play::Score, scenarios) => outcome,
        () = gate::watch_budget(own.clone(), base.budget), if base.budget.is_some() => Ok(()),
        // What is under way then is left to itself: it sees the stop.
        () = own.stopped() => Ok(()),
        () = stop.stopped() => {
            own.stop(stop.reason().unwrap_or(StopReason::Interrupted));
            Ok(())
        }
    };
    let Judged { mut findings, .. } = session.end_judging();
    findings.retain(|finding| finding.level > Level::Information);
    let over = session.clone();
    leaving.spawn(async move { over.systems.stop().await });
    outcome?;
    let lost = session.gathered().lost.clone();
    if let Some(why) = lost {
        return Err(RunError::CouldNotRun(why));
    }
    let detected = session.gathered().detected;
    let cut = own.reason() == Some(StopReason::Budget);
    Ok(Played { findings, detected, cases: session.totals(0).cases, took: session.began.elapsed(), cut })
}

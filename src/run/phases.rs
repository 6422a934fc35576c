//! Runs scenarios side by side, judges every exchange as it comes, and each
//! phase when it is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::ledger;
use super::partial::PartialPhases;
use super::session::Session;
use super::{Progress, RunError};
use crate::check::{ExchangeSubject, Glances, NotChecked, Origin, PhaseSubject, looked_up};
use crate::observe::{CallRecord, Event, Glance, Glimpse, Measured, Operations, PhaseRun, Seconds, Sink};
use crate::report::Phase;
use crate::scenario::{Overrides, Plan, Scenario};
use crate::traffic;
use crate::wire::{Exchange, Fault};

/// How often it is told how many exchanges there were.
const TOLD_EVERY: u64 = 50;

/// How often `--fail-fast` judges a phase that still goes on, in exchanges.
const INTERIM_EVERY: u64 = 100;

/// What scenarios run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Company {
    /// Nothing: they are what was asked for.
    Nobody,
    /// Nothing, after all else.
    AfterAll,
    /// Cases.
    Cases,
}

/// Runs scenarios in one attack. A scenario that needs what is not offered is
/// not checked. Objectives are told where they can't be judged only in steady
/// scenarios, and in one that was asked for alone.
pub(super) async fn run_all(session: &Arc<Session>, scenarios: &[&Scenario], company: Company) -> Result<(), RunError> {
    let plans: Vec<Plan> = scenarios.iter().filter_map(|scenario| plan(session, scenario)).collect();
    if plans.is_empty() || session.stop.reason().is_some() {
        return Ok(());
    }
    let since = match &session.target.control {
        Some(control) => control.ledger_end().await.map_err(super::open::could_not_run)?,
        None => 0,
    };
    let (sink, events) = Sink::new();
    let armed = || session.options.faults.iter().map(|plan| plan.fault.clone());
    let planned = plans.iter().flat_map(|plan| &plan.faults).map(|f| f.fault.clone());
    let partial = PartialPhases::beside(planned.chain(armed()).collect());
    let glances = Arc::new(Glances::default());
    let judge = tokio::spawn(judge_exchanges(session.clone(), events, partial, glances.clone()));
    // What is judged in between is judged with all that was seen.
    let sink = if session.options.fail_fast {
        sink
    } else {
        sink.glancing(Arc::new(Counting { glances: glances.clone(), session: session.clone() }))
    };
    let runs = traffic::attack(&session.target, plans, &sink, session.stop.signal()).await;
    drop(sink);
    judge.await.map_err(|panic| RunError::CouldNotRun(format!("judging broke down: {panic}")))?;
    session.judging().take(glances.counted());
    let mut runs = runs.map_err(|fault| RunError::CouldNotRun(fault.to_string()))?;
    ledger::fill(session, &mut runs, since, company).await?;
    // What one scenario does to Dataverse reaches those that run beside it.
    let faults: Vec<Fault> = runs.iter().flat_map(|run| run.faults.iter().cloned()).chain(armed()).collect();
    for mut run in runs {
        run.faults.clone_from(&faults);
        let tagged = scenarios.iter().any(|s| s.name == run.scenario && s.is_tagged("steady"));
        finish_phase(session, &run, tagged || (company == Company::Nobody && scenarios.len() == 1));
        if let Some(error) = run.calls.failure().or_else(|| run.ledger.failure()) {
            return Err(RunError::CouldNotRun(format!("what was seen under load can't be kept: {error}")));
        }
    }
    Ok(())
}

/// Counts what needs no more than a glance.
struct Counting {
    glances: Arc<Glances>,
    session: Arc<Session>,
}

impl std::fmt::Debug for Counting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.glances.fmt(f)
    }
}

impl Glance for Counting {
    fn is_plain(&self, glimpse: &Glimpse<'_>) -> bool {
        let plain = self.glances.is_plain(glimpse);
        if plain {
            let seen = self.session.count_exchange(Some(glimpse.status), false);
            if seen.is_multiple_of(TOLD_EVERY * 20) {
                self.session.listener.tell(Progress::Load { exchanges: seen });
            }
        }
        plain
    }
}

/// The plan of a scenario; `None` where it can't be run here, which is noted.
pub(super) fn plan(session: &Session, scenario: &Scenario) -> Option<Plan> {
    let not_checked = |why: String| {
        session.gathered().not_checked.push(NotChecked {
            what: format!("scenario {}", scenario.name),
            contract: None,
            why,
        });
    };
    let lacks = session.target.lacks(&scenario.needs);
    if !lacks.is_empty() {
        let words: Vec<String> = lacks.iter().map(ToString::to_string).collect();
        not_checked(format!("the target does not offer {}", words.join(", ")));
        return None;
    }
    let overrides = Overrides { rate: session.options.rate, time_scale: session.target.clock.scale() };
    let options = &session.options;
    match crate::scenario::plan(scenario, &session.sources(), options.seed, &options.nonce, overrides) {
        Ok(plan) => Some(plan),
        Err(faults) => {
            let reasons: Vec<String> = faults.iter().map(|fault| format!("{} ({})", fault.what, fault.place)).collect();
            not_checked(reasons.join("; "));
            None
        }
    }
}

/// Judges exchanges in the order in which they come, until traffic is done.
async fn judge_exchanges(
    session: Arc<Session>,
    mut events: mpsc::Receiver<Event>,
    mut partial: PartialPhases,
    glances: Arc<Glances>,
) {
    let mut seen: u64 = 0;
    while let Some(event) = events.recv().await {
        match event {
            Event::Call { scenario, record, exchange } => {
                seen = session.count_exchange(record.status, record.retry_after.is_some());
                judge_one(&session, &scenario, &record, (&exchange, &glances));
                if session.options.fail_fast {
                    partial.add(&scenario, *record);
                }
            }
            Event::Live(scenarios) => {
                session.listener.tell(Progress::Live(scenarios));
                continue;
            }
            Event::Dropped { .. } => {}
        }
        if seen.is_multiple_of(TOLD_EVERY) {
            session.listener.tell(Progress::Load { exchanges: seen });
        }
        if session.options.fail_fast && partial.due_for_judging(INTERIM_EVERY) {
            for run in partial.runs() {
                let contracts = &session.contracts;
                let lag_share = session.options.lag_share;
                let subject = PhaseSubject { contracts, run, interim: true, for_objectives: false, lag_share };
                let findings = session.judging().phase(&subject);
                session.announce(&findings, None);
            }
        }
    }
}

fn judge_one(
    session: &Session,
    scenario: &Arc<str>,
    record: &CallRecord,
    (exchange, glances): (&Arc<Exchange>, &Glances),
) {
    let Some((_, contract)) = session.contract(&record.contract) else { return };
    let subject = ExchangeSubject {
        contract,
        operation: contract.openapi.operations.iter().find(|o| o.id == record.operation).map(|o| &**o),
        call: None,
        // What only announces content keeps no contract.
        conforming: !record.refusable && !exchange.request.headers.contains("x-ms-transfer-mode"),
        correlation: record.correlation.as_deref(),
        exchange,
        origin: Origin::Phase(scenario.clone()),
    };
    let examined = session.checks.exchange(&subject);
    if !record.poll && subject.operation.is_some_and(|operation| operation.method == exchange.request.method) {
        glances.learn(&subject, &examined);
    }
    let findings = session.judging().take(examined);
    session.announce(&findings, None);
}

fn finish_phase(session: &Session, run: &PhaseRun, for_objectives: bool) {
    let lag_share = session.options.lag_share;
    let subject = PhaseSubject { contracts: &session.contracts, run, interim: run.cut, for_objectives, lag_share };
    let findings = session.judging().phase(&subject);
    session.announce(&findings, None);
    let took = run.ended.saturating_sub(run.began);
    let by_second = with_effects(session, run);
    let mut gathered = session.gathered();
    if run.cut {
        gathered.not_checked.push(NotChecked {
            what: format!("scenario {}", run.scenario),
            contract: None,
            why: format!("cut short after {}: {}", seconds(took), stopped_because(session, run)),
        });
    }
    gathered.phases.push(Phase {
        scenario: run.scenario.clone(),
        began: run.began,
        took,
        offered: run.offered(),
        due: run.due,
        dropped: run.dropped,
        turned_away: run.turned_away,
        exchanges: run.calls.len(),
        operations: accounted(session, run),
        lag: run.lag.clone(),
        latencies: run.latencies.clone(),
        intervals: run.intervals.clone(),
        measured: Measured { seconds: by_second, ..run.measured.clone() },
        thresholds: run.thresholds.clone(),
        cut: run.cut,
    });
}

/// What became of its operations; those of which nobody knows are looked up.
fn accounted(session: &Session, run: &PhaseRun) -> Operations {
    if session.target.control.is_none() {
        return run.operations;
    }
    let (unknown_done, unknown_undone) = looked_up(&session.contracts, run);
    Operations { unknown_done, unknown_undone, ..run.operations }
}

/// Why a scenario did not come to its end.
fn stopped_because(session: &Session, run: &PhaseRun) -> String {
    match run.thresholds.iter().find(|kept| kept.aborted) {
        Some(kept) => format!("a threshold was broken that ends it ({})", kept.threshold),
        None => super::finish::stopped_because(session.stop.reason()).to_owned(),
    }
}

/// The seconds of a scenario with what was written in each.
fn with_effects(session: &Session, run: &PhaseRun) -> Seconds {
    let mut seconds = run.measured.seconds.clone();
    let (clock, elapsed) = (&session.target.clock, session.target.elapsed());
    let now = clock.now();
    if run.ledger.is_empty() {
        return seconds;
    }
    for part in run.parts() {
        for entry in part.ledger.iter().filter(|entry| entry.committed()) {
            // The clock may have jumped meanwhile.
            let at = elapsed.saturating_sub(clock.real(now.since(entry.at)));
            seconds.at(at.clamp(run.began, run.ended)).effects += 1;
        }
    }
    seconds
}

fn seconds(span: Duration) -> String {
    crate::clock::format_duration(span)
}

//! `gate`, `check` and `load`: what is played, in which order, within which
//! budget.

use std::sync::Arc;
use std::time::Duration;

use super::inputs::{Inputs, known_checks};
use super::phases::{self, Company};
use super::session::Session;
use super::{Listener, Options, Progress, RunError, Stop, StopReason, cases, finish, guest};
use crate::contract::Contract;
use crate::diagnose::{Diagnostics, Severity};
use crate::generate::Need;
use crate::policy;
use crate::report::Run;
use crate::scenario::Scenario;

/// Wall time of `gate` where nothing else is asked for.
const GATE_BUDGET: Duration = Duration::from_secs(80);

/// The same around a service of the user's, which keeps real time and shares the
/// machine with the harness.
const SERVICE_BUDGET: Duration = Duration::from_secs(220);

/// Cases for each contract around a service of the user's: seven shipped
/// contracts make over 1,700 together.
const SERVICE_CASES: u32 = 250;

/// Cases for each contract where nothing else is asked for: four shipped
/// contracts make over 2,000 together.
pub(super) const CASES: u32 = 600;

/// Cases of an operation of a document with many.
const CASES_OF_OPERATION: u32 = 12;

/// What a run plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Play {
    /// Cases, and every scenario tagged `gate`.
    Gate,
    /// Cases alone.
    Check,
    /// Scenarios alone: these, or all of them.
    Load(Vec<String>),
    /// Cases, and every scenario tagged `score`: one run of the score.
    Score,
}

impl Play {
    /// The subcommand's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Check => "check",
            Self::Load(_) => "load",
            Self::Score => "score",
        }
    }

    fn plays_cases(&self) -> bool {
        !matches!(self, Self::Load(_))
    }

    fn plays_scenarios(&self) -> bool {
        !matches!(self, Self::Check)
    }
}

/// Runs `gate`, `check` or `load` to its verdict.
///
/// # Errors
/// The input has faults, the target can't be reached, or there is nothing to
/// execute. A target that is lost in mid-run is a verdict, not an error.
pub async fn judge(play: &Play, options: Options, stop: Stop, listener: Listener) -> Result<Run, RunError> {
    known_checks(&options)?;
    let inputs = load(play, &options)?;
    let chosen = choose(play, &inputs)?;
    let mut session = Session::open(options, &inputs, stop, listener).await?;
    let apart = session.target.offers(Need::Apart);
    if *play == Play::Gate && !apart && chosen.iter().any(|scenario| scenario.is_tagged("steady")) {
        // It runs beside the cases, and must not be cut off by them.
        session.withhold(Need::Restart);
    }
    let session = Arc::new(session);
    introduce(&session, &inputs);
    let budget = budget(play, &session.options);
    let watch = tokio::spawn(watch_budget(session.stop.clone(), budget));
    let outcome = {
        // The whole of it is played, also where the service is gone: what is
        // under way stops by itself.
        let (carried, watched) = (carry_out(&session, play, &chosen), guest::watch(&session));
        tokio::pin!(carried);
        tokio::select! {
            outcome = &mut carried => outcome,
            () = watched => carried.await,
        }
    };
    watch.abort();
    if let Err(fault) = outcome {
        session.lose(fault.to_string());
    }
    session.listener.stage("summing up");
    finish::finish(session, play.name()).await
}

/// The most wall time of a run; `None`: as long as it takes.
pub(super) fn budget(play: &Play, options: &Options) -> Option<Duration> {
    let by_default = match options.target {
        super::TargetChoice::Service(_) => SERVICE_BUDGET,
        _ => GATE_BUDGET,
    };
    options.budget.or((*play == Play::Gate).then_some(by_default))
}

/// Loads the inputs; for the embedded system its policies are linted as well,
/// so that all faults come at once.
pub(super) fn load(play: &Play, options: &Options) -> Result<Inputs, RunError> {
    let inputs = Inputs::load(options, play.plays_scenarios())?;
    if options.target.is_embedded() {
        let faults: Diagnostics = policy::lint(&options.mocks.join("gateway"));
        if faults.has_errors() {
            return Err(RunError::Input(faults));
        }
    }
    Ok(inputs)
}

/// The scenarios that are run.
pub(super) fn choose<'a>(play: &Play, inputs: &'a Inputs) -> Result<Vec<&'a Scenario>, RunError> {
    let Play::Load(names) = play else {
        let tag = if *play == Play::Score { "score" } else { "gate" };
        let tagged = inputs.scenarios.iter().filter(|s| s.is_tagged(tag));
        return Ok(if play.plays_scenarios() { tagged.collect() } else { Vec::new() });
    };
    let known: Vec<&str> = inputs.scenarios.iter().map(|s| s.name.as_ref()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let near = crate::diagnose::closest(unknown, known.iter().copied()).map(|n| format!("; did you mean `{n}`?"));
        let list = if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
        return Err(RunError::Usage(format!("no scenario is called `{unknown}`: {list}{}", near.unwrap_or_default())));
    }
    let chosen: Vec<&Scenario> =
        inputs.scenarios.iter().filter(|s| names.is_empty() || names.iter().any(|name| **name == *s.name)).collect();
    if chosen.is_empty() {
        return Err(RunError::Nothing("no scenario to run".to_owned()));
    }
    Ok(chosen)
}

fn introduce(session: &Session, inputs: &Inputs) {
    let mut kept = session.gathered();
    let gathered = &mut *kept;
    for remark in &inputs.remarks {
        let line = format!("{}: {}", remark.place, remark.what);
        // What a contract says twice and not alike is no notice: nobody can
        // say which of the two is promised.
        let list = if remark.severity == Severity::Notice { &mut gathered.notices } else { &mut gathered.ambiguous };
        list.push(line);
    }
    drop(kept);
    session.listener.tell(Progress::Facts(vec![
        ("target", format!("{} at {}", session.target.name, session.target.gateway)),
        ("contracts", session.contracts.iter().map(|c| c.id.to_string()).collect::<Vec<_>>().join(", ")),
        ("seed", session.options.seed.0.to_string()),
        ("nonce", session.options.nonce.0.to_string()),
    ]));
}

pub(super) async fn watch_budget(stop: Stop, budget: Option<Duration>) {
    if let Some(budget) = budget {
        tokio::time::sleep(budget).await;
        stop.stop(StopReason::Budget);
    }
}

/// How many cases each contract gets, where nobody says it: enough that each
/// operation of a large document has its share.
pub(super) fn cases_each(options: &Options, contracts: &[Contract]) -> u32 {
    let taken = |contract: &Contract| {
        let operations = contract.openapi.operations.iter();
        operations.filter(|o| options.takes(&contract.id, &o.id)).count() as u32
    };
    let largest = contracts.iter().map(taken).max().unwrap_or(0);
    let few = matches!(options.target, super::TargetChoice::Service(_));
    let by_default = if few { SERVICE_CASES } else { CASES };
    options.cases.unwrap_or_else(|| by_default.max(largest.saturating_mul(CASES_OF_OPERATION)))
}

/// The scenarios tagged `steady` run beside the cases, which load the target lightly;
/// the others come after, side by side.
pub(super) async fn carry_out(session: &Arc<Session>, play: &Play, chosen: &[&Scenario]) -> Result<(), RunError> {
    let planned = play.plays_cases().then(|| cases::plan(session, cases_each(&session.options, &session.contracts)));
    let (steady, rest): (Vec<&Scenario>, Vec<&Scenario>) =
        chosen.iter().copied().partition(|s| s.is_tagged("steady") || *play == Play::Score);
    let company = if matches!(play, Play::Load(_)) { Company::Nobody } else { Company::AfterAll };
    if let Some(planned) = &planned {
        session.listener.stage(format!("playing {} cases", planned.planned()));
    }
    if !steady.is_empty() {
        session.listener.stage(format!("running {}", names(&steady)));
    }
    match planned {
        Some(planned) => cases::play_all(session, planned, &steady).await?,
        None => phases::run_all(session, &steady, company).await?,
    }
    if !rest.is_empty() && session.stop.reason().is_none() {
        session.listener.stage(format!("running {}", names(&rest)));
        phases::run_all(session, &rest, company).await?;
    }
    if session.stop.reason().is_some() {
        note_unstarted(session, &rest);
    }
    Ok(())
}

/// Scenarios that a stop kept from starting.
fn note_unstarted(session: &Session, rest: &[&Scenario]) {
    let mut gathered = session.gathered();
    for scenario in rest {
        let what = format!("scenario {}", scenario.name);
        let known = gathered.phases.iter().any(|p| p.scenario == scenario.name)
            || gathered.not_checked.iter().any(|n| n.what == what);
        if !known {
            let why = finish::stopped_because(session.stop.reason()).to_owned();
            gathered.not_checked.push(crate::check::NotChecked { what, contract: None, why });
        }
    }
}

fn names(scenarios: &[&Scenario]) -> String {
    scenarios.iter().map(|s| s.name.as_ref()).collect::<Vec<_>>().join(", ")
}

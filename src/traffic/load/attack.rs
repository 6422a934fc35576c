//! Several plans side by side, from one start: what is due at an instant
//! ([`open`](super::open)) and virtual users ([`closed`](super::closed)).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::watch;

use super::closed::closed;
use super::open::open;
use super::phase::Phase;
use super::pulse::pulse;
use crate::generate::Need;
use crate::observe::{Event, PhaseRun, Sink};
use crate::scenario::Plan;
use crate::target::{Target, TargetError};
use crate::traffic::armed::Armed;

/// How often it is told how the scenarios stand, in real time.
const TOLD_EVERY: Duration = Duration::from_millis(500);

/// Files and connections beside those of calls.
const OTHERS: u64 = 200;

/// How many tokens are asked for at once before the start.
const TOKENS_AT_ONCE: usize = 8;

/// Why plans could not be played.
#[derive(Debug, thiserror::Error)]
pub enum AttackError {
    /// The target does not offer what a scenario needs.
    #[error("the scenario {scenario} needs {need}, which the target does not offer")]
    Lacks {
        /// The scenario.
        scenario: Arc<str>,
        /// What it needs.
        need: Need,
    },
    /// The target's own surfaces failed, or no token can be had.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A call that was due could not be made.
    #[error("the scenario {scenario} has a call that can't be made: {reason}")]
    CouldNotMake {
        /// The scenario.
        scenario: Arc<str>,
        /// Why not.
        reason: String,
    },
    /// A connection that was to be open before the start is not.
    #[error("no connection to the gateway: {0}")]
    Connect(String),
    /// This process may not have as many files and connections open as needed.
    #[error(
        "{wanted} files and connections may be needed at once, and this process may have {limit}: lower `at_once`, \
         or raise the limit (`ulimit -n {wanted}`)"
    )]
    Descriptors {
        /// How many may be needed.
        wanted: u64,
        /// How many are allowed.
        limit: u64,
    },
    /// What was measured can't be kept.
    #[error("latencies can't be kept in a temporary file: {0}")]
    Kept(#[from] std::io::Error),
    /// Goose could not run.
    #[error("the pool of virtual users failed: {0}")]
    Pool(String),
}

/// Plays plans side by side, each from the same start, until all their runs
/// have ended or `stop` turns true. What is seen is told to the sink as it
/// happens, and traffic holds no end of it any more afterwards; each plan's
/// phase is given at the end, in the order of the plans, without its ledger.
///
/// # Errors
/// A plan's needs are not met, a token or a call can't be made, or Goose fails.
pub async fn attack(
    target: &Arc<Target>,
    plans: Vec<Plan>,
    sink: &Sink,
    stop: watch::Receiver<bool>,
) -> Result<Vec<PhaseRun>, AttackError> {
    for plan in &plans {
        if let Some(need) = target.lacks(&plan.needs).first() {
            return Err(AttackError::Lacks { scenario: plan.scenario.clone(), need: *need });
        }
    }
    for plan in &plans {
        fetch_tokens(target, plan).await?;
    }
    let phase = |plan| Arc::new(Phase::new(target.clone(), plan, sink.clone(), *stop.borrow()));
    let phases: Vec<Arc<Phase>> = plans.into_iter().map(phase).collect();
    for phase in &phases {
        phase.prepare()?;
    }
    let mut armed = Armed::at(target.control.clone());
    descriptors(&phases)?;
    for phase in &phases {
        phase.connect().await?;
    }
    let mut beside = tokio::task::JoinSet::new();
    let played = {
        beside.spawn(pulse(phases.clone()));
        beside.spawn(halt(phases.clone(), stop));
        let mut playing = pin!(play(&phases, &mut armed));
        let mut told = tokio::time::interval(TOLD_EVERY);
        loop {
            tokio::select! {
                played = &mut playing => break played,
                _ = told.tick() => sink.tell(Event::Live(phases.iter().map(|phase| phase.live()).collect())).await,
            }
        }
    };
    beside.shutdown().await;
    let cleared = armed.clear().await;
    played?;
    cleared?;
    phases.into_iter().map(|phase| phase.finish()).collect()
}

/// Halts all once they are to stop.
async fn halt(phases: Vec<Arc<Phase>>, mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_ok() {
        phases.iter().for_each(|phase| phase.halt());
    }
}

async fn play(phases: &[Arc<Phase>], armed: &mut Armed) -> Result<(), AttackError> {
    for phase in phases {
        phase.arm(armed).await?;
        phase.begin()?;
    }
    let (_, users) = tokio::join!(join_all(phases.iter().map(open)), closed(phases));
    users
}

/// Raises the limit of what this process may have open, where it can and must.
fn descriptors(phases: &[Arc<Phase>]) -> Result<(), AttackError> {
    let calls: usize =
        phases.iter().map(|phase| phase.plan.most_calls().max(phase.plan.connections.opened as usize)).sum();
    // Where the system is ours it may be in this process: each connection with
    // its other end, one to the service behind the gateway, one to Dataverse.
    let each = if phases.iter().any(|phase| phase.target.control.is_some()) { 6 } else { 1 };
    let wanted = calls as u64 * each + OTHERS;
    let limit = getrlimit(Resource::Nofile);
    let Some(now) = limit.current.filter(|now| *now < wanted) else { return Ok(()) };
    let raised = limit.maximum.map_or(wanted, |most| most.min(wanted));
    // Where it can't be raised, what is allowed is told.
    let allowed =
        setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }).map_or(now, |()| raised);
    if allowed < wanted { Err(AttackError::Descriptors { wanted, limit: allowed }) } else { Ok(()) }
}

/// Tokens are got beforehand, so that no flow waits for one.
async fn fetch_tokens(target: &Target, plan: &Plan) -> Result<(), AttackError> {
    let wanted = plan.flows.iter().flat_map(|flow| {
        flow.actions.iter().flat_map(move |action| flow.clones.iter().map(move |clone| (action, &clone.client)))
    });
    let mut seen = std::collections::HashSet::new();
    let wanted: Vec<_> = wanted.filter(|(action, client)| seen.insert((&action.contract, *client))).collect();
    let fetched: Vec<Result<(), TargetError>> = stream::iter(wanted)
        .map(|(action, client)| async move {
            let identity = action.contract().behaviour.as_ref().and_then(|b| b.identity.as_ref());
            target.clients.client(identity, client.clone()).await.map(drop)
        })
        .buffer_unordered(TOKENS_AT_ONCE)
        .collect()
        .await;
    fetched.into_iter().collect::<Result<(), _>>().map_err(AttackError::from)
}

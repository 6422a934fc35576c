//! Several plans side by side, from one start: what is due at an instant
//! ([`open`](super::open)) and virtual users ([`closed`](super::closed)).

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use super::closed::closed;
use super::open::open;
use super::phase::Phase;
use crate::generate::Need;
use crate::observe::{PhaseRun, Sink};
use crate::scenario::Plan;
use crate::target::{Target, TargetError};
use crate::traffic::armed::Armed;

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
    let phase = |plan| Arc::new(Phase::new(target.clone(), plan, sink.clone(), stop.clone()));
    let phases: Vec<Arc<Phase>> = plans.into_iter().map(phase).collect();
    for phase in &phases {
        phase.prepare()?;
    }
    let mut armed = Armed::at(target.control.clone());
    let played = play(&phases, &mut armed).await;
    let cleared = armed.clear().await;
    played?;
    cleared?;
    phases.into_iter().map(|phase| phase.finish()).collect()
}

async fn play(phases: &[Arc<Phase>], armed: &mut Armed) -> Result<(), AttackError> {
    for phase in phases {
        phase.arm(armed).await?;
        phase.begin()?;
    }
    let (_, users) = tokio::join!(join_all(phases.iter().map(open)), closed(phases));
    users
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
            target.clients.client(identity, client).await.map(drop)
        })
        .buffer_unordered(TOKENS_AT_ONCE)
        .collect()
        .await;
    fetched.into_iter().collect::<Result<(), _>>().map_err(AttackError::from)
}

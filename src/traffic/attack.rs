//! Several plans side by side in one Goose attack.
//!
//! Goose gives the pool of virtual users and their life cycle, nothing else: a
//! user is handed one transaction that serves tickets until there are none.
//! Requests go out through our own clients and are measured by us, so Goose's
//! metrics, reports and controllers are off. It sets an interrupt handler that
//! leaves the process at the second ctrl-c, unless the `ctrlc` crate has one
//! already: whoever wants to end a run in order sets his own before.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::{StreamExt, stream};
use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use tokio::sync::{Mutex, OwnedMutexGuard, mpsc, watch};

use super::armed::Armed;
use super::hush::hush;
use super::phase::{Due, Phase};
use super::schedule::schedule;
use crate::generate::Need;
use crate::observe::{PhaseRun, Sink};
use crate::scenario::Plan;
use crate::target::{Target, TargetError};

/// Goose keeps its state in the process: one attack at a time.
static ATTACK: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// How many virtual users Goose starts a second.
const START_RATE: &str = "2000";

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
    /// Goose could not run.
    #[error("the pool of virtual users failed: {0}")]
    Pool(String),
}

/// Plays plans side by side, each from the same start, until all their runs
/// have ended or `stop` turns true. What is seen is told to the sink as it
/// happens, and traffic holds no end of it any more afterwards; each plan's
/// phase is given at the end, in the order of the plans,
/// without its ledger. A second attack waits until the first has ended.
///
/// # Errors
/// A plan's needs are not met, a token or a call can't be made, or Goose fails.
pub async fn attack(
    target: &Arc<Target>,
    plans: Vec<Plan>,
    sink: &Sink,
    stop: watch::Receiver<bool>,
) -> Result<Vec<PhaseRun>, AttackError> {
    if plans.is_empty() {
        return Ok(Vec::new());
    }
    let turn = ATTACK.clone().lock_owned().await;
    for plan in &plans {
        if let Some(need) = target.lacks(&plan.needs).first() {
            return Err(AttackError::Lacks { scenario: plan.scenario.clone(), need: *need });
        }
    }
    let mut armed = Armed::at(target.control.clone());
    let played = play(target, plans, sink, stop, (&mut armed, turn)).await;
    let cleared = armed.clear().await;
    let phases = played?;
    cleared?;
    phases.into_iter().map(|phase| phase.finish()).collect()
}

async fn play(
    target: &Arc<Target>,
    plans: Vec<Plan>,
    sink: &Sink,
    stop: watch::Receiver<bool>,
    (armed, turn): (&mut Armed, OwnedMutexGuard<()>),
) -> Result<Vec<Arc<Phase>>, AttackError> {
    let mut phases = Vec::with_capacity(plans.len());
    let mut senders = Vec::with_capacity(plans.len());
    for plan in plans {
        let (sender, receiver) = mpsc::channel::<Due>(plan.queue.max(1));
        fetch_tokens(target, &plan).await?;
        phases.push(Arc::new(Phase::new(target.clone(), plan, sink.clone(), stop.clone(), receiver)));
        senders.push(sender);
    }
    hush();
    let goose = pool(&phases)?;
    // The turn ends when Goose does, also where nobody waits for that.
    let mut pool = tokio::spawn(async move {
        let ended = goose.execute().await;
        drop(turn);
        ended
    });
    if !seated(&phases, &mut pool).await? {
        if !*stop.borrow() {
            return Err(AttackError::Pool("it ended before it began".to_owned()));
        }
        phases.iter().for_each(|phase| phase.cut_short());
        return Ok(phases);
    }
    let zero = target.elapsed();
    for phase in &phases {
        phase.arm(armed).await?;
    }
    let schedules: Vec<_> =
        phases.iter().zip(senders).map(|(phase, sender)| tokio::spawn(schedule(phase.clone(), sender, zero))).collect();
    for schedule in schedules {
        schedule.await.map_err(|error| AttackError::Pool(error.to_string()))?;
    }
    if *stop.borrow() {
        for phase in &phases {
            phase.left().await;
        }
        // Goose looks up twice a second: nobody need wait until it sees that
        // all have left, but the next attack.
        return Ok(phases);
    }
    match pool.await {
        Ok(Ok(_)) => Ok(phases),
        Ok(Err(error)) => Err(AttackError::Pool(error.to_string())),
        Err(error) => Err(AttackError::Pool(error.to_string())),
    }
}

/// Waits until every virtual user is there, so that the first runs find them;
/// false where the pool ended instead.
async fn seated<T>(
    phases: &[Arc<Phase>],
    pool: &mut tokio::task::JoinHandle<Result<T, goose::GooseError>>,
) -> Result<bool, AttackError> {
    let all = async {
        for phase in phases {
            phase.seated().await;
        }
    };
    tokio::select! {
        () = all => Ok(true),
        ended = pool => match ended {
            Ok(Ok(_)) => Ok(false),
            Ok(Err(error)) => Err(AttackError::Pool(error.to_string())),
            Err(error) => Err(AttackError::Pool(error.to_string())),
        },
    }
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

/// A Goose attack with one scenario for each phase, each with the phase's
/// number of users.
fn pool(phases: &[Arc<Phase>]) -> Result<GooseAttack, AttackError> {
    let failed = |error: goose::GooseError| AttackError::Pool(error.to_string());
    let users: usize = phases.iter().map(|phase| phase.plan.users).sum();
    let users = users.to_string();
    let arguments = [
        "--host",
        // Goose wants one; nothing is sent there.
        "http://127.0.0.1",
        "--users",
        &users,
        "--increase-rate",
        START_RATE,
        "--no-metrics",
        "--no-print-metrics",
        "--no-error-summary",
        "--no-telnet",
    ];
    let configuration = GooseConfiguration::parse_args_default(&arguments).map_err(failed)?;
    let client = GooseClientBuilder::new().timeout(Duration::from_secs(1)).without_cookies();
    let mut attack = GooseAttack::initialize_with_config(configuration)
        .map_err(failed)?
        // One client for all users: none of them uses it.
        .set_client_builder_without_cookies(client)
        .map_err(failed)?;
    for (number, phase) in phases.iter().enumerate() {
        let scenario = Scenario::new(&format!("plan{number}"))
            .set_weight(phase.plan.users)
            .map_err(failed)?
            .register_transaction(Transaction::new(transaction(phase.clone())));
        attack = attack.register_scenario(scenario);
    }
    Ok(attack)
}

fn transaction(phase: Arc<Phase>) -> TransactionFunction {
    Arc::new(move |user: &mut GooseUser| {
        let phase = phase.clone();
        // A user leaves after one transaction. Said for each user and not for
        // the attack, because Goose then prints how many it has started.
        user.config.iterations = Some(1);
        Box::pin(async move {
            phase.serve().await;
            Ok(())
        })
    })
}

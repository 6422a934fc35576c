//! The closed model: virtual users, each of which begins its next run when its
//! last has ended.
//!
//! Goose is the pool of users: its test plan brings them and takes them away,
//! its weights choose what a user does, its wait time is how long one thinks.
//! Requests go out through our own clients and are measured by us, so Goose's
//! metrics, reports and controllers are off. It sets an interrupt handler that
//! leaves the process at the second ctrl-c, unless the `ctrlc` crate has one
//! already: whoever wants to end a run in order sets his own before.

use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures_util::future::join_all;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction};
use goose::{GooseAttack, GooseError};
use tokio::sync::Mutex;

use super::attack::AttackError;
use super::hush::hush;
use super::phase::Phase;
use crate::scenario::Crew;

/// Goose keeps its state in the process: one attack at a time.
static ATTACK: LazyLock<Arc<Mutex<()>>> = LazyLock::new(Arc::default);

/// Goose's rate of users where all are to be there at once, a second.
const AT_ONCE: &str = "10000";

/// How many runs a user makes in one of Goose's transactions where it neither
/// thinks nor chooses between them: Goose's way from one to the next costs as
/// much as reading an answer.
const BUNDLE: usize = 64;

/// Plays the virtual users of some plans: crews of equal times together, the
/// others one after the other.
///
/// # Errors
/// Goose fails.
pub(super) async fn closed(phases: &[Arc<Phase>]) -> Result<(), AttackError> {
    for crews in together(phases) {
        if crews.iter().all(|(phase, _)| phase.is_halted()) {
            crews.iter().for_each(|(phase, _)| phase.cut_short());
            continue;
        }
        let turn = ATTACK.clone().lock_owned().await;
        hush();
        let attack = pool(&crews).map_err(|error| AttackError::Pool(error.to_string()))?;
        // The turn ends when Goose does, also where nobody waits for that.
        let mut played = tokio::spawn(async move {
            let ended = attack.execute().await;
            drop(turn);
            ended
        });
        let ended = tokio::select! {
            ended = &mut played => ended,
            // Goose looks up twice a second: nobody need wait until it sees that
            // all have left, but the next attack.
            () = halted(&crews) => {
                crews.iter().for_each(|(phase, _)| phase.cut_short());
                join_all(crews.iter().map(|(phase, _)| phase.rest())).await;
                continue;
            }
        };
        ended
            .map_err(|error| AttackError::Pool(error.to_string()))?
            .map_err(|error| AttackError::Pool(error.to_string()))?;
    }
    Ok(())
}

/// All whose users these are have been told to stop.
async fn halted(crews: &Crews<'_>) {
    join_all(crews.iter().map(|(phase, _)| phase.halted())).await;
}

type Crews<'p> = Vec<(&'p Arc<Phase>, &'p Crew)>;

/// Crews that come and go at the same time share a test plan.
fn together(phases: &[Arc<Phase>]) -> Vec<Crews<'_>> {
    let mut all: Vec<Crews<'_>> = Vec::new();
    for (phase, crew) in phases.iter().flat_map(|phase| phase.plan.crews.iter().map(move |crew| (phase, crew))) {
        let times = |other: &Crew| (other.ramp, other.lasting) == (crew.ramp, crew.lasting);
        match all.iter_mut().find(|crews| times(crews[0].1)) {
            Some(crews) => crews.push((phase, crew)),
            None => all.push(vec![(phase, crew)]),
        }
    }
    all
}

/// A Goose attack with one scenario for each crew.
fn pool(crews: &Crews<'_>) -> Result<GooseAttack, GooseError> {
    let client = GooseClientBuilder::new().timeout(Duration::from_secs(1)).without_cookies();
    let mut attack = GooseAttack::initialize_with_config(configuration(crews)?)?
        // One client for all users: none of them uses it.
        .set_client_builder_without_cookies(client)?;
    let lasts = crews.first().map_or(Duration::ZERO, |(_, crew)| crew.ramp + crew.lasting);
    let ends = crews.first().map_or(Duration::ZERO, |(phase, _)| phase.target.elapsed() + lasts);
    for (number, (phase, crew)) in crews.iter().enumerate() {
        let mut scenario = Scenario::new(&format!("crew{number}"))
            .set_weight(crew.users)?
            .set_wait_time(crew.think.0, crew.think.1)?;
        let runs = if crew.picks.len() == 1 && crew.think.1.is_zero() { BUNDLE } else { 1 };
        for (only, weight) in &crew.picks {
            let does = Transaction::new(transaction((*phase).clone(), (crew.flow, *only), (runs, ends)));
            scenario = scenario.register_transaction(does.set_weight(*weight)?);
        }
        attack = attack.register_scenario(scenario);
    }
    Ok(attack)
}

/// Goose's test plan counts in whole seconds: users leave by themselves when
/// their time is over, and Goose a second later.
fn configuration(crews: &Crews<'_>) -> Result<GooseConfiguration, GooseError> {
    let users = crews.iter().map(|(_, crew)| crew.users).sum::<usize>().to_string();
    let (ramp, lasting) = crews.first().map_or_else(Default::default, |(_, crew)| (crew.ramp, crew.lasting));
    let seconds = |span: Duration| span.as_secs() + u64::from(span.subsec_nanos() > 0);
    let (increase, run) = (format!("{}s", seconds(ramp)), format!("{}s", seconds(lasting) + 1));
    let begin = if ramp.is_zero() { ["--increase-rate", AT_ONCE] } else { ["--increase-time", &increase] };
    let mut arguments = vec![
        "--host",
        // Goose wants one; nothing is sent there.
        "http://127.0.0.1",
        "--users",
        &users,
        "--run-time",
        &run,
        "--no-metrics",
        "--no-print-metrics",
        "--no-error-summary",
        "--no-telnet",
    ];
    arguments.extend(begin);
    GooseConfiguration::parse_args_default(&arguments)
}

/// A user makes so many runs, until its time is over.
fn transaction(
    phase: Arc<Phase>,
    (flow, only): (usize, Option<usize>),
    (runs, ends): (usize, Duration),
) -> TransactionFunction {
    Arc::new(move |user: &mut GooseUser| {
        let phase = phase.clone();
        let clone = user.weighted_users_index;
        let config = &mut user.config;
        Box::pin(async move {
            let mut halted = pin!(phase.halted());
            for _ in 0..runs {
                let now = phase.target.elapsed();
                if now >= ends || !phase.made(phase.at_once(now, (flow, clone), only), halted.as_mut()).await {
                    // A user leaves who has been through its transactions so often.
                    config.iterations = Some(1);
                    break;
                }
            }
            Ok(())
        })
    })
}

//! From the question which versions are recorded to their files.

use std::path::PathBuf;
use std::sync::Arc;

use super::play::{Outcome, Recording};
use super::write::{Fate, settle};
use crate::contract::behaviour::LifecycleStatus;
use crate::contract::recorded::{FILE, Recorded};
use crate::contract::{Contract, ContractId};
use crate::generate::{Generators, Seed};
use crate::run::gate::watch_budget;
use crate::run::inputs::Inputs;
use crate::run::session::Session;
use crate::run::{Listener, Options, RunError, Stop, StopReason};

/// The seed of a version that was never recorded: the same for everybody, so
/// that two who record the same get the same.
const SEED: Seed = Seed(1);

/// Cases of a version: enough for each edge of a usual one, few enough to be
/// read.
const CASES: usize = 120;

/// What `record` was asked.
#[derive(Clone, Debug)]
pub struct RecordQuestion {
    /// The versions; empty: every deprecated one.
    pub versions: Vec<ContractId>,
    /// Whether what was recorded otherwise is overwritten.
    pub force: bool,
    /// Whether the seed was given; else the recorded one stays.
    pub seeded: bool,
}

/// What came of one version.
#[derive(Clone, Debug)]
pub struct RecordedVersion {
    /// Which.
    pub contract: ContractId,
    /// Its file.
    pub file: PathBuf,
    /// How many cases are recorded.
    pub cases: usize,
    /// Cases that are left out, with the reason.
    pub left_out: Vec<String>,
    /// What became of the file.
    pub fate: Fate,
}

/// Records what versions answer.
///
/// # Errors
/// The input has faults, there is nothing to record, the target can't be
/// reached or is lost, or a file can't be written.
pub async fn record(
    question: &RecordQuestion,
    options: Options,
    stop: Stop,
    listener: Listener,
) -> Result<Vec<RecordedVersion>, RunError> {
    let inputs = Inputs::load(&options, false)?;
    let chosen = choose(question, &inputs.contracts)?;
    let session = Arc::new(Session::open(options, &inputs, stop, listener).await?);
    let watch = tokio::spawn(watch_budget(session.stop.clone(), session.options.budget));
    let work = all(question, &session, &chosen);
    let outcome = tokio::select! {
        outcome = work => outcome,
        () = session.stop.stopped() => Err(stopped(&session)),
    };
    watch.abort();
    session.clean_up().await;
    session.systems.stop().await;
    outcome
}

fn stopped(session: &Session) -> RunError {
    match session.stop.reason() {
        Some(StopReason::Interrupted) => RunError::Interrupted,
        _ => RunError::CouldNotRun("the budget was used up; nothing was written of the version under way".to_owned()),
    }
}

/// Says what `record` would do. Nothing is started, sent or written.
///
/// # Errors
/// The input has faults, or there is nothing to record.
pub fn outline_record(question: &RecordQuestion, options: &Options) -> Result<String, RunError> {
    let inputs = Inputs::load(options, false)?;
    let lines = choose(question, &inputs.contracts)?.into_iter().map(|index| {
        let contract = &inputs.contracts[index];
        let (seed, most) = (seed(question, options, contract), cases(options));
        let count = Generators::new(contract).to_record(seed, most).len();
        format!(
            "{}: {count} single calls, each twice, seed {}, into {}\n",
            contract.id,
            seed.0,
            file(contract).display()
        )
    });
    Ok(lines.collect::<String>() + "nothing was sent, nothing was written\n")
}

/// The places of the versions that are recorded.
fn choose(question: &RecordQuestion, contracts: &[Contract]) -> Result<Vec<usize>, RunError> {
    let all = || contracts.iter().map(|contract| contract.id.to_string()).collect::<Vec<_>>().join(", ");
    if question.versions.is_empty() {
        let chosen: Vec<usize> = (0..contracts.len()).filter(|index| is_frozen(&contracts[*index])).collect();
        if chosen.is_empty() {
            let why = "no version is deprecated; name those that are to be recorded";
            return Err(RunError::Nothing(format!("{why}: {}", all())));
        }
        return Ok(chosen);
    }
    let place = |id: &ContractId| {
        let index = contracts.iter().position(|contract| contract.id == *id);
        let index = index.ok_or_else(|| RunError::Usage(format!("no contract is called `{id}`: {}", all())))?;
        if contracts[index].is_consumed() {
            return Err(RunError::Usage(format!("{id} is called by the tested service; it answers nothing")));
        }
        Ok(index)
    };
    question.versions.iter().map(place).collect()
}

fn is_frozen(contract: &Contract) -> bool {
    let lifecycle = contract.behaviour.as_ref().and_then(|behaviour| behaviour.lifecycle.as_ref());
    !contract.is_consumed() && lifecycle.is_some_and(|lifecycle| lifecycle.status == LifecycleStatus::Deprecated)
}

fn file(contract: &Contract) -> PathBuf {
    contract.path.join(FILE)
}

fn seed(question: &RecordQuestion, options: &Options, contract: &Contract) -> Seed {
    if question.seeded {
        return options.seed;
    }
    contract.recorded.as_ref().map_or(SEED, |recorded| Seed(recorded.seed))
}

fn cases(options: &Options) -> usize {
    options.cases.map_or(CASES, |cases| cases as usize)
}

async fn all(
    question: &RecordQuestion,
    session: &Arc<Session>,
    chosen: &[usize],
) -> Result<Vec<RecordedVersion>, RunError> {
    let mut done = Vec::new();
    for index in chosen {
        session.listener.stage(format!("recording {}", session.contracts[*index].id));
        done.push(one(question, session, *index).await?);
    }
    Ok(done)
}

async fn one(question: &RecordQuestion, session: &Session, index: usize) -> Result<RecordedVersion, RunError> {
    let contract = &session.contracts[index];
    let path = file(contract);
    let name = path.display().to_string();
    let seed = seed(question, &session.options, contract);
    let planned = session.generators[index].to_record(seed, cases(&session.options));
    let recording = Recording { session, contract: index, seed, file: &name };
    let (mut told, mut left_out) = (Vec::new(), Vec::new());
    for outcome in recording.all(planned).await? {
        match outcome {
            Outcome::Told(case) => told.push(*case),
            Outcome::LeftOut(why) => left_out.push(why),
        }
    }
    if told.is_empty() {
        let first = left_out.first().map(|why| format!(": {why}")).unwrap_or_default();
        return Err(RunError::Nothing(format!("{}: no case could be recorded{first}", contract.id)));
    }
    let recorded = Recorded { file: name.into(), seed: seed.0, cases: told };
    let fate = settle(contract, &path, &recorded, question.force)?;
    Ok(RecordedVersion { contract: contract.id.clone(), file: path, cases: recorded.cases.len(), left_out, fate })
}

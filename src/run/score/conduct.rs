//! Which runs there are, in which order.

use std::path::PathBuf;
use std::time::Instant;

use tokio::task::JoinSet;

use super::play::{Played, Wanted, play};
use super::sum::Sum;
use super::trial::{self, Trial};
use crate::contract::Contract;
use crate::contract::behaviour::Role;
use crate::report::Score;
use crate::run::inputs::known_checks;
use crate::run::{Listener, Options, Play, RunError, Stop, gate};

/// What is asked of a score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreQuestion {
    /// How many seeds, counted up from the run's seed.
    pub seeds: u32,
    /// How many runs on the right stack.
    pub clean: u32,
    /// Only these defects; empty: all.
    pub defects: Vec<String>,
    /// The file that lists the defects of a service of the user's.
    pub list: Option<PathBuf>,
    /// Whether runs go on after the defect was found, so that every check has
    /// its say.
    pub complete: bool,
}

/// Fewest cases of a clean run.
const CLEAN_CASES: u64 = 1_000;

/// Measures the checks: each defect on each seed until its family speaks, then
/// the right stack with at least as many cases as the slowest detection took.
///
/// # Errors
/// The input has faults, a defect is unknown, or a run could not be carried
/// out.
pub async fn score(
    question: &ScoreQuestion,
    options: Options,
    stop: Stop,
    listener: Listener,
) -> Result<Score, RunError> {
    known_checks(&options)?;
    let defects = trial::choose(&options, question.list.as_deref(), &question.defects)?;
    let inputs = gate::load(&Play::Score, &options)?;
    let scenarios = gate::choose(&Play::Score, &inputs)?;
    let began = Instant::now();
    let seeds: Vec<u64> = (0..u64::from(question.seeds)).map(|n| options.seed.0.wrapping_add(n)).collect();
    let mut sum = Sum::default();
    let mut leaving = JoinSet::new();
    for (number, defect) in defects.iter().enumerate() {
        for seed in &seeds {
            let wanted = Wanted {
                defect: Some(&defect.name),
                seed: *seed,
                cases: options.cases.unwrap_or(gate::CASES),
                until: (!question.complete).then_some(defect.family),
            };
            let played = play(&options, &inputs, &scenarios, &wanted, &stop, &mut leaving).await?;
            interrupted(&stop)?;
            listener.stage(line(number + 1, defects.len(), defect, *seed, &played));
            sum.defect(defect, played);
        }
    }
    // Consumers have no cases, and one in fifty may be one that can't be made.
    let providers = inputs.contracts.iter().filter(|contract| plays(contract)).count().max(1) as u64;
    let each = (CLEAN_CASES.max(sum.most_cases()) * 51 / 50).div_ceil(providers);
    let cases = options.cases.map_or(each, |cases| each.max(u64::from(cases))) as u32;
    for seed in (0..u64::from(question.clean)).map(|n| options.seed.0.wrapping_add(n)) {
        let wanted = Wanted { defect: None, seed, cases, until: None };
        let played = play(&options, &inputs, &scenarios, &wanted, &stop, &mut leaving).await?;
        interrupted(&stop)?;
        let (findings, cases, cut) = (played.findings.len(), played.cases, budget(&played));
        let words = format!("right stack, seed {seed}: {findings} findings in {cases} cases{cut}");
        listener.stage(words);
        sum.clean(seed, played);
    }
    leaving.join_all().await;
    Ok(sum.score(defects, seeds, began.elapsed()))
}

fn plays(contract: &Contract) -> bool {
    contract.behaviour.as_ref().is_none_or(|behaviour| behaviour.role == Role::Provider)
}

fn interrupted(stop: &Stop) -> Result<(), RunError> {
    if stop.reason().is_some() { Err(RunError::Interrupted) } else { Ok(()) }
}

fn budget(played: &Played) -> &'static str {
    if played.cut { "; its budget was used up" } else { "" }
}

fn line(number: usize, of: usize, defect: &Trial, seed: u64, played: &Played) -> String {
    let spoke = played.findings.iter().any(|f| f.family == defect.family);
    let how = match played.detected {
        Some((cases, after)) => format!("found after {cases} cases, {:.1} s", after.as_secs_f64()),
        None if spoke => format!("found, {} cases in {:.1} s", played.cases, played.took.as_secs_f64()),
        None => {
            let cut = budget(played);
            format!("MISSED in {} cases, {:.1} s{cut}", played.cases, played.took.as_secs_f64())
        }
    };
    format!("{number}/{of} {} (seed {seed}): {how}", defect.name)
}

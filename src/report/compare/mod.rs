//! Two recorded runs compared: what became worse by more than is allowed, and by
//! more than chance explains.
//!
//! In: the contents of `run.json` and `latency.hlog` of both. Out: a
//! [`Comparison`], and what it looks like on a screen, as JSON and as Markdown.
//! Pure but for the writing.
//!
//! Every figure has an interval, and all intervals hold together in 95 % of
//! cases: each is as wide as it must be for so many (Bonferroni). Blocks of
//! neighbouring seconds tell how many of the calls are witnesses of their own
//! (`blocks`); a quantile then lies between two order statistics (`bounds`).
//! What lasts as long as a run itself, no run can tell from how it always is:
//! runs of several minutes tell more than the calls in them.

mod beta;
mod blocks;
mod bounds;
mod differ;
mod judge;
mod recorded;
mod rules;
mod sample;
mod text;
#[cfg(test)]
mod trials;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::ReportError;
use super::write::failed;

pub use differ::Difference;
use recorded::Key;
pub use recorded::Recorded;
pub use rules::{Allowed, Limit, Measure, Obstacle, Rules};

/// What `format` says.
pub const FORMAT: &str = "seamstress/compare/1";

/// In so many cases all intervals hold together.
const CONFIDENCE: f64 = 0.95;

/// What came of two runs. Its JSON Schema is `.config/compare.schema.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`FORMAT`].
    pub format: &'static str,
    /// The one word.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub reason: String,
    /// The first run, and the second.
    pub runs: [RunMark; 2],
    /// In so many cases all intervals hold together.
    pub confidence: f64,
    /// How many figures share that; the others are only shown.
    pub comparisons: usize,
    /// In so many cases a single interval holds.
    pub confidence_each: f64,
    /// In what the runs differ before anything is measured.
    pub differences: Vec<Difference>,
    /// The run as a whole, scenarios, operations.
    pub subjects: Vec<Subject>,
    /// Operations of the first run alone.
    pub only_in_a: Vec<String>,
    /// Operations of the second run alone.
    pub only_in_b: Vec<String>,
}

/// The word at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Something became worse.
    Regression,
    /// Nothing that could be judged became worse.
    NoRegression,
    /// Nothing could be judged, or not what was asked for.
    Inconclusive,
    /// No operation is in both.
    NothingInBoth,
}

impl Verdict {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regression => "REGRESSION",
            Self::NoRegression => "NO REGRESSION",
            Self::Inconclusive => "INCONCLUSIVE",
            Self::NothingInBoth => "NOTHING IN BOTH",
        }
    }
}

/// Which run it was.
#[derive(Clone, Debug, Serialize)]
pub struct RunMark {
    /// As the user named it.
    pub name: String,
    /// The subcommand.
    pub command: String,
    /// When it began.
    pub started: String,
    /// Its seed.
    pub seed: u64,
}

/// What figures belong to: the run as a whole, a scenario, an operation.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// The scenario.
    pub scenario: Option<String>,
    /// The contract.
    pub contract: Option<String>,
    /// `operationId`.
    pub operation: Option<String>,
    /// Calls in each run: requests of the run as a whole, first calls of a
    /// scenario, calls of an operation.
    pub calls: [u64; 2],
    /// In how many seconds an operation was called.
    pub seconds: [usize; 2],
    /// Why there is no verdict on it.
    pub barred: Option<String>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

impl Subject {
    fn new(scenario: Option<&str>, key: Option<&Key>, calls: [u64; 2]) -> Self {
        Self {
            scenario: scenario.map(str::to_owned),
            contract: key.map(|key| key.contract.clone()),
            operation: key.map(|key| key.operation.clone()),
            calls,
            seconds: [0, 0],
            barred: None,
            figures: Vec::new(),
        }
    }

    /// `scenario:contract:operation`, as far as there is any; `run` for the
    /// whole.
    pub(crate) fn place(&self) -> String {
        let parts: Vec<&str> =
            [&self.scenario, &self.contract, &self.operation].into_iter().flatten().map(String::as_str).collect();
        if parts.is_empty() { "run".to_owned() } else { parts.join(":") }
    }
}

/// One figure of both runs.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Which.
    pub measure: Measure,
    /// In the first run: milliseconds, a share, or a plain number.
    pub a: f64,
    /// In the second.
    pub b: f64,
    /// The change: of times and numbers as a share of the first, of shares
    /// their difference.
    pub change: f64,
    /// The change is hardly lower.
    pub low: Option<f64>,
    /// The change is hardly higher.
    pub high: Option<f64>,
    /// How much worse it may become; without it the figure is only shown.
    pub allowed: Option<Limit>,
    /// Whether the user set that limit.
    pub asked: bool,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Worse than is allowed, and no chance.
    Worse,
    /// Better by as much.
    Better,
    /// The interval ends within what is allowed.
    Same,
    /// The interval reaches beyond what is allowed, and does not lie there.
    Open,
    /// Too few calls, or seconds with calls, for an interval.
    TooFew,
    /// The runs can't be compared here.
    Barred,
    /// No limit is set.
    Shown,
}

/// Compares two runs.
///
/// # Errors
/// The limits that fit no figure of both runs.
pub fn compare(a: &Recorded, b: &Recorded, rules: &Rules) -> Result<Comparison, Vec<Allowed>> {
    let differences = differ::differences(a, b, rules);
    let mut plans = judge::plan(a, b);
    let named: Vec<_> = plans.iter().flat_map(judge::Plan::named).collect();
    let idle = |allowed: &&Allowed| !named.iter().any(|(place, measure)| allowed.fits(place, *measure));
    let idle: Vec<Allowed> = rules.allowed.iter().filter(idle).cloned().collect();
    if plans.len() == 1 {
        plans.clear();
    } else if !idle.is_empty() {
        return Err(idle);
    }
    for plan in &mut plans {
        let place = plan.subject.place();
        plan.subject.barred = differences.iter().find(|difference| difference.bars(&place)).map(Difference::to_string);
    }
    let comparisons = plans.iter().map(|plan| plan.comparisons(rules)).sum();
    let alpha = (1.0 - CONFIDENCE) / f64::max(1.0, comparisons as f64);
    let subjects: Vec<_> = plans.into_iter().map(|plan| plan.judge(rules, alpha)).collect();
    let (verdict, reason) = text::verdict(&subjects, &differences);
    Ok(Comparison {
        format: FORMAT,
        verdict,
        reason,
        runs: [a, b].map(mark),
        confidence: CONFIDENCE,
        comparisons,
        confidence_each: 1.0 - alpha,
        differences,
        subjects,
        only_in_a: alone(a, b),
        only_in_b: alone(b, a),
    })
}

/// Writes `compare.json` and `compare.md` into `<reports>/compare/`; gives the
/// folder.
///
/// # Errors
/// A file can't be written.
pub fn write(reports: &Path, comparison: &Comparison) -> Result<PathBuf, ReportError> {
    let folder = reports.join("compare");
    fs::create_dir_all(&folder).map_err(failed(&folder))?;
    for (name, content) in [("compare.json", comparison.json()), ("compare.md", comparison.markdown())] {
        let path = folder.join(name);
        fs::write(&path, content).map_err(failed(&path))?;
    }
    Ok(folder)
}

fn alone(a: &Recorded, b: &Recorded) -> Vec<String> {
    a.latencies.keys().filter(|key| !b.latencies.contains_key(key)).map(Key::to_string).collect()
}

fn mark(run: &Recorded) -> RunMark {
    RunMark {
        name: run.name.clone(),
        command: run.run.command.clone(),
        started: run.run.started.clone(),
        seed: run.run.seed,
    }
}

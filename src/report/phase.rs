//! A scenario as `run.json` has it.

use std::time::Duration;

use serde::Serialize;

use super::Phase;
use super::json::{LatencyRecord, OperationsRecord, QuantilesRecord, millis, name};
use crate::clock::format_duration;
use crate::observe::{Sizes, ThresholdRun};
use crate::wire::Redactor;

/// So many callers are named whose calls were refused.
const CALLERS: usize = 20;

/// One scenario.
#[derive(Clone, Debug, Serialize)]
pub struct PhaseRecord {
    /// Its name.
    pub scenario: String,
    /// When it began, in real milliseconds since the run began.
    pub began_ms: u64,
    /// How long it took, in real milliseconds.
    pub took_ms: u64,
    /// For how long nothing was measured at its beginning.
    pub warm_up_ms: u64,
    /// Calls that were due in that time.
    pub warm_up_calls: u64,
    /// First calls a second that were really sent.
    pub offered_per_s: f64,
    /// First calls that were due.
    pub due: u64,
    /// Those that were never sent.
    pub dropped: u64,
    /// Those that a flow's trigger turned away.
    pub turned_away: u64,
    /// Requests sent.
    pub exchanges: u64,
    /// What became of what flows asked for.
    pub operations: OperationsRecord,
    /// Whether it was cut short.
    pub cut: bool,
    /// How late the generator itself was.
    pub lag: QuantilesRecord,
    /// The generator beside.
    pub generator: GeneratorRecord,
    /// What became of its thresholds.
    pub thresholds: Vec<ThresholdRecord>,
    /// How large contents were.
    pub sizes: SizesRecord,
    /// Whose calls were refused, the most refused first.
    pub refused: Vec<RefusedRecord>,
    /// By contract and operation.
    pub latencies: Vec<LatencyRecord>,
}

/// What the generator itself used and was late by.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct GeneratorRecord {
    /// How late a bare timer was beside.
    pub timer: QuantilesRecord,
    /// CPU time of this process, with the tiers that run in it.
    pub cpu_ms: u64,
    /// How many processors there are.
    pub cpus: usize,
    /// Which share of them was used, from 0 to 1.
    pub cpu_share: f64,
    /// Runs that were due and waited until another had ended.
    pub waited: u64,
    /// Calls that waited since their flow had done what its owner's profile lets
    /// it do in a time.
    pub slowed: u64,
}

/// What became of a threshold.
#[derive(Clone, Debug, Serialize)]
pub struct ThresholdRecord {
    /// In words.
    pub threshold: String,
    /// Of calls to this contract.
    pub contract: Option<String>,
    /// Of calls to this operation.
    pub operation: Option<String>,
    /// In how many windows it was judged.
    pub judged: u64,
    /// In how many of them it was broken.
    pub broken: u64,
    /// In how many the generator's own lag may have broken it.
    pub doubtful: u64,
    /// The worst that was measured, in words.
    pub worst: Option<String>,
    /// When the window of the worst began, in milliseconds since the scenario's
    /// beginning.
    pub worst_at_ms: Option<u64>,
    /// Whether the scenario was ended because of it.
    pub aborted: bool,
}

/// How large contents were, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct SizesRecord {
    /// Of requests.
    pub requests: SizeRecord,
    /// Of answers.
    pub answers: SizeRecord,
}

/// How large contents of one direction were, in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct SizeRecord {
    /// How many.
    pub count: u64,
    /// All together.
    pub bytes: u64,
    /// The largest.
    pub largest: u64,
    /// How many have at most so many bytes, and more than the one before.
    pub up_to: Vec<(u64, u64)>,
}

/// Whose calls were refused.
#[derive(Clone, Debug, Serialize)]
pub struct RefusedRecord {
    /// The caller.
    pub client: String,
    /// By a rate or a quota.
    pub throttled: u64,
    /// For who asked: 401, and 403 that is no quota's.
    pub denied: u64,
    /// For what was asked: other 4xx.
    pub rejected: u64,
}

impl PhaseRecord {
    /// The stored form of a scenario, without secrets.
    pub fn of(phase: &Phase, redactor: &Redactor) -> Self {
        let measured = &phase.measured;
        Self {
            scenario: redactor.text(&phase.scenario),
            began_ms: millis(phase.began),
            took_ms: millis(phase.took),
            warm_up_ms: millis(measured.warm_up),
            warm_up_calls: measured.warmed,
            offered_per_s: if phase.offered.is_finite() { (phase.offered * 1e3).round() / 1e3 } else { 0.0 },
            due: phase.due,
            dropped: phase.dropped,
            turned_away: phase.turned_away,
            exchanges: phase.exchanges,
            operations: OperationsRecord::of(&phase.operations),
            cut: phase.cut,
            lag: QuantilesRecord::of(&phase.lag),
            generator: GeneratorRecord::of(phase),
            thresholds: phase.thresholds.iter().map(|run| ThresholdRecord::of(run, phase.began, redactor)).collect(),
            sizes: SizesRecord {
                requests: SizeRecord::of(&measured.requests),
                answers: SizeRecord::of(&measured.answers),
            },
            refused: refused(phase, redactor),
            latencies: phase.latencies.iter().map(|latency| LatencyRecord::of(latency, redactor)).collect(),
        }
    }

    /// What was left out of what was measured, where something was.
    pub fn warm_up(&self) -> Option<String> {
        let span = format_duration(Duration::from_millis(self.warm_up_ms));
        (self.warm_up_ms > 0).then(|| format!("warm-up of {span}: {} calls not measured", self.warm_up_calls))
    }
}

impl GeneratorRecord {
    /// Of a scenario.
    pub fn of(phase: &Phase) -> Self {
        let measured = &phase.measured;
        Self {
            timer: QuantilesRecord::of(&measured.pulse),
            cpu_ms: millis(measured.cpu),
            cpus: measured.cpus,
            cpu_share: (measured.cpu_share(phase.took) * 1e3).round() / 1e3,
            waited: measured.waited,
            slowed: measured.slowed,
        }
    }

    /// In words, for people.
    pub fn in_words(&self, lag: &QuantilesRecord) -> String {
        let span = |ms: f64| format_duration(Duration::from_secs_f64(ms.max(0.0) / 1e3));
        let waited = match self.waited {
            0 => String::new(),
            runs => format!("; {runs} runs waited for others to end"),
        };
        let slowed = match self.slowed {
            0 => String::new(),
            calls => format!("; {calls} calls waited for what their flow's profile allows"),
        };
        format!(
            "generator: lag p99 {}, timer p99 {}, {:.0} % of {} CPUs{waited}{slowed}",
            span(lag.p99_ms),
            span(self.timer.p99_ms),
            self.cpu_share * 100.0,
            self.cpus
        )
    }
}

impl ThresholdRecord {
    /// Of a scenario that began then.
    pub fn of(run: &ThresholdRun, began: Duration, redactor: &Redactor) -> Self {
        let threshold = &run.threshold;
        Self {
            threshold: threshold.to_string(),
            contract: name(threshold.contract.as_ref(), redactor),
            operation: threshold.operation.as_deref().map(|operation| redactor.text(operation)),
            judged: run.judged,
            broken: run.broken,
            doubtful: run.doubtful,
            worst: run.worst.map(|(measure, _)| measure.shown(threshold.bound)),
            worst_at_ms: run.worst.map(|(_, at)| millis(at.saturating_sub(began))),
            aborted: run.aborted,
        }
    }

    /// In words, for people.
    pub fn in_words(&self) -> String {
        let whose: Vec<&str> = [self.contract.as_deref(), self.operation.as_deref()].into_iter().flatten().collect();
        let whose = if whose.is_empty() { String::new() } else { format!(" of {}", whose.join(" ")) };
        let worst = self.worst.as_ref().map(|worst| format!("; worst: {worst}")).unwrap_or_default();
        format!("{}{whose}: {}{worst}", self.threshold, self.word())
    }

    /// What became of it.
    pub fn word(&self) -> String {
        match self {
            Self { broken: 0, judged: 0, doubtful: 0, .. } => "not judged".to_owned(),
            Self { broken: 0, doubtful: 1.., .. } => "in doubt: generator saturated".to_owned(),
            Self { broken: 0, .. } => "holds".to_owned(),
            Self { broken, judged, aborted, .. } => {
                let end = if *aborted { ", ended the scenario" } else { "" };
                format!("broken in {broken} of {judged} windows{end}")
            }
        }
    }
}

impl SizeRecord {
    fn of(sizes: &Sizes) -> Self {
        Self { count: sizes.count(), bytes: sizes.bytes, largest: sizes.most, up_to: sizes.each().collect() }
    }
}

fn refused(phase: &Phase, redactor: &Redactor) -> Vec<RefusedRecord> {
    let mut all: Vec<_> = phase.measured.refused.iter().collect();
    all.sort_by_key(|(client, refusals)| (std::cmp::Reverse(refusals.all()), (*client).clone()));
    let record = |(client, refusals): &(&std::sync::Arc<str>, &crate::observe::Refusals)| RefusedRecord {
        client: redactor.text(client),
        throttled: refusals.throttled,
        denied: refusals.denied,
        rejected: refusals.rejected,
    };
    all.iter().take(CALLERS).map(record).collect()
}

//! That noise is no regression, and a regression no noise: trials with made-up
//! runs.

use std::time::Duration;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::recorded::{Key, Recorded};
use super::sample::Sample;
use super::{Measure, Outcome, Rules, Verdict, compare};

/// How a made-up process goes.
#[derive(Clone, Copy)]
struct Process {
    seconds: u64,
    calls: usize,
    /// How strongly a second hangs on the one before it.
    hang: f64,
    /// How far whole seconds are off.
    swing: f64,
}

const ALONE: Process = Process { seconds: 60, calls: 25, hang: 0.0, swing: 0.0 };
const HANGING: Process = Process { seconds: 200, calls: 12, hang: 0.6, swing: 0.08 };
const STUBBORN: Process = Process { seconds: 120, calls: 8, hang: 0.9, swing: 0.15 };

const OPERATIONS: usize = 5;
const TRIALS: u64 = 200;

fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (random.random_range(1e-12..1.0), random.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// What single calls take, in microseconds: each draws one of these.
fn latencies() -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    (0..1000).map(|_| 50_000.0 * (0.4 * normal(&mut random)).exp()).collect()
}

impl Process {
    fn sample(self, random: &mut ChaCha8Rng, latencies: &[f64]) -> Sample {
        let mut level = normal(random);
        let seconds = (0..self.seconds).map(|second| {
            level = self.hang * level + (1.0 - self.hang.powi(2)).sqrt() * normal(random);
            let slower = (self.swing * level).exp();
            let one = |_| ((latencies[random.random_range(0..latencies.len())] * slower) as u64, 1);
            (Duration::from_secs(second), (0..self.calls).map(one).collect())
        });
        Sample::new(seconds.collect())
    }

    fn run(self, random: &mut ChaCha8Rng, latencies: &[f64]) -> Recorded {
        let key = |at| Key { scenario: "steady".into(), contract: "a/v1".into(), operation: format!("operation{at}") };
        Recorded::of((0..OPERATIONS).map(|at| (key(at), self.sample(random, latencies))).collect())
    }

    /// In how many trials a run of the same process is told to be worse, in how
    /// many one that is slower by a fifth, and how many of its medians.
    fn trials(self) -> [usize; 3] {
        let latencies = latencies();
        let slower: Vec<f64> = latencies.iter().map(|micros| micros * 1.2).collect();
        let mut counts = [0; 3];
        for seed in 0..TRIALS {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let [a, b, c] = [&latencies, &latencies, &slower].map(|latencies| self.run(&mut random, latencies));
            let [same, other] = [&b, &c].map(|run| compare(&a, run, &Rules::default()).expect("no limit is idle"));
            counts[0] += usize::from(same.verdict == Verdict::Regression);
            counts[1] += usize::from(other.verdict == Verdict::Regression);
            let figures = other.subjects.iter().flat_map(|subject| &subject.figures);
            counts[2] += figures.filter(|f| f.measure == Measure::P50 && f.outcome == Outcome::Worse).count();
        }
        counts
    }
}

/// Of 200 trials at most 10 are false alarms, and at least 190 find a fifth.
fn holds(process: Process) {
    let [alarms, found, medians] = process.trials();
    assert!(alarms <= 10, "{alarms} false alarms");
    assert!(found >= 190 && medians >= 190 * OPERATIONS, "{found} found, by {medians} medians");
}

#[test]
fn seconds_that_stand_alone() {
    holds(ALONE);
}

#[test]
fn seconds_that_hang_together() {
    holds(HANGING);
}

#[test]
fn what_lasts_as_long_as_the_run_is_no_regression() {
    let [alarms, ..] = STUBBORN.trials();
    assert!(alarms <= 10, "{alarms} false alarms");
}

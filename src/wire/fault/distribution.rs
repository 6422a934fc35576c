//! How long something takes, by chance.

use serde::{Deserialize, Serialize};

/// A distribution of milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Distribution {
    /// Always the same.
    Fixed(f64),
    /// All of a range alike.
    Uniform {
        /// From here.
        least: f64,
        /// To here.
        most: f64,
    },
    /// Often short, seldom long: what waits without a memory.
    Exponential {
        /// The mean.
        mean: f64,
    },
    /// As latencies of services mostly are.
    Lognormal {
        /// Half are shorter.
        median: f64,
        /// 95 of 100 are shorter.
        p95: f64,
    },
    /// As somebody measured them: quantiles (from 0 to 1) with their values,
    /// both rising; between two of them as a straight line, from 0 at 0.
    Quantiles(Vec<(f64, f64)>),
}

/// The quantile 0.95 of the normal distribution.
const Z95: f64 = 1.644_853_6;

/// Nothing takes longer than ten minutes.
const LONGEST: f64 = 600_000.0;

impl Distribution {
    /// Milliseconds, out of two independent numbers from 0 to 1 (the upper
    /// bound excluded).
    pub fn draw(&self, first: f64, second: f64) -> f64 {
        let drawn = match self {
            Self::Fixed(value) => *value,
            Self::Uniform { least, most } => least + (most - least) * first,
            Self::Exponential { mean } => -mean * (1.0 - first).ln(),
            Self::Lognormal { median, p95 } => {
                let sigma = (p95 / median).ln() / Z95;
                // Box and Muller: two of these make one of the normal.
                let normal = (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos();
                median * (sigma * normal).exp()
            }
            Self::Quantiles(table) => between(table, first),
        };
        drawn.clamp(0.0, LONGEST)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let sound = |value: f64| value.is_finite() && (0.0..=LONGEST).contains(&value);
        let right = match self {
            Self::Fixed(value) => sound(*value),
            Self::Uniform { least, most } => sound(*least) && sound(*most) && least <= most,
            Self::Exponential { mean } => sound(*mean),
            Self::Lognormal { median, p95 } => sound(*median) && sound(*p95) && *median > 0.0 && median <= p95,
            Self::Quantiles(table) => {
                let rising = table.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
                !table.is_empty() && rising && table.iter().all(|(q, value)| (0.0..=1.0).contains(q) && sound(*value))
            }
        };
        if right {
            return Ok(());
        }
        Err("the latency makes no sense: expected spans up to 10 min, the smaller ones first".to_owned())
    }
}

fn between(table: &[(f64, f64)], quantile: f64) -> f64 {
    let mut before = (0.0, 0.0);
    for &(q, value) in table {
        if quantile <= q {
            let width: f64 = q - before.0;
            let part = if width > 0.0 { (quantile - before.0) / width } else { 1.0 };
            return before.1 + (value - before.1) * part;
        }
        before = (q, value);
    }
    before.1
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};

    use super::*;

    fn drawn(distribution: &Distribution) -> Vec<f64> {
        let mut draw = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let mut all: Vec<f64> = (0..10_000).map(|_| distribution.draw(draw.random(), draw.random())).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    #[test]
    fn quantiles_are_those_that_were_asked_for() {
        let table = vec![(0.5, 20.0), (0.95, 200.0), (1.0, 2000.0)];
        for (distribution, median, p95) in [
            (Distribution::Fixed(7.0), 7.0, 7.0),
            (Distribution::Uniform { least: 100.0, most: 300.0 }, 200.0, 290.0),
            (Distribution::Exponential { mean: 100.0 }, 69.3, 299.6),
            (Distribution::Lognormal { median: 50.0, p95: 400.0 }, 50.0, 400.0),
            (Distribution::Quantiles(table), 20.0, 200.0),
        ] {
            assert_eq!(distribution.check(), Ok(()));
            let all = drawn(&distribution);
            let near = |found: f64, wanted: f64| (found - wanted).abs() <= wanted * 0.08;
            assert!(near(all[5000], median) && near(all[9500], p95), "{distribution:?}: {} {}", all[5000], all[9500]);
        }
    }

    #[test]
    fn what_makes_no_sense_is_told() {
        for distribution in [
            Distribution::Fixed(-1.0),
            Distribution::Fixed(f64::NAN),
            Distribution::Uniform { least: 2.0, most: 1.0 },
            Distribution::Lognormal { median: 0.0, p95: 1.0 },
            Distribution::Quantiles(vec![]),
            Distribution::Quantiles(vec![(0.5, 3.0), (0.5, 4.0)]),
        ] {
            assert!(distribution.check().is_err(), "{distribution:?}");
        }
    }
}

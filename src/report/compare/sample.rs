//! The latencies of one operation in one run: second by second, and all
//! together.

use std::collections::BTreeMap;
use std::time::Duration;

/// The recorded values of one second: the value, in microseconds, and how often
/// it came.
pub(super) type Counts = Vec<(u64, u64)>;

/// All seconds in which an operation was called.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// In the order of time.
    seconds: Vec<Counts>,
    /// Every value with how many samples are at most as large.
    up_to: Vec<(u64, u64)>,
}

impl Sample {
    /// From seconds in any order, each with its beginning.
    pub(super) fn new(mut seconds: Vec<(Duration, Counts)>) -> Self {
        seconds.retain(|(_, counts)| !counts.is_empty());
        seconds.sort_by_key(|(began, _)| *began);
        let seconds: Vec<Counts> = seconds.into_iter().map(|(_, counts)| counts).collect();
        let mut all: BTreeMap<u64, u64> = BTreeMap::new();
        for (value, count) in seconds.iter().flatten() {
            let sum = all.entry(*value).or_default();
            *sum = count.saturating_add(*sum);
        }
        let mut total = 0;
        let mut add = |(value, count): (u64, u64)| {
            total = count.saturating_add(total);
            (value, total)
        };
        let up_to = all.into_iter().map(&mut add).collect();
        Self { seconds, up_to }
    }

    /// How many samples.
    pub(super) fn count(&self) -> u64 {
        self.up_to.last().map_or(0, |(_, count)| *count)
    }

    /// In how many seconds.
    pub(super) fn seconds(&self) -> usize {
        self.seconds.len()
    }

    /// The sample at a place in the order of size, from 1 on; the nearest there
    /// is.
    pub(super) fn at(&self, place: f64) -> f64 {
        let place = place.max(1.0) as u64;
        let found = self.up_to.partition_point(|(_, up_to)| *up_to < place);
        self.up_to.get(found).or(self.up_to.last()).map_or(0.0, |(value, _)| *value as f64)
    }

    /// The value at a quantile.
    pub(super) fn quantile(&self, quantile: f64) -> f64 {
        // A hair less, since 0.999 × 1000 is a little more than 999.
        self.at((quantile * self.count() as f64 - 1e-6).ceil())
    }

    /// The mean of all samples.
    pub(super) fn mean(&self) -> f64 {
        self.sums().iter().map(|(_, sum)| sum).sum::<f64>() / (self.count().max(1)) as f64
    }

    /// The standard deviation of single samples.
    pub(super) fn deviation(&self) -> f64 {
        let mean = self.mean();
        let square = |(value, count): &(u64, u64)| (*value as f64 - mean).powi(2) * *count as f64;
        (self.seconds.iter().flatten().map(square).sum::<f64>() / (self.count().max(2) - 1) as f64).sqrt()
    }

    /// Of each second how many samples, and their sum.
    pub(super) fn sums(&self) -> Vec<(f64, f64)> {
        self.of_each(|value| value as f64)
    }

    /// Of each second how many samples, and how many of them are at most as
    /// large as a value.
    pub(super) fn below(&self, edge: f64) -> Vec<(f64, f64)> {
        self.of_each(|value| f64::from(u8::from(value as f64 <= edge)))
    }

    fn of_each(&self, weight: impl Fn(u64) -> f64) -> Vec<(f64, f64)> {
        let add = |(all, sum), (value, count): &(u64, u64)| (all + *count as f64, sum + weight(*value) * *count as f64);
        self.seconds.iter().map(|counts| counts.iter().fold((0.0, 0.0), add)).collect()
    }
}

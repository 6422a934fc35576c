//! Latency histograms, corrected for coordinated omission and not.

use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::contract::ContractId;

/// A histogram of spans in microseconds, from 1 µs to 1 h, three significant
/// digits.
#[derive(Clone, Debug)]
pub struct Latency(Histogram<u64>);

impl Latency {
    /// Without samples.
    ///
    /// # Panics
    /// Never: the bounds are valid.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, 3_600_000_000, 3).expect("the bounds are valid"))
    }

    /// Adds a sample; longer ones count as one hour.
    pub fn record(&mut self, span: Duration) {
        self.0.saturating_record((span.as_micros() as u64).max(1));
    }

    /// Adds all samples of another.
    pub fn add(&mut self, other: &Self) {
        // Both have the same bounds, so adding can't fail.
        let _ = self.0.add(&other.0);
    }

    /// How many samples.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The value at a quantile (0.95), as the upper edge of its bucket; zero
    /// without samples.
    pub fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.0.value_at_quantile(quantile))
    }

    /// The largest sample.
    pub fn max(&self) -> Duration {
        Duration::from_micros(self.0.max())
    }

    /// The mean of the samples.
    pub fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.0.mean() / 1e6)
    }

    /// The histogram itself, in microseconds.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.0
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

/// The latencies of one operation in one phase.
#[derive(Clone, Debug)]
pub struct OperationLatency {
    /// The contract.
    pub contract: ContractId,
    /// `operationId`.
    pub operation: Arc<str>,
    /// From the due instant: what a waiting flow feels.
    pub corrected: Latency,
    /// From the instant it was sent.
    pub uncorrected: Latency,
    /// Calls that failed: no answer, or 5xx.
    pub failed: u64,
}

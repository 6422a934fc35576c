//! Latency histograms, corrected for coordinated omission and not.

use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::CallRecord;
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

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.0.reset();
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

impl OperationLatency {
    /// Without samples.
    pub fn of(contract: &ContractId, operation: &Arc<str>) -> Self {
        Self {
            contract: contract.clone(),
            operation: operation.clone(),
            corrected: Latency::new(),
            uncorrected: Latency::new(),
            failed: 0,
        }
    }

    /// Adds what another one holds.
    pub fn add(&mut self, other: &Self) {
        self.corrected.add(&other.corrected);
        self.uncorrected.add(&other.uncorrected);
        self.failed += other.failed;
    }

    /// Forgets all samples.
    pub fn clear(&mut self) {
        self.corrected.clear();
        self.uncorrected.clear();
        self.failed = 0;
    }

    /// Adds a call.
    pub fn record(&mut self, call: &CallRecord) {
        self.corrected.record(call.done.saturating_sub(call.due));
        self.uncorrected.record(call.done.saturating_sub(call.sent));
        self.failed += u64::from(call.status.is_none_or(|status| status >= 500));
    }
}

/// One that was read back.
impl From<Histogram<u64>> for Latency {
    fn from(histogram: Histogram<u64>) -> Self {
        Self(histogram)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// For each of ten calls a second, from when it was due and from when it was
    /// sent to its answer, in ms: one after the other, by a server that answers
    /// after 50 ms and not at all in the last second of every ten.
    fn minute() -> (Vec<u64>, Vec<u64>) {
        let mut free = 0;
        let played = (0..600).map(|number| {
            let (due, sent) = (number * 100, free.max(number * 100));
            let done: u64 = sent + 50;
            free = if done % 10_000 > 9_000 { done.next_multiple_of(10_000) } else { done };
            (free - due, free - sent)
        });
        played.unzip()
    }

    fn at(spans: &mut [u64], quantile: f64) -> u64 {
        spans.sort_unstable();
        spans[(quantile * spans.len() as f64).ceil() as usize - 1]
    }

    #[test]
    fn a_pause_is_told_in_full_from_when_calls_were_due_and_hides_from_when_they_were_sent() {
        let (mut waited, mut served) = minute();
        let (mut corrected, mut uncorrected) = (Latency::new(), Latency::new());
        waited.iter().for_each(|span| corrected.record(Duration::from_millis(*span)));
        served.iter().for_each(|span| uncorrected.record(Duration::from_millis(*span)));
        for quantile in [0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
            for (told, spans) in [(&corrected, &mut waited), (&uncorrected, &mut served)] {
                let (told_at, truth) = (told.quantile(quantile), at(spans, quantile));
                let same = told.histogram().equivalent(told_at.as_micros() as u64, truth * 1_000);
                assert!(same, "{quantile}: {told_at:?} for {truth} ms");
            }
        }
        // Of a hundred calls one meets the pause, and nearly twenty wait behind it.
        assert_eq!(at(&mut served, 0.99), 50);
        assert_eq!((at(&mut waited, 0.9), at(&mut waited, 0.99)), (500, 950));
        assert_eq!(waited.iter().filter(|span| **span > 50).count(), 105);
    }
}

//! Latencies second by second: one pair of histograms for each operation is used
//! over and over, and what a second held goes into a file that has no name.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

use super::{CallRecord, Latency, OperationLatency};
use crate::contract::ContractId;

/// What one operation's calls took that ended within one second.
#[derive(Clone, Debug)]
pub struct Interval {
    /// When the second began, in real time since the run began.
    pub began: Duration,
    /// Whether these are calls of the warm-up, which count for nothing.
    pub warm_up: bool,
    /// What was called, and how long it took.
    pub latency: OperationLatency,
}

/// Takes calls in the order of their ends, and keeps their latencies by second.
#[derive(Debug)]
pub struct IntervalRecorder {
    second: u64,
    /// With whether they are of the warm-up.
    current: Vec<(bool, OperationLatency)>,
    kept: Kept,
}

/// Latencies second by second. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Intervals(Option<Arc<Mutex<Kept>>>);

/// The seconds that are over.
#[derive(Debug)]
struct Kept {
    file: BufWriter<File>,
    /// Whose latencies stand in the file, by number, and whether of the warm-up.
    operations: Vec<(ContractId, Arc<str>, bool)>,
    failed: Option<io::Error>,
}

impl IntervalRecorder {
    /// Without calls.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn new() -> io::Result<Self> {
        let file = BufWriter::new(tempfile::tempfile()?);
        let kept = Kept { file, operations: Vec::new(), failed: None };
        Ok(Self { second: 0, current: Vec::new(), kept })
    }

    /// Adds a call to the second in which it ended. One that comes late is
    /// added to the second that goes on.
    pub fn record(&mut self, call: &CallRecord, warm_up: bool) {
        let second = call.done.as_secs();
        if second > self.second {
            self.close();
            self.second = second;
        }
        let place = self.place(&call.contract, &call.operation, warm_up);
        self.current[place].1.record(call);
    }

    /// Adds what a second that is over held of an operation.
    pub fn keep(&mut self, began: Duration, latency: &OperationLatency) {
        let place = self.place(&latency.contract, &latency.operation, false);
        self.kept.add(began.as_secs(), place as u64, latency);
    }

    fn place(&mut self, contract: &ContractId, operation: &Arc<str>, warm_up: bool) -> usize {
        let is_it = |(warm, l): &(bool, OperationLatency)| {
            *warm == warm_up && l.operation == *operation && l.contract == *contract
        };
        let known = self.current.iter().position(is_it);
        known.unwrap_or_else(|| {
            self.current.push((warm_up, OperationLatency::of(contract, operation)));
            self.kept.operations.push((contract.clone(), operation.clone(), warm_up));
            self.current.len() - 1
        })
    }

    /// What was recorded.
    ///
    /// # Errors
    /// The temporary file could not be written.
    pub fn finish(mut self) -> io::Result<Intervals> {
        self.close();
        if let Some(error) = self.kept.failed.take() {
            return Err(error);
        }
        Ok(Intervals(Some(Arc::new(Mutex::new(self.kept)))))
    }

    /// Writes out the second that goes on.
    fn close(&mut self) {
        for (number, (_, latency)) in self.current.iter_mut().enumerate() {
            if latency.corrected.count() > 0 {
                self.kept.add(self.second, number as u64, latency);
                latency.clear();
            }
        }
    }
}

impl Kept {
    fn add(&mut self, second: u64, number: u64, latency: &OperationLatency) {
        if self.failed.is_none()
            && let Err(error) = self.written(second, number, latency)
        {
            self.failed = Some(error);
        }
    }

    fn written(&mut self, second: u64, number: u64, latency: &OperationLatency) -> io::Result<()> {
        for field in [second, number, latency.failed] {
            self.file.write_all(&field.to_be_bytes())?;
        }
        let mut serializer = V2Serializer::new();
        for histogram in [&latency.corrected, &latency.uncorrected] {
            serializer.serialize(histogram.histogram(), &mut self.file).map_err(io::Error::other)?;
        }
        Ok(())
    }

    /// The interval that begins there in the file, and where the next one does.
    fn read(&mut self, at: u64) -> io::Result<Option<(Interval, u64)>> {
        self.file.flush()?;
        let mut file = self.file.get_ref();
        if at == file.seek(SeekFrom::End(0))? {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(at))?;
        let (mut read, mut deserializer) = (BufReader::new(file), Deserializer::new());
        let mut field = || -> io::Result<u64> {
            let mut bytes = [0; 8];
            read.read_exact(&mut bytes)?;
            Ok(u64::from_be_bytes(bytes))
        };
        let (second, number, failed) = (field()?, field()? as usize, field()?);
        let mut histogram = || -> io::Result<Latency> {
            let read: Histogram<u64> = deserializer.deserialize(&mut read).map_err(io::Error::other)?;
            Ok(Latency::from(read))
        };
        let (corrected, uncorrected) = (histogram()?, histogram()?);
        let (contract, operation, warm_up) = self.operations[number].clone();
        let latency = OperationLatency { contract, operation, corrected, uncorrected, failed };
        Ok(Some((Interval { began: Duration::from_secs(second), warm_up, latency }, read.stream_position()?)))
    }
}

impl Intervals {
    /// All intervals, by their beginning, none of which stays in memory. An error:
    /// the temporary file can't be read.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<Interval>> + '_ {
        let mut at = Some(0);
        std::iter::from_fn(move || {
            let mut kept = self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            let read = kept.read(at?).transpose()?;
            at = read.as_ref().ok().map(|(_, next)| *next);
            Some(read.map(|(interval, _)| interval))
        })
    }
}

/// A call of so many milliseconds.
#[cfg(test)]
pub(super) fn sample_call(operation: &str, sent: u64, done: u64) -> CallRecord {
    let span = Duration::from_millis;
    CallRecord {
        contract: ContractId::parse("a/v1"),
        operation: operation.into(),
        flow: "flow".into(),
        run: 1,
        attempt: 1,
        poll: false,
        client: "client".into(),
        correlation: None,
        items: Arc::default(),
        step: None,
        refusable: false,
        status: Some(if done.is_multiple_of(7) { 500 } else { 200 }),
        failure: None,
        retry_after: None,
        tier: None,
        due: span(sent.saturating_sub(5)),
        sent: span(sent),
        done: span(done),
        sent_at: crate::clock::Timestamp::default(),
        done_at: crate::clock::Timestamp::default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_seconds_together_are_the_whole(
            calls in prop::collection::vec((0_u64..20_000, 1_u64..3_000, 0_usize..3), 1..200),
        ) {
            let mut calls: Vec<_> =
                calls.into_iter().map(|(sent, took, n)| sample_call(["x", "y", "z"][n], sent, sent + took)).collect();
            calls.sort_by_key(|call| call.done);
            let mut recorder = IntervalRecorder::new().unwrap();
            calls.iter().for_each(|call| recorder.record(call, false));
            let mut sums: Vec<OperationLatency> = Vec::new();
            let mut before = Duration::ZERO;
            for interval in recorder.finish().unwrap().iter().map(Result::unwrap) {
                assert!(before <= interval.began);
                before = interval.began;
                let within = calls.iter().filter(|c| c.operation == interval.latency.operation);
                let within = within.filter(|c| c.done.as_secs() == interval.began.as_secs()).count() as u64;
                assert_eq!(interval.latency.corrected.count(), within);
                match sums.iter_mut().find(|sum| sum.operation == interval.latency.operation) {
                    Some(sum) => sum.add(&interval.latency),
                    None => sums.push(interval.latency),
                }
            }
            for sum in sums {
                let mut whole = OperationLatency::of(&sum.contract, &sum.operation);
                calls.iter().filter(|c| c.operation == sum.operation).for_each(|c| whole.record(c));
                prop_assert_eq!(sum.corrected.histogram(), whole.corrected.histogram());
                prop_assert_eq!(sum.uncorrected.histogram(), whole.uncorrected.histogram());
                prop_assert_eq!(sum.failed, whole.failed);
            }
        }
    }
}

//! `latency.hlog`: an HdrHistogram interval log (version 2, deflated), for
//! `HistogramLogProcessor` and its kin. Values are microseconds, the `max`
//! column is milliseconds. One interval for each second, scenario, operation and
//! way of counting, told apart by tags like
//! `steady-day:bulk-update/v1:submitBatch:corrected`; the generator's own lag has
//! one for each scenario.

use std::io::{self, Write};
use std::iter::Peekable;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::observe::{self, Latency, OperationLatency};

use super::json::RunRecord;
use super::{Phase, PhaseRecord, Run};

/// One interval.
struct Interval {
    tag: String,
    began: Duration,
    took: Duration,
    latency: Latency,
}

/// How long an interval of an operation is.
const SECOND: Duration = Duration::from_secs(1);

/// Writes the log. Names come from the record, which holds no secrets.
///
/// # Errors
/// What was kept of the latencies can't be read, or the log can't be written.
pub(super) fn write(run: &Run, record: &RunRecord, to: &mut impl Write) -> io::Result<()> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(run.started.micros()).unwrap_or(0));
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&format!("[Seamstress {}: values in microseconds, max in milliseconds]", record.tool_version))
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(1000.0)
        .begin_log_with(to, &mut serializer)
        .map_err(io::Error::other)?;
    let phases = || run.phases.iter().zip(&record.phases);
    let lags = phases().map(|(phase, shown)| Box::new(std::iter::once(Ok(lag(phase, shown)))) as Intervals<'_>);
    let seconds = phases().map(|(phase, shown)| Box::new(seconds(phase, shown)) as Intervals<'_>);
    each_by_start(lags.chain(seconds).map(Iterator::peekable).collect(), |interval| {
        let tag = Tag::new(&interval.tag);
        writer
            .write_histogram(interval.latency.histogram(), interval.began, interval.took, tag)
            .map_err(|error| io::Error::other(format!("{error:?}")))
    })
}

type Intervals<'r> = Box<dyn Iterator<Item = io::Result<Interval>> + 'r>;

/// Takes intervals by their start, as readers want them, one at a time.
fn each_by_start(
    mut all: Vec<Peekable<Intervals<'_>>>,
    mut take: impl FnMut(Interval) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        let began = |next: &io::Result<Interval>| next.as_ref().map_or(Duration::ZERO, |interval| interval.began);
        let starts = all.iter_mut().enumerate().filter_map(|(n, next)| Some((began(next.peek()?), n)));
        let Some((_, first)) = starts.min() else { return Ok(()) };
        if let Some(interval) = all[first].next() {
            take(interval?)?;
        }
    }
}

fn lag(phase: &Phase, shown: &PhaseRecord) -> Interval {
    let tag = tag(&format!("{}:lag", shown.scenario));
    Interval { tag, began: phase.began, took: phase.took, latency: phase.lag.clone() }
}

fn seconds<'r>(phase: &'r Phase, shown: &'r PhaseRecord) -> impl Iterator<Item = io::Result<Interval>> + 'r {
    let measured = phase.intervals.iter().filter(|second| !second.as_ref().is_ok_and(|second| second.warm_up));
    measured.flat_map(move |second| match second {
        Ok(second) => both(phase, shown, second).into_iter().flatten().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    })
}

/// A second of an operation, both ways of counting.
fn both(phase: &Phase, shown: &PhaseRecord, second: observe::Interval) -> Option<[Interval; 2]> {
    let OperationLatency { contract, operation, corrected, uncorrected, .. } = second.latency;
    let place = phase.latencies.iter().position(|l| (&l.contract, &l.operation) == (&contract, &operation))?;
    let named = shown.latencies.get(place)?;
    let interval = |how: &str, latency| {
        let tag = tag(&format!("{}:{}:{}:{how}", shown.scenario, named.contract, named.operation));
        Interval { tag, began: second.began, took: SECOND, latency }
    };
    Some([interval("corrected", corrected), interval("uncorrected", uncorrected)])
}

/// A tag can't hold commas and spaces.
pub(super) fn tag(text: &str) -> String {
    text.chars().map(|c| if c == ',' || c.is_whitespace() || c.is_control() { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use hdrhistogram::serialization::Deserializer;
    use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

    use super::*;
    use crate::report::sample;

    #[test]
    fn the_log_reads_back() {
        let run = sample::run();
        let mut log = Vec::new();
        write(&run, &RunRecord::of(&run, &sample::redactor()), &mut log).unwrap();
        let mut read = Vec::new();
        for entry in IntervalLogIterator::new(&log) {
            if let LogEntry::Interval(interval) = entry.expect("an entry") {
                let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram());
                let histogram: hdrhistogram::Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.expect("base64").as_slice()).expect("a histogram");
                read.push((interval.tag().expect("a tag").as_str().to_owned(), histogram.len(), histogram.max()));
            }
        }
        // Of each phase the lag, and six seconds of three operations, both ways.
        assert_eq!(read.len(), 2 * (1 + 6 * 3 * 2));
        let tag = "steady-day:bulk-update/v1:submitBatch:corrected";
        let seconds: Vec<_> = read.iter().filter(|(t, ..)| t == tag).collect();
        let mut expected = Vec::new();
        let first = run.phases[0].latencies[0].operation.clone();
        for interval in run.phases[0].intervals.iter().map(Result::unwrap) {
            if interval.latency.operation == first && &*interval.latency.contract.api == "bulk-update" {
                let histogram = interval.latency.corrected;
                expected.push((histogram.count(), histogram.histogram().max()));
            }
        }
        let seconds: Vec<_> = seconds.iter().map(|(_, count, max)| (*count, *max)).collect();
        assert_eq!(seconds, expected);
    }
}

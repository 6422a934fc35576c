//! `latency.hlog`: an HdrHistogram interval log (version 2, deflated), for
//! `HistogramLogProcessor` and its kin. Values are microseconds, the `max`
//! column is milliseconds. One interval for each second, scenario, operation and
//! way of counting, told apart by tags like
//! `steady-day:bulk-update/v1:submitBatch:corrected`; the generator's own lag has
//! one for each scenario.

use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::observe::{Latency, OperationLatency};

use super::Run;
use super::json::RunRecord;

/// One interval.
struct Interval {
    tag: String,
    began: Duration,
    took: Duration,
    latency: Latency,
}

/// How long an interval of an operation is.
const SECOND: Duration = Duration::from_secs(1);

/// The log. Names come from the record, which holds no secrets.
///
/// # Errors
/// What was kept of the latencies can't be read.
pub(super) fn log(run: &Run, record: &RunRecord) -> io::Result<Vec<u8>> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(run.started.micros()).unwrap_or(0));
    let mut text = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&format!("[Seamstress {}: values in microseconds, max in milliseconds]", record.tool_version))
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(1000.0)
        .begin_log_with(&mut text, &mut serializer)
        .map_err(io::Error::other)?;
    for interval in intervals(run, record)? {
        let tag = Tag::new(&interval.tag);
        writer
            .write_histogram(interval.latency.histogram(), interval.began, interval.took, tag)
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
    }
    drop(writer);
    Ok(text)
}

/// By start, as readers want them.
fn intervals(run: &Run, record: &RunRecord) -> io::Result<Vec<Interval>> {
    let mut intervals = Vec::new();
    for (phase, shown) in run.phases.iter().zip(&record.phases) {
        let mut push = |name: &str, (began, took), latency| {
            let tag = tag(&format!("{}:{name}", shown.scenario));
            intervals.push(Interval { tag, began, took, latency });
        };
        push("lag", (phase.began, phase.took), phase.lag.clone());
        let named = |latency: &OperationLatency| {
            let place = phase
                .latencies
                .iter()
                .position(|l| (&l.contract, &l.operation) == (&latency.contract, &latency.operation));
            place.and_then(|place| shown.latencies.get(place)).map(|l| format!("{}:{}", l.contract, l.operation))
        };
        phase.intervals.each(|second| {
            if second.warm_up {
                return;
            }
            let Some(name) = named(&second.latency) else { return };
            let span = (second.began, SECOND);
            push(&format!("{name}:corrected"), span, second.latency.corrected);
            push(&format!("{name}:uncorrected"), span, second.latency.uncorrected);
        })?;
    }
    intervals.sort_by_key(|interval| interval.began);
    Ok(intervals)
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
        let log = log(&run, &RunRecord::of(&run, &sample::redactor())).unwrap();
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
        let mut push = |interval: crate::observe::Interval| {
            if interval.latency.operation == first && &*interval.latency.contract.api == "bulk-update" {
                let histogram = interval.latency.corrected;
                expected.push((histogram.count(), histogram.histogram().max()));
            }
        };
        run.phases[0].intervals.each(&mut push).unwrap();
        let seconds: Vec<_> = seconds.iter().map(|(_, count, max)| (*count, *max)).collect();
        assert_eq!(seconds, expected);
    }
}

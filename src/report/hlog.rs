//! `latency.hlog`: an HdrHistogram interval log (version 2, deflated), for
//! `HistogramLogProcessor` and its kin. Values are microseconds, the `max`
//! column is milliseconds. One interval for each scenario, operation and way of
//! counting, told apart by tags like
//! `steady-day:bulk-update/v1:submitBatch:corrected`.

use std::time::{Duration, SystemTime};

use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};

use crate::observe::Latency;

use super::Run;
use super::json::RunRecord;

/// One interval.
struct Interval<'a> {
    tag: String,
    began: Duration,
    took: Duration,
    latency: &'a Latency,
}

/// The log. Names come from the record, which holds no secrets.
pub(super) fn log(run: &Run, record: &RunRecord) -> Vec<u8> {
    let began = SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(run.started.micros()).unwrap_or(0));
    let mut text = Vec::new();
    let mut serializer = V2DeflateSerializer::new();
    let mut writer = IntervalLogWriterBuilder::new()
        .add_comment(&format!("[Seamstress {}: values in microseconds, max in milliseconds]", record.tool_version))
        .with_start_time(began)
        .with_base_time(began)
        .with_max_value_divisor(1000.0)
        .begin_log_with(&mut text, &mut serializer)
        .expect("a vector takes everything");
    for interval in intervals(run, record) {
        writer
            .write_histogram(interval.latency.histogram(), interval.began, interval.took, Tag::new(&interval.tag))
            .expect("a vector takes everything, and a histogram with fixed bounds can be serialized");
    }
    drop(writer);
    text
}

/// By start, as readers want them.
fn intervals<'a>(run: &'a Run, record: &RunRecord) -> Vec<Interval<'a>> {
    let mut intervals = Vec::new();
    for (phase, shown) in run.phases.iter().zip(&record.phases) {
        let mut push = |name: String, latency| {
            let tag = tag(&format!("{}:{name}", shown.scenario));
            intervals.push(Interval { tag, began: phase.began, took: phase.took, latency });
        };
        push("lag".into(), &phase.lag);
        for (latency, shown) in phase.latencies.iter().zip(&shown.latencies) {
            let name = format!("{}:{}", shown.contract, shown.operation);
            push(format!("{name}:corrected"), &latency.corrected);
            push(format!("{name}:uncorrected"), &latency.uncorrected);
        }
    }
    intervals.sort_by_key(|interval| interval.began);
    intervals
}

/// A tag can't hold commas and spaces.
fn tag(text: &str) -> String {
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
        let log = log(&run, &RunRecord::of(&run, &sample::redactor()));
        let mut read = Vec::new();
        for entry in IntervalLogIterator::new(&log) {
            if let LogEntry::Interval(interval) = entry.expect("an entry") {
                let bytes = base64::engine::general_purpose::STANDARD.decode(interval.encoded_histogram());
                let histogram: hdrhistogram::Histogram<u64> =
                    Deserializer::new().deserialize(&mut bytes.expect("base64").as_slice()).expect("a histogram");
                read.push((interval.tag().expect("a tag").as_str().to_owned(), histogram.len(), histogram.max()));
            }
        }
        assert_eq!(read.len(), 2 * (1 + 3 * 2));
        let (tag, count, max) = &read[1];
        assert_eq!(tag, "steady-day:bulk-update/v1:submitBatch:corrected");
        assert_eq!((*count, *max), (900, run.phases[0].latencies[0].corrected.histogram().max()));
    }
}

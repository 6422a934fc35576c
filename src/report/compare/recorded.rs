//! A recorded run as it is read again: of `run.json` what a comparison needs,
//! and the intervals of `latency.hlog`.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogHistogram, IntervalLogIterator, LogEntry};
use serde::Deserialize;

use super::sample::{Counts, Sample};
use crate::diagnose::{Diagnostic, Diagnostics, Place};
use crate::report::hlog;
use crate::report::json::FORMAT;

/// An operation of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) scenario: String,
    pub(super) contract: String,
    pub(super) operation: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.scenario, self.contract, self.operation)
    }
}

/// A run that was recorded.
#[derive(Debug)]
pub struct Recorded {
    /// As the user named it.
    pub(super) name: String,
    pub(super) run: RunFile,
    /// What every operation took, counted from the due instant.
    pub(super) latencies: BTreeMap<Key, Sample>,
}

/// What is read of `run.json`.
#[derive(Debug, Deserialize)]
pub(super) struct RunFile {
    pub(super) command: String,
    pub(super) verdict: String,
    pub(super) seed: u64,
    pub(super) started: String,
    pub(super) tool_version: String,
    pub(super) clock: ClockFile,
    pub(super) target: TargetFile,
    pub(super) defects: Vec<String>,
    #[serde(default)]
    pub(super) faults: Vec<serde_json::Value>,
    pub(super) totals: TotalsFile,
    pub(super) phases: Vec<PhaseFile>,
    /// The contracts' content, by contract.
    #[serde(default)]
    pub(super) contract_digests: BTreeMap<String, String>,
    /// Where it ran.
    pub(super) machine: Option<Machine>,
}

/// The machine of the generator.
#[derive(Debug, Deserialize)]
pub(super) struct Machine {
    os: String,
    architecture: String,
    cpus: u64,
    processor: Option<String>,
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let processor = self.processor.as_deref().unwrap_or(&self.architecture);
        write!(f, "{}, {} × {processor}", self.os, self.cpus)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ClockFile {
    pub(super) scale: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct TargetFile {
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct TotalsFile {
    pub(super) exchanges: u64,
    pub(super) throttled: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PhaseFile {
    pub(super) scenario: String,
    pub(super) took_ms: u64,
    pub(super) offered_per_s: f64,
    pub(super) due: u64,
    pub(super) dropped: u64,
    pub(super) exchanges: u64,
    pub(super) cut: bool,
    pub(super) lag: LagFile,
    pub(super) latencies: Vec<LatencyFile>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LagFile {
    pub(super) p99_ms: f64,
}

#[derive(Debug, Deserialize)]
pub(super) struct LatencyFile {
    contract: String,
    operation: String,
    failed: u64,
    corrected: CountFile,
}

#[derive(Debug, Deserialize)]
struct CountFile {
    count: u64,
}

impl Recorded {
    /// Reads a run from the contents of its two files, each with its path.
    ///
    /// # Errors
    /// All faults of both files.
    pub fn read(name: &str, run: (&str, &[u8]), log: (&str, &[u8])) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let file = run_file(run.0, run.1).map_err(|fault| faults.push(fault)).ok();
        let mut tags = read_log(log.0, log.1, &mut faults);
        let Some(file) = file.filter(|_| !faults.has_errors()) else { return Err(faults) };
        let mut latencies = BTreeMap::new();
        for (phase, latency) in file.phases.iter().flat_map(|phase| phase.latencies.iter().map(move |l| (phase, l))) {
            let key = Key {
                scenario: phase.scenario.clone(),
                contract: latency.contract.clone(),
                operation: latency.operation.clone(),
            };
            match tags.remove(&hlog::tag(&format!("{key}:corrected"))) {
                Some(seconds) => _ = latencies.insert(key, Sample::new(seconds)),
                // Played twice in a run, or never called.
                None if latencies.contains_key(&key) || latency.corrected.count == 0 => {}
                None => faults.push(missing(log.0, &key)),
            }
        }
        if faults.has_errors() { Err(faults) } else { Ok(Self { name: name.to_owned(), run: file, latencies }) }
    }

    /// The phases of a scenario; mostly one.
    pub(super) fn phases<'a>(&'a self, scenario: &'a str) -> impl Iterator<Item = &'a PhaseFile> {
        self.run.phases.iter().filter(move |phase| phase.scenario == scenario)
    }

    /// Calls of an operation that failed.
    pub(super) fn failed(&self, key: &Key) -> u64 {
        let own = |latency: &&LatencyFile| latency.contract == key.contract && latency.operation == key.operation;
        self.phases(&key.scenario)
            .flat_map(|phase| &phase.latencies)
            .filter(own)
            .fold(0, |sum, latency| sum.saturating_add(latency.failed))
    }
}

fn missing(path: &str, key: &Key) -> Diagnostic {
    Diagnostic::error(Place::file(path), format!("no histogram of {key}"))
        .expected(format!("an interval with the tag `{key}:corrected`, since run.json has this operation"))
        .hint("both files must be of one run: take the folder as the run left it")
}

fn run_file(path: &str, content: &[u8]) -> Result<RunFile, Diagnostic> {
    let broken = |fault: &serde_json::Error| {
        let place = Place { file: path.into(), line: fault.line() as u32, column: fault.column() as u32 };
        Diagnostic::error(place, format!("this is no run.json: {fault}"))
            .expected(format!("a file of the format `{FORMAT}`, as `seamstress schema run` describes it"))
            .hint("take a folder that a run has written, or record a new run")
    };
    let value: serde_json::Value = serde_json::from_slice(content).map_err(|fault| broken(&fault))?;
    let format = value.get("format").and_then(|format| format.as_str());
    if format != Some(FORMAT) {
        let actual = format.map_or_else(|| "no `format`".to_owned(), |format| format!("`{format}`"));
        return Err(Diagnostic::error(Place::file(path), "this is no run that can be compared")
            .expected(format!("the format `{FORMAT}`"))
            .actual(actual)
            .hint("compare runs that this version of Seamstress can read, or record them anew"));
    }
    serde_json::from_slice(content).map_err(|fault| broken(&fault))
}

type Tags = BTreeMap<String, Vec<(Duration, Counts)>>;

/// The intervals of each tag.
fn read_log(path: &str, content: &[u8], faults: &mut Diagnostics) -> Tags {
    let mut tags = Tags::new();
    let mut reader = Deserializer::new();
    // Line by line, since only so the place of a fault is known.
    for (number, line) in content.split_inclusive(|byte| *byte == b'\n').enumerate() {
        for entry in IntervalLogIterator::new(line) {
            let read = match entry {
                Ok(LogEntry::Interval(interval)) => {
                    match interval.tag().filter(|tag| tag.as_str().ends_with(":corrected")) {
                        Some(tag) => counts(&interval, &mut reader).map(|counts| {
                            tags.entry(tag.as_str().to_owned()).or_default().push((interval.start_timestamp(), counts));
                        }),
                        None => Ok(()),
                    }
                }
                Ok(_) => Ok(()),
                Err(_) => Err("it is no line of an interval log".to_owned()),
            };
            if let Err(why) = read {
                faults.push(bad_line(path, number, &why));
            }
        }
    }
    tags
}

fn bad_line(path: &str, number: usize, why: &str) -> Diagnostic {
    let place = Place { file: path.into(), line: number as u32 + 1, column: 1 };
    Diagnostic::error(place, format!("this line can't be read: {why}"))
        .expected("an HdrHistogram interval log, version 2, as a run writes it")
        .hint("the file was cut or changed: take the folder as the run left it")
}

fn counts(interval: &IntervalLogHistogram<'_>, reader: &mut Deserializer) -> Result<Counts, String> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(interval.encoded_histogram())
        .map_err(|fault| fault.to_string())?;
    let histogram: Histogram<u64> = reader.deserialize(&mut bytes.as_slice()).map_err(|fault| fault.to_string())?;
    Ok(histogram
        .iter_recorded()
        .map(|step| (histogram.highest_equivalent(step.value_iterated_to()), step.count_at_value()))
        .collect())
}

#[cfg(test)]
impl Recorded {
    /// A run of which nothing is known but latencies.
    pub(super) fn of(latencies: BTreeMap<Key, Sample>) -> Self {
        let run = serde_json::json!({
            "command": "load", "verdict": "passed", "seed": 1, "started": "", "tool_version": "", "clock": {"scale": 1},
            "target": {"name": ""}, "defects": [], "totals": {"exchanges": 0, "throttled": 0}, "phases": [],
        });
        Self { name: String::new(), run: serde_json::from_value(run).expect("a run"), latencies }
    }
}

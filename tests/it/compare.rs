//! `report compare`: two recorded runs, made by a formula.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use serde_json::{Value, json};

use crate::golden::assert_golden;
use crate::support::{Ran, binary, ran};

/// A run of one scenario with two operations.
#[derive(Clone)]
struct Made {
    seconds: u64,
    scenario: &'static str,
    /// By how much `submit` is slower.
    factor: f64,
    failed: u64,
    digest: &'static str,
}

const BEFORE: Made = Made { seconds: 60, scenario: "steady-day", factor: 1.0, failed: 3, digest: "00112233" };

const OPERATIONS: [&str; 2] = ["submit", "status"];

impl Made {
    /// Writes run.json and latency.hlog into a folder.
    fn write(&self, folder: &Path) {
        std::fs::create_dir_all(folder).expect("made");
        std::fs::write(folder.join("run.json"), self.record().to_string()).expect("written");
        std::fs::write(folder.join("latency.hlog"), self.log()).expect("written");
    }

    fn record(&self) -> Value {
        let quantiles = json!({"count": 1, "p50_ms": 0.1, "p90_ms": 0.1, "p95_ms": 0.1, "p99_ms": 0.2, "max_ms": 0.2});
        let latency = |operation| {
            json!({"contract": "orders/v1", "operation": operation, "failed": if operation == "submit" { self.failed } else { 0 },
                   "corrected": quantiles, "uncorrected": quantiles})
        };
        json!({
            "format": "seamstress/run/1", "tool_version": "0.1.0", "command": "load", "verdict": "passed", "seed": 7,
            "started": "2026-11-21T22:00:01.000000Z", "clock": {"start": "2026-09-01T08:00:00.000000Z", "scale": 1.0},
            "target": {"name": "test", "gateway": "http://127.0.0.1:1"}, "defects": [],
            "totals": {"cases": 0, "exchanges": self.seconds * 40, "effects": 0, "throttled": 2},
            "contract_digests": {"orders/v1": self.digest},
            "machine": {"os": "linux", "architecture": "x86_64", "cpus": 4, "processor": "a processor"},
            "phases": [{"scenario": self.scenario, "began_ms": 0, "took_ms": self.seconds * 1000, "offered_per_s": 20.0,
                        "due": self.seconds * 20, "dropped": 0, "exchanges": self.seconds * 40, "cut": false,
                        "lag": quantiles, "latencies": OPERATIONS.map(latency)}],
        })
    }

    fn log(&self) -> Vec<u8> {
        let (mut log, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
        let start = SystemTime::UNIX_EPOCH;
        let builder = &mut IntervalLogWriterBuilder::new();
        let builder = builder.with_start_time(start).with_base_time(start);
        let mut writer = builder.begin_log_with(&mut log, &mut serializer).expect("written");
        for second in 0..self.seconds {
            for operation in OPERATIONS {
                let mut histogram = Histogram::<u64>::new_with_bounds(1, 3_600_000_000, 3).expect("bounds");
                for call in 0..20_u64 {
                    histogram.record(self.latency(operation, second * 20 + call)).expect("within");
                }
                let tag = format!("{}:orders/v1:{operation}:corrected", self.scenario);
                let (began, took) = (Duration::from_secs(second), Duration::from_secs(1));
                writer.write_histogram(&histogram, began, took, Tag::new(&tag)).expect("written");
            }
        }
        drop(writer);
        log
    }

    /// From 30 to 70 ms, spread as by chance.
    fn latency(&self, operation: &str, call: u64) -> u64 {
        let salt = self.failed * 100_000 + operation.len() as u64 * 10_000;
        let mixed = (call + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let spread = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33;
        let factor = if operation == "submit" { self.factor } else { 0.2 };
        ((30_000 + spread % 40_000) as f64 * factor) as u64
    }
}

/// A folder with the runs `a` and `b`.
fn two(a: &Made, b: &Made) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, made) in [("a", a), ("b", b)] {
        made.write(&folder.path().join("reports").join(name));
    }
    folder
}

fn compare(folder: &tempfile::TempDir, args: &[&str]) -> Ran {
    let mut command = binary();
    command.current_dir(folder.path()).args(["report", "compare"]).args(args);
    ran(&command.output().expect("the binary starts"), tempfile::tempdir().expect("a folder"))
}

fn written(folder: &tempfile::TempDir, file: &str) -> String {
    let path: PathBuf = folder.path().join("reports/compare").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

#[test]
fn a_regression_is_told_and_fails_a_gate() {
    let folder = two(&BEFORE, &Made { factor: 1.2, failed: 40, ..BEFORE });
    let shown = compare(&folder, &["a", "b"]);
    assert_eq!(shown.code, 0, "{}", shown.all());
    assert_golden("compare", &shown.out);
    assert_golden("compare-markdown", &written(&folder, "compare.md"));
    let wide: Vec<&str> = shown.out.lines().rev().skip(1).filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
    let gate = compare(&folder, &["a", "b", "--gate", "-q"]);
    assert_eq!((gate.code, gate.out.lines().count()), (1, 1), "{}", gate.all());
    assert!(gate.out.starts_with("REGRESSION: "), "{}", gate.out);
    let json = compare(&folder, &["reports/a", "reports/b/run.json", "--gate", "--format", "json"]);
    assert_eq!((json.code, json.out.as_str()), (1, written(&folder, "compare.json").as_str()), "{}", json.all());
    let schema = std::fs::read_to_string(".config/compare.schema.json").expect("published");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    let value: Value = serde_json::from_str(&json.out).expect("JSON");
    let faults: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn what_is_allowed_is_no_regression_and_noise_is_none() {
    let folder = two(&BEFORE, &Made { factor: 1.2, failed: 5, ..BEFORE });
    let allowed = compare(&folder, &["a", "b", "--gate", "--allow", "*:submit:p50=+40%", "--allow", "mean=off"]);
    assert_eq!(allowed.code, 1, "p95 is not allowed: {}", allowed.all());
    let all = ["*:submit:p50=+40%", "*:submit:p95=+40%", "*:mean=+40%,+2ms", "p99=off"];
    let args: Vec<&str> = all.iter().flat_map(|allow| ["--allow", allow]).collect();
    assert_eq!(compare(&folder, &[&["a", "b", "--gate"], &args[..]].concat()).code, 0);
    let folder = two(&BEFORE, &Made { failed: 5, ..BEFORE });
    let noise = compare(&folder, &["a", "b", "--gate"]);
    assert_eq!(noise.code, 0, "{}", noise.all());
    assert!(noise.out.lines().last().is_some_and(|line| line.starts_with("NO REGRESSION: ")), "{}", noise.out);
}

#[test]
fn too_little_is_inconclusive_and_nothing_is_4() {
    let short = Made { seconds: 1, ..BEFORE };
    let folder = two(&short, &Made { factor: 3.0, ..short });
    let ran = compare(&folder, &["a", "b", "--gate"]);
    assert_eq!(ran.code, 5, "{}", ran.all());
    assert!(ran.out.contains("too few") && ran.out.contains("INCONCLUSIVE: no latency"), "{}", ran.out);
    assert_eq!(compare(&folder, &["a", "b"]).code, 0);
    let folder = two(&BEFORE, &BEFORE);
    let asked = compare(&folder, &["a", "b", "--gate", "--allow", "p99.9=+10%"]);
    assert_eq!(asked.code, 5, "1,200 calls don't bound it: {}", asked.all());
    let folder = two(&BEFORE, &Made { scenario: "burst", ..BEFORE });
    let ran = compare(&folder, &["a", "b"]);
    assert_eq!(ran.code, 4, "{}", ran.all());
    assert!(ran.out.contains("only in B: burst:orders/v1:submit"), "{}", ran.out);
}

#[test]
fn a_contract_that_says_something_else_stops_the_verdict() {
    let folder = two(&BEFORE, &Made { digest: "44556677", factor: 1.5, ..BEFORE });
    let ran = compare(&folder, &["a", "b", "--gate"]);
    assert_eq!(ran.code, 5, "{}", ran.all());
    assert!(ran.out.contains("contract orders/v1: digest 00112233 in A, digest 44556677 in B"), "{}", ran.out);
    assert_eq!(compare(&folder, &["a", "b", "--gate", "--despite", "contract"]).code, 1);
}

#[test]
fn files_that_cant_be_read_are_told_all_at_once() {
    let folder = two(&BEFORE, &BEFORE);
    let ran = compare(&folder, &["latest", "c"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    for part in
        ["--> latest", "--> c", "expected: `latest`, the folder of a run", "hint: in reports there are e.g. b, a"]
    {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let run = folder.path().join("reports");
    std::fs::remove_file(run.join("a/latency.hlog")).expect("removed");
    std::fs::write(run.join("b/run.json"), "{\"format\": \"seamstress/run/9\"}").expect("written");
    let ran = compare(&folder, &["a", "b"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    for part in ["reports/a/latency.hlog", "reports/b/run.json", "actual: `seamstress/run/9`"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    BEFORE.write(&run.join("a"));
    BEFORE.write(&run.join("b"));
    let mut log = BEFORE.log();
    log.truncate(log.len() - 20);
    std::fs::write(run.join("b/latency.hlog"), log).expect("written");
    let ran = compare(&folder, &["a", "b"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("reports/b/latency.hlog:122:1"), "{}", ran.err);
    BEFORE.write(&run.join("b"));
    let idle = compare(&folder, &["a", "b", "--allow", "burst:*:p99=+10%"]);
    assert_eq!(idle.code, 2, "{}", idle.all());
    assert!(idle.err.contains("--allow burst:*:p99=+10%: no figure of both runs fits"), "{}", idle.err);
    assert_eq!(compare(&folder, &["a", "b", "--allow", "p98=+10%"]).code, 2);
}

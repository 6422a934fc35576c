//! Findings made smaller, and played again: still failing, and fixed.

use serde_json::Value;

use crate::golden::assert_golden;
use crate::support::{Ran, seamstress};

fn finding(ran: &Ran, check: &str) -> Value {
    let record = ran.record();
    let findings = record["findings"].as_array().expect("a list");
    findings.iter().find(|f| f["check"] == check).unwrap_or_else(|| panic!("{}", ran.all())).clone()
}

fn replay(ran: &Ran, words: &[&str]) -> Ran {
    let report = ran.reports.path().join("latest/run.json");
    let report = report.to_str().expect("text");
    seamstress(&[&["replay", "--report", report, "--only", "lifecycle"], words].concat())
}

#[test]
fn a_finding_is_made_smaller_and_told_fixed_or_still_failing() {
    let steady = ["check", "--only", "lifecycle", "--seed", "1", "--nonce", "golden", "--cases", "60"];
    let more = ["--workers", "1", "--operation", "bulk-update/v1", "--defect", "sunset-missing"];
    let ran = seamstress(&[&steady[..], &more].concat());
    let found = finding(&ran, "lifecycle/sunset");
    let origin = found["origin"].as_str().expect("a case");
    assert!(origin.contains('~'), "{origin}");
    assert_eq!(found["reproduced"]["shown"], 3, "{found:#}");
    let shrunk = &found["shrunk"];
    assert_eq!(shrunk["minimal"], true, "{shrunk}");
    assert!(shrunk["bytes_after"].as_u64() <= shrunk["bytes_before"].as_u64(), "{shrunk}");
    assert!(found["replay"].as_str().is_some_and(|line| line.contains(origin)), "{found:#}");

    let still = replay(&ran, &["--finding", &found["fingerprint"].as_str().expect("text")[..8]]);
    assert_eq!(still.code, 1, "{}", still.all());
    assert!(still.files().is_empty(), "the recorded run stays the latest");
    assert_golden("replay-failing", &still.out);

    let fixed = replay(&ran, &[origin, "--seed", "1", "--nonce", "golden"]);
    assert_eq!(fixed.code, 0, "{}", fixed.all());
    assert_golden("replay-fixed", &fixed.out);

    let other = replay(&ran, &["--finding", "ffffffffffffffff"]);
    assert_eq!(other.code, 2, "{}", other.all());
    assert!(other.err.contains("has no finding with the fingerprint"), "{}", other.err);
}

#[test]
fn a_sequence_shows_each_call_then_and_now() {
    let args = ["check", "--seed", "4", "--cases", "40", "--fail-fast", "--defect", "other-content-replayed"];
    let ran = seamstress(&args);
    let record = ran.record();
    let findings = record["findings"].as_array().expect("a list");
    let found = findings.iter().find(|f| f["family"] == "idempotency").unwrap_or_else(|| panic!("{}", ran.all()));
    assert!(found["shrunk"]["played"].as_u64().is_some_and(|played| played > 0), "{found:#}");
    let report = ran.reports.path().join("latest/run.json");
    let (origin, report) = (found["origin"].as_str().expect("a case"), report.to_str().expect("text"));
    let again = seamstress(&["replay", origin, "--seed", "4", "--report", report, "--format", "json", "--times", "2"]);
    assert_eq!(again.code, 0, "{}", again.all());
    let told: Value = serde_json::from_str(&again.out).expect("JSON");
    assert_eq!(told["times"], 2);
    let line = told["checks"].as_array().expect("a list").iter().find(|c| c["fingerprint"] == found["fingerprint"]);
    let line = line.unwrap_or_else(|| panic!("{told:#}"));
    assert_eq!((&line["recorded"], &line["failed"]), (&true.into(), &0.into()), "{told:#}");
    let steps = told["steps"].as_array().expect("a list");
    assert!(
        steps.len() >= 2 && steps.iter().all(|s| s["then"].is_string() && s["now"].as_array().is_some()),
        "{told:#}"
    );
}

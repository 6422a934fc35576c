//! The gate as a whole: what it leaves behind, and what it says when it is cut.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{binary, interrupt, ran, seamstress};

#[test]
fn two_runs_with_one_seed_generate_the_same_cases_but_for_the_nonce() {
    let plan = |seed: &str| seamstress(&["gate", "--dry-run", "--seed", seed]);
    let (a, b) = (plan("5"), plan("5"));
    assert_eq!(a.code, 0, "{}", a.all());
    assert_eq!(a.out, b.out);
    assert!(a.out.contains("nothing was sent"), "{}", a.out);
    assert!(a.out.contains("bulk-update/v1"), "{}", a.out);
}

#[test]
fn a_gate_cut_by_its_budget_names_what_it_did_not_check() {
    let ran = seamstress(&["gate", "--budget", "4s", "--seed", "3"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let record = ran.record();
    let left: Vec<&str> = record["not_checked"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|n| n["why"].as_str().is_some_and(|why| why.contains("budget")))
        .filter_map(|n| n["what"].as_str())
        .collect();
    assert!(left.iter().any(|what| what.starts_with("scenario ")), "{left:?}");
    // What has a system to itself is named, and not only counted.
    assert!(left.contains(&"probe past-window"), "{left:?}");
    assert!(
        ran.out.lines().last().is_some_and(|l| l.starts_with("PASSED") && l.contains("not checked")),
        "{}",
        ran.out
    );
    for file in [
        "run.json",
        "junit.xml",
        "summary.md",
        "report.html",
        "latency.hlog",
        "gateway-rows.jsonl",
        "gateway-traces.jsonl",
    ] {
        assert!(ran.reports.path().join("latest").join(file).is_file(), "{file} is missing");
    }
}

#[test]
fn the_report_holds_what_each_policy_did_with_each_call() {
    let ran = seamstress(&["check", "--seed", "4", "--cases", "40"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let latest = ran.reports.path().join("latest");
    let read = |name: &str| std::fs::read_to_string(latest.join(name)).expect("there");
    let traces = read("gateway-traces.jsonl");
    let lines: Vec<Value> = traces.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |name: &str| lines.iter().filter(|line| line.get(name).is_some()).collect::<Vec<&Value>>();
    let (systems, calls) = (of("system"), of("request_id"));
    let told: u64 = systems.iter().map(|s| s["calls"].as_u64().expect("a count")).sum();
    assert!(systems.iter().all(|system| system["left_out"] == 0), "{systems:?}");
    assert_eq!((lines[0]["system"].as_u64(), calls.len() as u64), (Some(1), told));
    // The first call comes after the lines of all that it came by.
    let first = lines.iter().position(|line| line.get("request_id").is_some()).expect("a call");
    let policy = |step: &Value| lines[1..first].iter().find(|line| line["statement"] == step[0]);
    let steps = lines[first]["steps"].as_array().expect("steps");
    assert!(!steps.is_empty());
    for step in steps {
        let policy = policy(step).unwrap_or_else(|| panic!("{step} is not described"));
        assert!(policy["place"].as_str().is_some_and(|place| place.contains(".xml:")), "{policy}");
        assert!(policy["policy"].is_string() && step[1].is_u64() && step[2].is_u64(), "{policy} {step}");
    }
    let ids = |text: &str, name: &str| -> std::collections::BTreeSet<String> {
        let values = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        values.filter_map(|value| value[name].as_str().map(str::to_owned)).collect()
    };
    let rows = ids(&read("gateway-rows.jsonl"), "CorrelationId");
    assert!(!rows.is_empty() && rows.is_subset(&ids(&traces, "request_id")), "each logged call has its trace");
    assert!(read("report.html").contains("<a href=\"gateway-traces.jsonl\">"));
}

#[test]
fn run_json_keeps_its_published_schema() {
    let ran = seamstress(&["check", "--seed", "4", "--cases", "40", "--defect", "stack-trace-in-error"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let schema = std::fs::read_to_string(".config/run.schema.json").expect("published");
    let schema: Value = serde_json::from_str(&schema).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let record = ran.record();
    let faults: Vec<String> = validator.iter_errors(&record).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    let finding = &record["findings"][0];
    for member in ["check", "severity", "fingerprint", "expected", "actual", "place", "reproduced", "replay", "curl"] {
        assert!(!finding[member].is_null(), "{member} is missing in {finding:#}");
    }
}

#[test]
fn a_finding_is_played_again_by_the_command_that_it_shows() {
    let ran =
        seamstress(&["check", "--seed", "4", "--cases", "40", "--fail-fast", "--defect", "other-content-replayed"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let record = ran.record();
    let finding = record["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|f| f["family"] == "idempotency")
        .unwrap_or_else(|| panic!("{}", ran.all()))
        .clone();
    assert_eq!(finding["reproduced"]["shown"], finding["reproduced"]["of"], "{finding:#}");
    let replay = finding["replay"].as_str().expect("a command");
    let words: Vec<&str> = replay.split_whitespace().skip(1).map(|word| word.trim_matches('\'')).collect();
    let again = seamstress(&words);
    assert_eq!(again.code, 1, "{}", again.all());
    let prints: Vec<Value> =
        again.record()["findings"].as_array().expect("a list").iter().map(|f| f["fingerprint"].clone()).collect();
    assert!(prints.contains(&finding["fingerprint"]), "{prints:?}");
}

#[test]
fn ctrl_c_in_the_middle_is_130_and_the_report_is_there() {
    let reports = tempfile::tempdir().expect("a folder");
    let mut child = binary()
        .args(["gate", "--seed", "1", "--reports"])
        .arg(reports.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    // The line that tells the seed comes once the target is open.
    let mut err = std::io::BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    while !said.contains("running steady-day") {
        let read = std::io::BufRead::read_line(&mut err, &mut said).expect("a line");
        assert!(read > 0, "it ended before it began: {said}");
    }
    interrupt(&child);
    let drain = std::thread::spawn(move || std::io::copy(&mut err, &mut std::io::sink()));
    let output = child.wait_with_output().expect("it ends");
    drain.join().expect("unbroken").expect("read");
    let ran = ran(&output, reports);
    assert_eq!(ran.code, 130, "{}", ran.all());
    assert_eq!(ran.record()["verdict"], "interrupted");
    assert!(ran.out.contains("INTERRUPTED"), "{}", ran.out);
}

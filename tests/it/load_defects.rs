//! Checks that a run of the score has no occasion for, each with two defects
//! that it finds: more calls by one client than a minute admits, and answers
//! that are later than a contract allows. And a commit after the client gave
//! up, which takes longer than a run of the score lasts.

use std::path::Path;

use crate::support::{Ran, seamstress};

/// One client, more often than its rate allows.
const RUSH: &str = "
format: seamstress/scenario/1
name: rush
description: One client, more often than its rate allows.
tags: [rush]

flows:
  - name: rush
    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]
    clones: 1
    clients: 1
    start: { burst: { runs: 720, within: 10 s } }
    retry: none
";

/// A few calls to two versions, one of which knows steps.
const FEW: &str = "
format: seamstress/scenario/1
name: few
description: A few calls to two versions.
tags: [few]

flows:
  - name: v1
    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]
    clones: 4
    start: { burst: { runs: 40, within: 20 s } }
  - name: v2
    actions: [{ contract: bulk-update/v2, operation: submitBatch, elements: 1 }]
    clones: 4
    start: { burst: { runs: 40, within: 20 s } }
";

fn spoke(ran: &Ran, check: &str) -> bool {
    let record = ran.record();
    record["findings"].as_array().is_some_and(|findings| findings.iter().any(|finding| finding["check"] == check))
}

#[test]
fn more_calls_than_the_rate_are_found_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rush.yaml"), RUSH).expect("written");
    let scenarios = folder.path().to_str().expect("plain");
    let rush = |defects: &[&str]| {
        let args = ["load", "rush", "--scenarios", scenarios, "--seed", "1", "--time-scale", "3"];
        seamstress(&[&args, defects].concat())
    };
    let check = "throttling/admitted-under-load";
    for defect in ["rate-doubled", "limit-per-run"] {
        let ran = rush(&["--defect", defect]);
        assert!(spoke(&ran, check), "{defect}: {}", ran.all());
    }
    let ran = rush(&[]);
    assert!(!spoke(&ran, check), "{}", ran.all());
}

#[test]
fn a_commit_after_the_flow_gave_up_is_told_in_one_line_where_the_service_takes_the_next_attempt_for_new() {
    let load = |defects: &[&str]| {
        let args = ["load", "three-clocks", "--scenarios", "scenarios", "--seed", "1"];
        seamstress(&[&args, defects].concat())
    };
    let ran = load(&["--defect", "claim-lost-with-client"]);
    let record = ran.record();
    let findings = record["findings"].as_array().expect("findings");
    let late = findings.iter().filter(|finding| finding["check"] == "idempotency/duplicate-under-load");
    let titles: Vec<&str> = late.filter_map(|finding| finding["title"].as_str()).collect();
    for who in ["the client gave up at 12[0-4]", "the gateway gave up at 10[0-4]"] {
        let told = format!("^three-clocks: attempt 1 committed at 13[1-9] s, after {who} s: 2 rows, 1 promised$");
        let told = regex::Regex::new(&told).expect("a pattern");
        assert!(titles.iter().any(|title| told.is_match(title)), "{titles:?}\n{}", ran.all());
    }
    // The third clock is a load balancer's: 230 s of the clock are 11.5 s.
    let latencies = record["phases"][0]["latencies"].as_array().expect("latencies").clone();
    let decided = latencies.iter().find(|latency| latency["contract"] == "inference/v1").expect("decisions");
    let cut = decided["corrected"]["max_ms"].as_f64().expect("a number");
    assert!((11_400.0..14_000.0).contains(&cut), "{cut}: {}", ran.all());
    // Each attempt finds the first one at work, or what it did.
    let ran = load(&[]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.record()["phases"][0]["exchanges"].as_u64() > Some(48), "{}", ran.all());
}

/// The shipped contracts, with another promise about how soon an answer comes.
fn impatient(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).expect("an entry");
        if path.is_dir() {
            impatient(&path, &to.join(name));
        } else {
            let text = std::fs::read_to_string(&path).expect("text");
            let text = text.replace("answer_within: PT100S", "answer_within: 1800 ms");
            std::fs::write(to.join(name), text).expect("written");
        }
    }
}

#[test]
fn an_answer_that_is_later_than_promised_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    impatient(Path::new("contracts"), folder.path());
    for defect in ["every-tenth-late", "every-fifth-late"] {
        let contracts = folder.path().to_str().expect("plain");
        let only = ["--only", "latency/answer-within", "--operation", "tabular-intake/v2", "--payloads"];
        let args = ["check", "--contracts", contracts, "--defect", defect, "--seed", "1", "--cases", "40"];
        let ran = seamstress(&[&args[..], &only].concat());
        assert!(spoke(&ran, "latency/answer-within"), "{defect}: {}", ran.all());
    }
}

#[test]
fn rows_that_no_call_explains_are_found_under_load() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("few.yaml"), FEW).expect("written");
    let scenarios = folder.path().to_str().expect("plain");
    let check = "correlation/explained-under-load";
    let few = |defects: &[&str]| {
        let args = ["load", "few", "--scenarios", scenarios, "--seed", "1", "--time-scale", "10"];
        seamstress(&[&args, defects].concat())
    };
    for defect in ["correlation-dropped", "correlation-dropped-with-step"] {
        let ran = few(&["--defect", defect]);
        assert!(spoke(&ran, check), "{defect}: {}", ran.all());
    }
    let ran = few(&[]);
    assert!(ran.code == 0 && !spoke(&ran, check), "{}", ran.all());
}

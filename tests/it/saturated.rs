//! A generator that is held up itself says so, and nothing about the target.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{binary, ran, signal};

const HURRIED: &str = "
format: seamstress/scenario/1
name: hurried
description: A threshold that a generator which is stopped again and again can't keep.
tags: [hurried]
thresholds: [{ p99: 150 ms, over: 4 s }]

flows:
  - name: hurried
    actions: [{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }]
    clones: 5
    start: { arrivals: { rate: 40/s, for: 8 s, time: real } }
    retry: none
";

/// Stops the process again and again, for longer than the threshold, until it
/// ends.
#[expect(clippy::disallowed_methods, reason = "how long it is stopped is what makes it late")]
fn hold_up(child: &mut Child) {
    let began = Instant::now();
    while child.try_wait().expect("a child").is_none() {
        if began.elapsed() > Duration::from_mins(2) {
            let _ = child.kill();
            panic!("it does not end");
        }
        signal(child, "-STOP");
        std::thread::sleep(Duration::from_millis(350));
        signal(child, "-CONT");
        std::thread::sleep(Duration::from_millis(500));
    }
}

#[test]
fn a_generator_that_is_held_up_is_saturated_and_the_target_is_not_blamed() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("hurried.yaml"), HURRIED).expect("written");
    let reports = tempfile::tempdir().expect("a folder");
    let mut child = binary()
        .args(["load", "hurried", "--seed", "1", "--scenarios"])
        .arg(folder.path())
        .arg("--reports")
        .arg(reports.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    hold_up(&mut child);
    let ran = ran(&child.wait_with_output().expect("it has ended"), reports);
    assert_eq!(ran.code, 3, "{}", ran.all());
    let words = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("GENERATOR SATURATED: hurried: "), "{}", ran.all());
    assert!(words.contains("p99 at most 150 ms over any 4 s cannot be judged"), "{}", ran.all());
    let record = ran.record();
    let findings = record["findings"].as_array().expect("findings");
    let blamed = findings.iter().filter(|f| f["severity"] == "error");
    assert_eq!(blamed.count(), 0, "{}", ran.all());
}

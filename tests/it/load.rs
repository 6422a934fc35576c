//! `load`: scenarios by name.

use crate::support::seamstress;

#[test]
fn a_scenario_is_run_with_its_oracles_within_its_budget() {
    let ran = seamstress(&["load", "steady-day", "--budget", "5s", "--seed", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let record = ran.record();
    assert_eq!(record["totals"]["cases"], 0);
    assert!(record["totals"]["exchanges"].as_u64() > Some(100), "{}", ran.all());
    assert!(record["totals"]["effects"].as_u64() > Some(100), "{}", ran.all());
    let cut = record["not_checked"].as_array().expect("a list").iter().find(|n| n["what"] == "scenario steady-day");
    assert!(cut.is_some_and(|n| n["why"].as_str().is_some_and(|why| why.contains("budget"))), "{}", ran.all());
    assert!(ran.out.contains("cut short"), "{}", ran.out);
    let reports = ran.reports.path().to_str().expect("plain");
    let compared = seamstress(&["report", "compare", "latest", "latest", "--reports", reports]);
    assert_eq!(compared.code, 0, "{}", compared.all());
    assert!(compared.out.contains("steady-day bulk-update/v1 "), "{}", compared.all());
}

#[test]
fn flows_with_branches_loops_and_children_write_each_row_once() {
    let ran = seamstress(&["load", "drawn-flows", "--seed", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    // 4 clones run twice: two halves of 3 rows, and a child with 4 files of 2
    // rows and 2 turns of 1 row; 5 of the 8 take the way that writes another one.
    assert_eq!(ran.record()["totals"]["effects"], 8 * (6 + 8 + 2) + 5, "{}", ran.all());
}

#[test]
fn an_unknown_scenario_is_2_and_offers_the_nearest() {
    let ran = seamstress(&["load", "steady-dya"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("did you mean `steady-day`?"), "{}", ran.err);
    let ran = seamstress(&["load", "nosuch"]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("`nosuch`") && ran.err.contains("retry-storm"), "{}", ran.err);
}

#[test]
fn an_unknown_operation_is_2_and_offers_the_nearest() {
    for command in [&["gate"][..], &["check"], &["load"], &["capacity", "probe"], &["gate", "--dry-run"]] {
        let ran = seamstress(&[command, &["--operation", "submitBacth"]].concat());
        assert_eq!(ran.code, 2, "{}", ran.all());
        assert!(ran.err.contains("did you mean `submitBatch`?"), "{}", ran.err);
    }
}

#[test]
fn a_dry_run_sends_nothing_whatever_the_command() {
    let case = "bulk-update/v1:submitBatch:violating:3";
    let commands: [&[&str]; 6] = [
        &["gate"],
        &["check"],
        &["load", "retry-storm"],
        &["capacity", "probe"],
        &["readiness", "bulk-update/v1"],
        &["replay", case],
    ];
    for command in commands {
        let ran = seamstress(&[command, &["--dry-run", "--seed", "1"]].concat());
        assert_eq!(ran.code, 0, "{}", ran.all());
        assert!(ran.out.ends_with("nothing was sent\n"), "{}", ran.all());
        assert!(ran.files().is_empty(), "a run left reports: {:?}", ran.files().first());
    }
}

/// A folder with one scenario of this text below its flow.
fn scenario(keys: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        "format: seamstress/scenario/1\nname: bounded\ndescription: d\nflows:\n  - name: f\n    \
         actions: [{{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }}]\n    clones: 4\n    \
         start: {{ arrivals: {{ rate: 40/s, for: 6 s, time: real }} }}\n{keys}"
    );
    std::fs::write(folder.path().join("bounded.yaml"), text).expect("written");
    folder
}

#[test]
fn a_threshold_that_is_broken_ends_the_load_and_is_found_with_its_window() {
    let folder = scenario(
        "warm_up: 1 s\nthresholds:\n  - { failed: 100%, over: 2 s }\n  - { failed: 10%, over: 2 s, operation: submitBatch, abort: true }\n",
    );
    let path = folder.path().to_str().expect("plain");
    let ran = seamstress(&["load", "bounded", "--scenarios", path, "--seed", "1"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let phase = &ran.record()["phases"][0];
    assert_eq!(phase["warm_up_ms"], 1000);
    let measured = phase["latencies"][0]["corrected"]["count"].as_u64().expect("a count");
    assert_eq!(phase["warm_up_calls"].as_u64().expect("a count") + measured, 240, "{phase:#}");
    assert!(
        ran.out.contains("warm-up of 1 s: ") && ran.out.contains("over any 2 s of submitBatch: holds"),
        "{}",
        ran.out
    );
    let fault = ["--fault", "unavailable,share=100%", "--seed", "1"];
    let ran = seamstress(&[&["load", "bounded", "--scenarios", path][..], &fault].concat());
    assert_eq!(ran.code, 1, "{}", ran.all());
    let record = ran.record();
    let found = record["findings"].as_array().expect("a list").iter().find(|f| f["check"] == "latency/threshold");
    let found = found.unwrap_or_else(|| panic!("{}", ran.all()));
    assert!(found["actual"].as_str().is_some_and(|actual| actual.contains("the scenario was ended")), "{found:#}");
    let phase = &record["phases"][0];
    assert_eq!((&phase["cut"], &phase["thresholds"][1]["aborted"]), (&true.into(), &true.into()), "{phase:#}");
    assert!(phase["took_ms"].as_u64().is_some_and(|took| took < 6_000), "{phase:#}");
}

#[test]
fn a_threshold_that_nobody_can_mean_is_2_with_its_place() {
    let folder = scenario("thresholds:\n  - { p99: 1 s, operation: submitBacth }\n");
    let ran = seamstress(&["load", "bounded", "--scenarios", folder.path().to_str().expect("plain")]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("bounded.yaml:10:5") && ran.err.contains("did you mean `submitBatch`?"), "{}", ran.err);
}

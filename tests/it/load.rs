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
    // rows and 2 turns of 1 row.
    assert_eq!(ran.record()["totals"]["effects"], 8 * (6 + 8 + 2), "{}", ran.all());
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

//! `readiness`: GO, NO-GO and inconclusive, from rows that are known to the
//! last one.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Ran, seamstress};

const NOW: &str = "2026-09-01T08:00:00Z";
const OLD: &str = "https://gateway.example/bulk-update/v1/batches";
const NEW: &str = "https://gateway.example/bulk-update/v2/batches";

/// A row with what names its client.
fn row(time: &str, url: &str, client: Value) -> Value {
    let mut row = json!({ "TimeGenerated": time, "Url": url, "Method": "POST", "ResponseCode": 200 });
    if let (Value::Object(row), Value::Object(client)) = (&mut row, client) {
        row.extend(client);
    }
    row
}

/// Rows that cover the quiet time: the old version's last call lies before it.
fn gone_quiet() -> Vec<Value> {
    vec![
        row("2026-07-15T00:00:00Z", OLD, json!({ "ApimSubscriptionId": "nightly" })),
        row("2026-08-31T12:00:00Z", NEW, json!({})),
    ]
}

/// Three clients that are named, each in another way, and one that is not.
fn still_called() -> Vec<Value> {
    let traced = json!([{ "source": "client", "metadata": { "applicationId": "7d3c1f52-named-by-trace" } }]);
    let mut rows = gone_quiet();
    rows.extend([
        row("2026-08-20T00:00:00Z", OLD, json!({ "ApimSubscriptionId": "named-by-subscription" })),
        row("2026-08-21T00:00:00Z", OLD, json!({ "TraceRecords": traced })),
        row("2026-08-22T00:00:00Z", OLD, json!({ "RequestHeaders": { "x-ms-workflow-name": "named-by-flow" } })),
        row("2026-08-23T00:00:00Z", OLD, json!({})),
    ]);
    rows
}

fn lines(rows: &[Value]) -> String {
    rows.iter().fold(String::new(), |text, row| text + &row.to_string() + "\n")
}

fn ask(version: &str, rows: &Path, more: &[&str]) -> Ran {
    let rows = rows.to_str().expect("plain");
    seamstress(&[&["readiness", version, "--rows", rows, "--now", NOW], more].concat())
}

/// Asks with these lines as the only file.
fn ask_with(version: &str, text: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rows.jsonl");
    fs::write(&file, text).expect("written");
    ask(version, &file, more)
}

#[test]
fn a_version_that_nobody_calls_is_go() {
    let ran = ask_with("bulk-update/v1", &lines(&gone_quiet()), &[]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(ran.out.ends_with("GO: nobody called bulk-update/v1 in the last 30 d\n"), "{}", ran.out);
    assert!(ran.out.contains("submitBatch, response 200: is not answered any more"), "{}", ran.out);
}

#[test]
fn a_longer_quiet_time_reaches_an_older_call() {
    let ran = ask_with("bulk-update/v1", &lines(&gone_quiet()), &["--quiet", "60d"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("NO-GO: 1 client still calls bulk-update/v1: 1 call in the last 60 d"), "{}", ran.out);
}

#[test]
fn each_client_is_named_by_the_first_thing_that_names_it() {
    let ran = ask_with("bulk-update/v1", &lines(&still_called()), &["--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(found["decision"], "no-go");
    let clients = found["clients"].as_array().expect("a list").iter();
    let named: Vec<(&str, &str, u64)> = clients
        .map(|c| {
            let text = |member: &str| c[member].as_str().expect("text");
            (text("name"), text("named_by"), c["usage"]["recent"].as_u64().expect("a number"))
        })
        .collect();
    let expected = [
        ("named-by-flow", "flow", 1),
        ("7d3c1f52-named-by-trace", "application", 1),
        ("named-by-subscription", "subscription", 1),
        ("nightly", "subscription", 0),
    ];
    assert_eq!(named, expected, "the last one first");
    assert_eq!(found["nameless"]["calls"], 1);
    assert!(!found["breaking"].as_array().expect("a list").is_empty());
}

#[test]
fn the_reasons_are_told_and_the_word_comes_last() {
    let ran = ask_with("bulk-update/v1", &lines(&still_called()), &[]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("(rows that name nobody)"), "{}", ran.out);
    assert!(ran.out.contains("breaking changes of the successor would reach them"), "{}", ran.out);
    let last = ran.out.lines().last().unwrap_or_default();
    assert!(
        last.starts_with("NO-GO: 3 clients and callers that no row names still call bulk-update/v1: 4 calls"),
        "{}",
        ran.out
    );
}

#[test]
fn a_header_that_is_missing_on_the_live_version_is_no_go() {
    let ran = ask_with("bulk-update/v1", &lines(&gone_quiet()), &["--defect", "sunset-missing"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.ends_with("NO-GO: the live version sends no Sunset field\n"), "{}", ran.out);
}

#[test]
fn without_a_successor_it_is_no_go() {
    let ran = ask_with("bulk-update/v2", &lines(&gone_quiet()[..1]), &[]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    assert!(ran.out.contains("NO-GO: there is no successor to go to"), "{}", ran.out);
}

#[test]
fn no_rows_or_rows_that_do_not_cover_the_time_are_inconclusive() {
    let late = lines(&gone_quiet()[1..]);
    let early = lines(&gone_quiet()[..1]);
    for (text, says) in [("", "there are no rows"), (&late, "the rows cover"), (&early, "the rows cover")] {
        let ran = ask_with("bulk-update/v1", text, &[]);
        assert_eq!(ran.code, 5, "{}", ran.all());
        assert!(
            ran.out.lines().last().is_some_and(|l| l.starts_with("INCONCLUSIVE: ") && l.contains(says)),
            "{}",
            ran.out
        );
    }
}

#[test]
fn a_broken_line_is_named_and_never_go() {
    let ran = ask_with("bulk-update/v1", &format!("{}{{ \"TimeGenerated\":\n", lines(&gone_quiet())), &[]);
    assert_eq!(ran.code, 5, "{}", ran.all());
    assert!(ran.out.contains("rows.jsonl:3: no JSON"), "{}", ran.out);
}

#[test]
fn a_folder_of_rows_is_read_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.jsonl"), lines(&gone_quiet()[..1])).expect("written");
    fs::write(folder.path().join("b.jsonl"), lines(&gone_quiet()[1..])).expect("written");
    let ran = ask("bulk-update/v1", folder.path(), &[]);
    assert_eq!(ran.code, 0, "each file alone covers too little: {}", ran.all());
}

#[test]
fn files_and_versions_that_are_not_there_are_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = ask("bulk-update/v1", &folder.path().join("none.jsonl"), &[]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("none.jsonl"), "{}", ran.err);
    let ran = ask_with("bulk-update/v7", "", &[]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("bulk-update/v7"), "{}", ran.err);
}

#[test]
fn without_rows_the_steady_day_is_run_and_its_callers_are_named() {
    let ran = seamstress(&["readiness", "bulk-update/v1", "--budget", "2s", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    let clients = found["clients"].as_array().expect("a list");
    assert!(!clients.is_empty() && clients.iter().all(|c| c["named_by"] == "application"), "{found:#}");
    assert_eq!(found["nameless"]["calls"], 0, "{found:#}");
}

#[test]
fn rows_that_a_run_wrote_are_read() {
    let ran = seamstress(&["check", "--seed", "1", "--cases", "20", "--operation", "bulk-update/v1"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let again = ask("bulk-update/v1", &ran.reports.path().join("latest/gateway-rows.jsonl"), &["--format", "json"]);
    assert_eq!(again.code, 1, "{}", again.all());
    let found: Value = serde_json::from_str(&again.out).expect("JSON");
    assert!(found["coverage"]["rows"].as_u64() > Some(20), "{found:#}");
    assert_eq!(found["faults"], json!([]));
}

//! Records in, scenarios out.

use std::path::Path;

use proptest::prelude::*;

use super::arrivals::arrivals;
use super::record::RunRecord;
use super::work::overlap;
use super::*;
use crate::clock::Timestamp;

const FLOW: &str = "1f0c7a52-3b9d-4e61-8c55-0a7d2e9b4f13";

fn contracts() -> Vec<Contract> {
    crate::contract::load_dir(Path::new("contracts")).unwrap_or_else(|faults| panic!("{faults}"))
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + millis * 1_000)
}

fn begun(millis: impl IntoIterator<Item = i64>) -> Vec<RunRecord> {
    millis.into_iter().map(|millis| RunRecord { start: at(millis), ..RunRecord::default() }).collect()
}

fn start(millis: impl IntoIterator<Item = i64>) -> String {
    arrivals(&begun(millis), &Place::file("x")).expect("runs").start
}

#[test]
fn schedules_bursts_and_streams_are_told_apart() {
    assert_eq!(start((0..9).map(|n| n * 300_000)), "{ recurrence: { every: 5 min } }");
    assert_eq!(start((0..9).map(|n| n * 300_000 + (n % 2) * 700)), "{ recurrence: { every: 5 min, jitter: 700 ms } }");
    let bursts = (0..40).map(|n| (n / 20) * 600_000 + (n % 20) * 30);
    assert_eq!(start(bursts), "{ burst: { runs: 20, within: 570 ms } }");
    assert_eq!(start((0..601).map(|n| n * 100)), "{ arrivals: { rate: 600/min, for: 1 min } }");
    assert_eq!(start([0, 4_000, 5_000, 60_000]), "{ arrivals: { rate: 3/min, for: 1 min } }");
    let uneven = start((0..99).map(|n| n * n * n * 10));
    assert!(
        uneven.starts_with("{ replay: { at: [0 ms, 10 ms, 80 ms, ") && uneven.ends_with("58320 ms] } }"),
        "{uneven}"
    );
    let gaps = [20, 900, 40, 300, 20, 700].into_iter().cycle();
    let chance = gaps.scan(0, |at, gap| Some(std::mem::replace(at, *at + gap))).take(300);
    assert_eq!(start(chance), "{ arrivals: { rate: 182.503/min, for: 98 s, pattern: poisson } }");
    assert_eq!(start([0]), "{ burst: { runs: 1, within: 1 s } }");
    assert!(arrivals(&[], &Place::file("x")).is_none());
}

#[test]
fn what_was_scheduled_shows_the_interval_the_jitter_and_the_copies() {
    let runs: Vec<RunRecord> = (0..12)
        .map(|n| {
            let scheduled = at((n / 3) * 3_600_000);
            let started = scheduled.plus_micros((n % 3) * 1_500_000);
            RunRecord { start: started, scheduled: Some((scheduled, started)), ..RunRecord::default() }
        })
        .collect();
    let found = arrivals(&runs, &Place::file("x")).unwrap();
    assert_eq!((found.start.as_str(), found.clones), ("{ recurrence: { every: 1 h, jitter: 3 s } }", 3));
}

/// Requests of two actions, of which one is made for five items, two at a time.
fn requests() -> String {
    let request = |run: i64, action: &str, turn: Option<i64>, from: i64, took: i64, call: &str, status: u16| {
        let repetition = turn.map(|turn| format!("/repetitions/{turn:06}")).unwrap_or_default();
        let (start, end) =
            (at(run * 60_000 + from).utc().to_rfc3339(), at(run * 60_000 + from + took).utc().to_rfc3339());
        let (method, path) = call.split_once(' ').unwrap();
        serde_json::json!({
            "id": format!("/x/workflows/{FLOW}/runs/r{run}/actions/{action}{repetition}/requestHistories/1"),
            "properties": { "startTime": start, "endTime": end, "request": { "method": method, "uri":
                format!("https://api.example/bulk-update/v1{path}?sig=s3cret"), "headers": {} },
                "response": { "statusCode": status } }
        })
    };
    let mut all = Vec::new();
    for run in 0..4 {
        all.push(request(run, "Send", None, 0, 100, "POST /batches", if run == 0 { 429 } else { 200 }));
        if run == 0 {
            all.push(request(run, "Send", None, 2_000, 100, "POST /batches", 200));
        }
        for turn in 0..5 {
            all.push(request(run, "Look", Some(turn), 5_000 + (turn / 2) * 1_000, 900, "GET /batches/7", 200));
        }
        all.push(request(run, "Elsewhere", None, 9_000, 10, "GET /else", 200));
    }
    serde_json::json!({ "value": all }).to_string()
}

#[test]
fn request_histories_show_calls_loops_and_attempts() {
    let history = History::read("requests.json", &requests()).unwrap_or_else(|faults| panic!("{faults}"));
    let derived = from_history(("requests.json", &history), &[], &contracts(), None).unwrap_or_else(|f| panic!("{f}"));
    let flat = derived.text.replace('\n', " ").replace(" #", "");
    let flat = flat.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "each: { items: 5, concurrency: 2 }",
        "4 calls in 4 runs, 5 attempts",
        "Sent again after 429 (1).",
        "which contract has GET api.example/bulk-update/v1/else? No one has: Elsewhere is left out",
        "Derived from 4 runs between 2023-11-14T22:13:20Z",
        "- name: Send contract: bulk-update/v1 operation: submitBatch",
    ] {
        assert!(flat.contains(part), "{part}: {}", derived.text);
    }
    assert!(!derived.text.contains("s3cret"), "{}", derived.text);
}

#[test]
fn a_log_of_the_gateway_is_a_flow_for_each_operation() {
    let row = |second: i64, url: &str| {
        format!(
            "{{\"TimeGenerated\":\"{}\",\"Method\":\"POST\",\"Url\":\"https://g{url}\"}}\n",
            at(second * 7_000).utc().to_rfc3339()
        )
    };
    let calls = (0..20).map(|n| row(n * n, ["/bulk-update/v1/batches", "/screening/v1/decisions"][n as usize % 2]));
    let history = History::read("rows.jsonl", &calls.collect::<String>()).unwrap();
    let derived = from_history(("rows.jsonl", &history), &[], &contracts(), None).unwrap_or_else(|f| panic!("{f}"));
    assert!(derived.text.contains("- name: bulk-update-v1-submit-batch\n"), "{}", derived.text);
    assert!(derived.text.contains("- name: screening-v1-decide\n"), "{}", derived.text);
}

#[test]
fn copies_runs_loops_and_attempts_are_seen_in_a_log_that_has_the_header_fields() {
    let row = |copy: i64, run: i64, from: i64, status: u16| {
        format!(
            "{{\"TimeGenerated\":\"{}\",\"Method\":\"POST\",\"Url\":\"https://g/screening/v1/decisions\",\"TotalTime\":\"900\",\
             \"ResponseCode\":{status},\"RequestHeaders\":{{\"x-ms-workflow-name\":\"copy {copy}\",\"X-Correlation-ID\":\"{copy}-{run}\"}}}}\n",
            at(run * 3_600_000 + copy * 50 + from).utc().to_rfc3339()
        )
    };
    let mut text = String::new();
    for run in 0..3 {
        for copy in 0..6 {
            // Three items, two at a time; the first is refused once.
            text.extend([row(copy, run, 0, 429), row(copy, run, 10, 200), row(copy, run, 1_000, 200)]);
            text.push_str(&row(copy, run, 8_000, 200));
        }
    }
    text.push_str(&row(0, 0, 0, 200).replace("/decisions", "/unheard-of"));
    let history = History::read("rows.jsonl", &text).unwrap();
    let derived = from_history(("rows.jsonl", &history), &[], &contracts(), None).unwrap_or_else(|f| panic!("{f}"));
    let flat = derived.text.replace('#', "").split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "start: { burst: { runs: 6, within: 250 ms } }",
        "clones: 6",
        "each: { items: 3, concurrency: 2 }",
        "54 calls in 18 runs, 72 attempts",
        "Sent again after 429 (18).",
    ] {
        assert!(flat.contains(part), "{part}: {}", derived.text);
    }
    assert!(derived.told.to_string().contains("POST g/screening/v1/unheard-of (1)"), "{}", derived.told);
}

#[test]
fn rows_of_flow_runs_give_a_definition_its_start() {
    let csv = (0..12).fold("name,starttime,endtime,status,workflowname\n".to_owned(), |text, n| {
        let (start, end) = (at(n * 900_000).utc().to_rfc3339(), at(n * 900_000 + 5_000).utc().to_rfc3339());
        format!("{text}r{n},{start},{end},Succeeded,Close accounts\n")
    });
    let history = History::read("runs.csv", &csv).unwrap();
    let alone = from_history(("runs.csv", &history), &[], &contracts(), None).unwrap_err().to_string();
    assert!(alone.contains("--from-flow"), "{alone}");
    let file = "tests/flows/Workflows/CloseAccounts-1F0C7A52-3B9D-4E61-8C55-0A7D2E9B4F13.json";
    let exports = Export::read(file, &std::fs::read_to_string(file).unwrap()).unwrap();
    let derived = from_history(("runs.csv", &history), &exports, &contracts(), None).unwrap_or_else(|f| panic!("{f}"));
    assert!(derived.text.contains("every: 15 min }"), "{}", derived.text);
    assert!(derived.text.contains("Half of the runs took 5 s at most, 95 % 5 s; 0 failed."), "{}", derived.text);
}

#[test]
fn runs_with_actions_are_read_and_what_can_not_be_read_is_told() {
    let run = r#"{"value":[{"name":"r","id":"/workflows/f/runs/r","properties":{"startTime":"2018-08-10T20:16:32Z","trigger":{"scheduledTime":"2018-08-10T20:16:31Z","startTime":"2018-08-10T20:16:32Z"},"actions":{"Send":{"startTime":"2018-08-10T20:16:33Z","endTime":"2018-08-10T20:16:34Z","retryHistory":[{"code":"ServiceUnavailable"}],"repetitionIndexes":[{"scopeName":"Each","itemIndex":0}]}}}}]}"#;
    let read = History::read("runs.json", run).unwrap();
    let action = &read.actions[0];
    assert_eq!((action.name.as_str(), action.within.as_deref(), action.retried.len()), ("Send", Some("Each"), 1));
    assert!(read.runs[0].scheduled.is_some());
    for (text, what) in [
        ("{\"value\":[{\"properties\":{}},{}]}", "entry 2 can't be read"),
        ("a,b\n1,2\n", "starttime"),
        ("starttime\nyesterday\n", "x:2:1"),
        ("{\"TimeGenerated\":\"2026-01-01\"}\n", "x:1:1"),
        ("{\"records\":7", "no JSON"),
    ] {
        let told = History::read("x", text).unwrap_err().to_string();
        assert!(told.contains(what), "{text}: {told}");
    }
}

proptest! {
    #[test]
    fn any_begin_of_runs_gives_a_start_that_loads(millis in proptest::collection::vec(0_i64..100_000_000, 1..60)) {
        let text = format!(
            "format: seamstress/scenario/1\nname: n\ndescription: d\nflows:\n  - name: f\n    actions: [{{ contract: a/v1, \
             operation: o }}]\n    start: {}\n",
            start(millis)
        );
        if let Err(faults) = crate::scenario::load("n.yaml", &text) {
            prop_assert!(false, "{faults}\n{text}");
        }
    }

    #[test]
    fn what_overlaps_is_at_most_all_and_at_least_one(spans in proptest::collection::vec((0_i64..1000, 1_i64..100), 1..40)) {
        let spans: Vec<_> = spans.into_iter().map(|(from, took)| (at(from), at(from + took))).collect();
        let most = overlap(&spans);
        prop_assert!((1..=spans.len()).contains(&most));
        let touched = spans.iter().map(|(begin, _)| spans.iter().filter(|(from, to)| from <= begin && begin < to).count());
        prop_assert_eq!(Some(most), touched.max());
    }

    #[test]
    fn no_text_brings_the_reader_down(text in "\\PC{0,80}") {
        let _ = History::read("x", &text);
        let _ = History::read("x", &format!("{{\"value\":[{text}]}}"));
    }
}

//! Tests over all reports of one rich run.

use std::fs;

use serde_json::Value;

use super::json::RunRecord;
use super::{html, junit, sample, summary, write};
use crate::check::{Outcome, Verdict};

/// The names of all elements of an XML document, and whether every tag that
/// is opened is closed: enough of a reader for what we write.
fn elements(document: &str) -> Vec<String> {
    let mut open = Vec::new();
    let mut seen = Vec::new();
    for part in document.split('<').skip(1) {
        let (tag, text) = part.split_once('>').expect("a tag ends");
        assert!(!text.contains('>') && !tag.contains('<'), "{part}");
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a name").to_owned();
        if tag.starts_with('?') {
            continue;
        }
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else {
            seen.push(name.clone());
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn junit_has_a_case_for_each_operation_and_check() {
    let run = sample::run();
    let text = junit::document(&RunRecord::of(&run, &sample::redactor()));
    let seen = elements(&text);
    let count = |name: &str| seen.iter().filter(|seen| *seen == name).count();
    // Five tallies, and two things that were not checked.
    assert_eq!((count("testcase"), count("failure"), count("skipped"), count("error")), (7, 2, 2, 0), "{text}");
    assert!(text.contains("tests=\"7\" failures=\"2\" errors=\"0\" skipped=\"2\""));
    assert!(text.contains("file=\"contracts/bulk-update/v1/behaviour.yaml\" line=\"24\""));
    assert!(text.contains("replay bulk-update/v1:submitBatch:duplicate-concurrent:3"));
    assert!(!text.contains("<script") && !text.contains('\u{1b}') && !text.contains('\u{202e}'));
}

#[test]
fn a_run_that_broke_off_is_an_error_for_junit() {
    let mut run = sample::run();
    run.verdict = Verdict {
        outcome: Outcome::CouldNotRun,
        reason: "the gateway is down".into(),
        findings: vec![],
        not_checked: vec![],
        tallies: vec![],
        fail_on: crate::check::Level::Error,
        coverage: vec![],
        apart: crate::check::Apart::default(),
    };
    let text = junit::document(&RunRecord::of(&run, &sample::redactor()));
    assert_eq!(elements(&text).last().map(String::as_str), Some("error"));
    assert!(text.contains("could not run: the gateway is down"));
}

#[test]
fn the_summary_begins_with_the_verdict_and_obeys_nobody() {
    let text = summary::document(&RunRecord::of(&sample::run(), &sample::redactor()));
    assert!(text.starts_with("## FAILED\n\nbulk-update/v1 wrote a row twice"));
    assert!(!text.contains("<script") && !text.contains("<b>") && !text.contains('\u{1b}'));
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!([4, 6, 9].contains(&bars), "{line}");
    }
    assert!(text.len() < 1024 * 1024);
}

#[test]
fn run_json_keeps_its_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let written = write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    let run: Value = serde_json::from_slice(&fs::read(written.join("run.json")).expect("there")).expect("JSON");
    let schema: Value =
        serde_json::from_str(include_str!("../../.config/run.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<_> = validator.iter_errors(&run).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(run["verdict"], "failed");
    assert_eq!(run["findings"][0]["reproduced"]["of"], 3);
    assert_eq!(run["findings"][0]["place"]["line"], 24);

    let mut more = run;
    more["findings"][0]["surprise"] = 1.into();
    assert!(!validator.is_valid(&more), "the schema must be strict");
}

#[test]
fn no_file_holds_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    let mut searched = 0;
    for run in fs::read_dir(folder.path()).expect("folders") {
        for file in fs::read_dir(run.expect("a folder").path()).expect("files") {
            let path = file.expect("a file").path();
            let text = String::from_utf8(fs::read(&path).expect("readable")).expect("text");
            for secret in sample::SECRETS {
                assert!(!text.contains(secret), "{} holds `{secret}`", path.display());
            }
            searched += 1;
        }
    }
    assert!(searched >= 4, "only {searched} files were searched");
}

#[test]
fn latest_is_replaced_as_a_whole_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = write(folder.path(), &sample::run(), &sample::redactor()).expect("written");
    fs::write(folder.path().join("latest").join("stale"), "x").expect("written");
    let mut run = sample::run();
    run.nonce = crate::generate::Nonce("../../escape".into());
    let second = write(folder.path(), &run, &sample::redactor()).expect("written");
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .expect("folders")
        .map(|entry| entry.expect("entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    assert_eq!(names, ["20261121T220001-gate-------escape", "20261121T220001-gate-0123456789ab", "latest"]);
    assert_ne!(first, second);
    assert!(!folder.path().join("latest/stale").exists());
    let read = |path: std::path::PathBuf| fs::read(path.join("run.json")).expect("there");
    assert_eq!(read(folder.path().join("latest")), read(second));
}

#[test]
fn the_page_shows_hostile_texts_and_loads_nothing() {
    let run = sample::run();
    let page = html::document(&run, &RunRecord::of(&run, &sample::redactor()));
    let body = page.split_once("</style>").expect("a style").1;
    for forbidden in ["<script", "<img", "<b>", "onerror=alert(1)>", "http-equiv=\"refresh", "url(", "@import"] {
        assert!(!body.contains(forbidden), "{forbidden}");
    }
    assert!(!page.contains("src=") || body.contains("&lt;img src="));
    assert!(body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains(['\u{1b}', '\u{202e}', '\0']));
    // Of each operation a histogram and its latencies over time, of each scenario
    // six pictures, of each finding its way over the tiers.
    assert_eq!(page.matches("<svg").count(), 2 * (3 * 2 + 6) + 3);
    for words in
        ["warm-up of 2 s: 43 calls not measured", "broken in 2 of 19 windows, ended the scenario", "Refusals by"]
    {
        assert!(page.to_lowercase().contains(&words.to_lowercase()), "{words}");
    }
    assert!(page.contains("p95 ≤ 500 ms"));
    for file in ["gateway-rows.jsonl", "gateway-traces.jsonl"] {
        assert!(page.contains(&format!("<a href=\"{file}\">")), "{file}");
    }
    // Where a person can look at it.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/sample-report");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("report.html"), page).expect("written");
}
